// SPDX-License-Identifier: Apache-2.0
// Fair shares, and the containers under them. testing/fuzz:sched_fuzz has the models.
#include "kernel/frame/sched/container.h"
#include "kernel/frame/sched/fair.h"
#include <gtest/gtest.h>
#include <vector>

static struct cpu the_cpu;
static uint32_t locked_cpu;

struct cpu_arch *cpu_arch_this(void) { return &the_cpu.arch; }
void preempt_schedule(void) {}
void preempt_schedule_irq(void) {}
bool run_queue_is_mine(uint32_t cpu) { return cpu == locked_cpu; }

namespace
{

constexpr int64_t MILLION = 1'000'000;

class Fair : public ::testing::Test
{
protected:
    Fair()
    {
        locked_cpu = 0;
        fair_init(&f, 0);
    }

    struct sched_node *make(uint32_t weight = SCHED_WEIGHT_DEFAULT, int64_t lag = 0)
    {
        struct sched_attr attr = {
            .kind = SCHED_FAIR, .priority = 0, .label = 0, .weight = weight, .affinity = {~0ull}};
        struct sched_node *n = &nodes[count++];
        sched_node_init(n, &attr);
        n->lag = lag;
        return n;
    }

    struct sched_node *add(uint32_t weight = SCHED_WEIGHT_DEFAULT, int64_t lag = 0)
    {
        struct sched_node *n = make(weight, lag);
        EXPECT_TRUE(fair_add(&f, n));
        return n;
    }

    // Runs whoever is picked for `cycles`, again and again; how often each was.
    std::vector<unsigned> run(unsigned rounds, uint64_t cycles, bool yield = false)
    {
        std::vector<unsigned> turns(count);
        for (unsigned i = 0; i < rounds; i++) {
            struct sched_node *n = fair_pick(&f);
            turns[static_cast<size_t>(n - nodes)]++;
            fair_charge(&f, n, cycles);
            EXPECT_TRUE(fair_put_back(&f, n, yield));
        }
        return turns;
    }

    struct fair f;
    struct sched_node nodes[16] = {};
    size_t count = 0;
};

TEST_F(Fair, shares_by_weight)
{
    add();
    add(2 * SCHED_WEIGHT_DEFAULT);
    add();
    std::vector<unsigned> turns = run(4'000, MILLION);
    EXPECT_NEAR(turns[0], 1'000, 12);
    EXPECT_NEAR(turns[1], 2'000, 12);
    EXPECT_NEAR(turns[2], 1'000, 12);
}

TEST_F(Fair, who_yields_lets_all_others_go_first)
{
    add();
    add();
    add();
    EXPECT_EQ(run(300, 1, true), (std::vector<unsigned>{100, 100, 100}));
}

TEST_F(Fair, sleeping_earns_at_most_two_slices)
{
    struct sched_node *sleeper = add(), *worker = add();
    EXPECT_EQ(fair_pick(&f), sleeper);
    fair_leave(&f, sleeper);
    fair_leave(&f, sleeper); // it is not running any more
    for (int i = 0; i < 1000; i++) {
        EXPECT_EQ(fair_pick(&f), worker);
        fair_charge(&f, worker, MILLION);
        EXPECT_TRUE(fair_put_back(&f, worker, false));
    }
    EXPECT_TRUE(fair_add(&f, sleeper));
    std::vector<unsigned> turns = run(100, MILLION);
    EXPECT_LE(turns[0], 50u + 2 * FAIR_SLICE_CYCLES / 1'000'000);
    EXPECT_GE(turns[0], 50u - 2 * FAIR_SLICE_CYCLES / 1'000'000);
}

// On a CPU that has just started, virtual times may lie before where they began.
TEST_F(Fair, who_brings_a_lag_to_a_fresh_queue_keeps_its_place)
{
    struct sched_node *first = add(SCHED_WEIGHT_DEFAULT, 12 * MILLION);
    add(SCHED_WEIGHT_DEFAULT / 2, -1 * MILLION);
    add(SCHED_WEIGHT_DEFAULT, -10 * MILLION);
    EXPECT_EQ(sched_tree_first(&f.ready), first);
    EXPECT_EQ(fair_pick(&f), first);
}

// A virtual machine that was stopped for minutes charges them to whom it ran.
TEST_F(Fair, a_very_long_run_among_heavy_tasks)
{
    struct sched_node *light = add(SCHED_WEIGHT_MIN);
    EXPECT_EQ(fair_pick(&f), light);
    for (int i = 0; i < 10; i++)
        add(SCHED_WEIGHT_MAX);
    fair_charge(&f, light, 1ull << 41);
    EXPECT_TRUE(fair_put_back(&f, light, false));
    struct sched_node *n = fair_pick(&f);
    EXPECT_NE(n, light);
    EXPECT_FALSE(fair_preempts(&f, light)) << "it is far ahead";
    fair_charge(&f, n, 1ull << 41);
    EXPECT_TRUE(fair_put_back(&f, n, false));
    EXPECT_NE(fair_pick(&f), n);
}

TEST_F(Fair, preempting)
{
    struct sched_node *running = add();
    EXPECT_TRUE(fair_preempts(&f, running));
    EXPECT_EQ(fair_left(&f), 1u);
    EXPECT_EQ(fair_pick(&f), running);
    EXPECT_EQ(fair_left(&f), FAIR_SLICE_CYCLES);
    fair_charge(&f, running, FAIR_SLICE_CYCLES / 2);
    EXPECT_EQ(fair_left(&f), FAIR_SLICE_CYCLES / 2);
    EXPECT_FALSE(fair_preempts(&f, add()));
    EXPECT_TRUE(fair_preempts(&f, add(8 * SCHED_WEIGHT_DEFAULT)));
    fair_charge(&f, running, FAIR_SLICE_CYCLES);
    EXPECT_EQ(fair_left(&f), 1u);
}

TEST_F(Fair, what_is_not_there_is_not_touched)
{
    struct sched_node *n = make();
    EXPECT_EQ(fair_pick(&f), nullptr);
    EXPECT_FALSE(fair_remove(&f, n));
    fair_charge(&f, n, MILLION);
    EXPECT_TRUE(fair_add(&f, n));
    EXPECT_FALSE(fair_add(&f, n));
    locked_cpu = 1;
    EXPECT_FALSE(fair_remove(&f, n));
    EXPECT_EQ(sched_tree_first(&f.ready), nullptr);
    locked_cpu = 0;
    EXPECT_TRUE(fair_remove(&f, n));
    EXPECT_EQ(f.sum_weight, 0);
    // A task that a policy has put elsewhere is not counted any more.
    EXPECT_TRUE(fair_add(&f, n));
    EXPECT_EQ(fair_pick(&f), n);
    struct sched_queue other;
    sched_queue_init(&other, 0);
    EXPECT_TRUE(sched_queue_push(&other, n));
    EXPECT_FALSE(fair_put_back(&f, n, false));
    EXPECT_EQ(f.sum_weight, 0);
}

TEST_F(Fair, queues)
{
    struct sched_queue q;
    sched_queue_init(&q, 0);
    struct sched_node *a = make(), *b = make(), *c = make();
    a->attr.affinity = cpuset_of(0);
    EXPECT_EQ(sched_queue_pop(&q), nullptr);
    for (struct sched_node *n : {a, b, c})
        EXPECT_TRUE(sched_queue_push(&q, n));
    EXPECT_FALSE(sched_queue_push(&q, b));
    EXPECT_EQ(sched_queue_count(&q), 3u);
    EXPECT_EQ(sched_queue_pop_for(&q, 5), b) << "the first may not run there";
    EXPECT_TRUE(sched_queue_remove(&q, c));
    EXPECT_FALSE(sched_queue_remove(&q, c));
    EXPECT_EQ(sched_queue_pop_for(&q, 5), nullptr);
    locked_cpu = 1;
    EXPECT_EQ(sched_queue_pop_for(&q, 0), nullptr);
    EXPECT_FALSE(sched_node_retire(a)) << "it is in a queue";
    locked_cpu = 0;
    EXPECT_EQ(sched_queue_pop(&q), a);
    EXPECT_TRUE(sched_node_retire(a));
    EXPECT_FALSE(sched_queue_push(&q, a)) << "it has ended";
    EXPECT_EQ(sched_node_attr(a).affinity.bits, 1u);
    EXPECT_EQ(sched_node_cpu(a), 0u);
}

TEST_F(Fair, trees)
{
    struct sched_tree t;
    sched_tree_init(&t, 0);
    struct sched_node *a = make(), *b = make(), *c = make();
    EXPECT_EQ(sched_tree_pop(&t), nullptr);
    EXPECT_TRUE(sched_tree_insert(&t, a, 7));
    EXPECT_TRUE(sched_tree_insert(&t, b, 3));
    EXPECT_TRUE(sched_tree_insert(&t, c, 3));
    EXPECT_EQ(sched_tree_count(&t), 3u);
    EXPECT_EQ(sched_tree_first(&t), b);
    EXPECT_EQ(sched_tree_pop(&t), b);
    EXPECT_EQ(sched_tree_pop(&t), c) << "equal ones as they came";
    EXPECT_TRUE(sched_tree_remove(&t, a));
}

} // namespace
