// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/sched/fixture.h"
#include "kernel/policy/fair.h"
#include <algorithm>
#include <cmath>

namespace
{

constexpr double SLICE = FAIR_SLICE_CYCLES;

class Fair : public ::testing::Test
{
protected:
    Fair()
    {
        fixture::locked_cpu = 0;
        fair_init(&f_, 0);
    }

    void add(Task &t) { ASSERT_TRUE(fair_add(&f_, &t.node)); }

    Task *pick()
    {
        struct sched_node *n = fair_pick(&f_);
        return n != nullptr ? TREE_ENTRY(&n->tree, Task, node.tree) : nullptr;
    }

    // Lets whoever is picked run for up to `quantum`, or to the end of its slice if that is sooner.
    Task *run(uint64_t quantum)
    {
        Task *t = pick();
        uint64_t cycles = std::min(quantum, fair_left(&f_));
        fair_charge(&f_, &t->node, cycles);
        t->used += cycles;
        EXPECT_TRUE(fair_put_back(&f_, &t->node, false));
        return t;
    }

    // What the task is behind (or, negative, ahead of) its share, in its own cycles.
    double lag(const Task &t) const
    {
        double v = static_cast<double>(f_.sum_weighted) / static_cast<double>(f_.sum_weight);
        double own = static_cast<double>(static_cast<int64_t>(t.node.share.vruntime - f_.base));
        return (v - own) * t.node.attr.weight / SCHED_WEIGHT_DEFAULT;
    }

    struct fair f_;
};

TEST_F(Fair, nobody_is_picked_of_nobody) { EXPECT_EQ(fair_pick(&f_), nullptr); }

TEST_F(Fair, equals_take_turns_by_slices)
{
    Task a, b;
    add(a);
    add(b);
    std::vector<Task *> order;
    for (int i = 0; i < 8; i++)
        order.push_back(run(FAIR_SLICE_CYCLES));
    for (size_t i = 1; i < order.size(); i++)
        EXPECT_NE(order[i], order[i - 1]) << i;
    EXPECT_EQ(a.used, b.used);
}

// I. Stoica, H. Abdel-Wahab: no task is ever further from its share than by a slice.
TEST_F(Fair, nobody_is_further_from_its_share_than_a_slice)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        fair_init(&f_, 0);
        Random random(seed);
        std::vector<Task> tasks;
        for (uint64_t n = 2 + random.below(10); n > 0; n--)
            tasks.emplace_back(static_cast<uint32_t>(15 + random.below(80000)));
        for (Task &t : tasks)
            add(t);
        constexpr uint64_t QUANTUM = FAIR_SLICE_CYCLES / 4;
        for (int i = 0; i < 20000; i++) {
            run(1 + random.below(QUANTUM));
            for (const Task &t : tasks)
                ASSERT_LE(std::abs(lag(t)), SLICE + QUANTUM) << "seed " << seed << " step " << i;
        }
    }
}

TEST_F(Fair, shares_go_by_weight_to_within_a_slice)
{
    uint32_t weights[] = {SCHED_WEIGHT_MIN, 15, 335, 1024, 3 * 1024, 88761, SCHED_WEIGHT_MAX};
    std::vector<Task> tasks;
    double all = 0;
    for (uint32_t w : weights) {
        tasks.emplace_back(w);
        all += w;
    }
    for (Task &t : tasks)
        add(t);
    double total = 0;
    for (int i = 0; i < 200000; i++)
        run(FAIR_SLICE_CYCLES);
    for (const Task &t : tasks)
        total += static_cast<double>(t.used);
    for (const Task &t : tasks)
        EXPECT_NEAR(static_cast<double>(t.used), total * t.node.attr.weight / all, 2 * SLICE)
            << t.node.attr.weight;
}

// Also among many, and with others that come and go all the time.
TEST_F(Fair, nobody_starves)
{
    Random random(3);
    std::vector<Task> tasks(12);
    Task always(200);
    add(always);
    std::vector<bool> there(tasks.size(), false);
    uint64_t since = 0, longest = 0;
    for (int i = 0; i < 100000; i++) {
        size_t n = random.below(tasks.size());
        if (!there[n])
            add(tasks[n]);
        else
            EXPECT_TRUE(fair_remove(&f_, &tasks[n].node));
        there[n] = !there[n];
        uint64_t before = always.used;
        Task *t = run(1 + random.below(FAIR_SLICE_CYCLES));
        since = t == &always ? 0 : since + t->used;
        longest = std::max(longest, since);
        t->used = t == &always ? before : 0;
    }
    // Its share is 200 of at most 12 * 1024 + 200.
    EXPECT_LT(static_cast<double>(longest), 4 * SLICE * (12 * 1024 + 200) / 200);
}

TEST_F(Fair, who_yields_lets_the_others_go_first)
{
    Task a, b, c;
    for (Task *t : {&a, &b, &c})
        add(*t);
    Task *first = pick();
    fair_charge(&f_, &first->node, 1000);
    EXPECT_TRUE(fair_put_back(&f_, &first->node, true));
    Task *second = pick();
    EXPECT_NE(second, first);
    fair_charge(&f_, &second->node, 1000);
    EXPECT_TRUE(fair_put_back(&f_, &second->node, true));
    Task *third = pick();
    EXPECT_NE(third, first);
    EXPECT_NE(third, second);
}

// A task that runs for `run`, sleeps until another has run for `sleep`, and so on: its part.
double part_of_a_sleeper(struct fair *f, Task &sleeper, Task &hog, uint64_t sleep)
{
    uint64_t slept = sleep;
    sleeper.used = hog.used = 0;
    for (int i = 0; i < 50000; i++) {
        if (slept >= sleep && f->running != &sleeper.node && sleeper.node.container == nullptr)
            EXPECT_TRUE(fair_add(f, &sleeper.node));
        struct sched_node *n = fair_pick(f);
        uint64_t cycles = std::min(FAIR_SLICE_CYCLES / 2, fair_left(f));
        fair_charge(f, n, cycles);
        if (n == &sleeper.node) {
            sleeper.used += cycles;
            fair_leave(f, n);
            slept = 0;
        } else {
            hog.used += cycles;
            slept += cycles;
            EXPECT_TRUE(fair_put_back(f, n, false));
        }
    }
    return static_cast<double>(sleeper.used) / static_cast<double>(sleeper.used + hog.used);
}

TEST_F(Fair, sleeping_earns_no_share_whatever_the_weight)
{
    for (uint32_t weight : {15u, 110u, 1024u, 9548u}) {
        fair_init(&f_, 0);
        Task sleeper(weight), hog;
        add(hog);
        // It sleeps as little as it can.
        double share = weight / (weight + 1024.0);
        EXPECT_LE(part_of_a_sleeper(&f_, sleeper, hog, 1), share * 1.1) << weight;
    }
}

TEST_F(Fair, what_was_behind_is_made_good_within_limits)
{
    Task a, b;
    add(a);
    add(b);
    Task *first = pick(), *other = first == &a ? &b : &a;
    fair_charge(&f_, &first->node, FAIR_SLICE_CYCLES);
    EXPECT_TRUE(fair_put_back(&f_, &first->node, false));
    EXPECT_TRUE(fair_remove(&f_, &other->node));
    EXPECT_GT(other->node.share.lag, 0);
    for (int i = 0; i < 100; i++)
        run(FAIR_SLICE_CYCLES);
    add(*other);
    EXPECT_EQ(pick(), other);
    EXPECT_LE(other->node.share.lag, static_cast<int64_t>(2 * FAIR_SLICE_CYCLES));
}

// Without a tick, a task that is alone is charged when it is about to stop being so.
TEST_F(Fair, having_been_alone_is_not_held_against_anybody)
{
    Task old, young;
    add(old);
    EXPECT_EQ(pick(), &old);
    fair_charge(&f_, &old.node, 1'000'000 * FAIR_SLICE_CYCLES);
    add(young);
    EXPECT_TRUE(fair_put_back(&f_, &old.node, false));
    for (int i = 0; i < 8; i++)
        run(FAIR_SLICE_CYCLES);
    EXPECT_GE(old.used, 2 * FAIR_SLICE_CYCLES);
    EXPECT_GE(young.used, old.used);
}

// But what it took from somebody is, however late the interrupt that ends its slice.
TEST_F(Fair, what_was_taken_is_given_back)
{
    Task a, b;
    add(a);
    add(b);
    Task *greedy = pick(), *other = greedy == &a ? &b : &a;
    fair_charge(&f_, &greedy->node, 50 * FAIR_SLICE_CYCLES);
    EXPECT_TRUE(fair_put_back(&f_, &greedy->node, false));
    for (int i = 0; i < 49; i++)
        EXPECT_EQ(run(FAIR_SLICE_CYCLES), other);
}

TEST_F(Fair, no_charge_is_too_much)
{
    Task light(SCHED_WEIGHT_MIN), heavy(SCHED_WEIGHT_MAX);
    add(light);
    EXPECT_EQ(pick(), &light);
    add(heavy);
    fair_charge(&f_, &light.node, UINT64_MAX);
    EXPECT_TRUE(fair_put_back(&f_, &light.node, false));
    EXPECT_EQ(pick(), &heavy);
    EXPECT_GT(fair_left(&f_), 1u);
}

TEST_F(Fair, who_comes_preempts_if_it_is_owed_the_time)
{
    Task a, b, c;
    add(a);
    add(b);
    Task *running = pick(), *waiting = running == &a ? &b : &a;
    EXPECT_FALSE(fair_preempts(&f_, &waiting->node));
    fair_charge(&f_, &running->node, FAIR_SLICE_CYCLES);
    EXPECT_EQ(fair_left(&f_), 1u);
    EXPECT_TRUE(fair_put_back(&f_, &running->node, false));
    EXPECT_EQ(pick(), waiting);
    // With a lag it comes before whoever began a slice when it did.
    c.node.share.lag = FAIR_SLICE_CYCLES;
    fair_charge(&f_, &waiting->node, FAIR_SLICE_CYCLES / 2);
    add(c);
    EXPECT_TRUE(fair_preempts(&f_, &c.node));
}

TEST_F(Fair, who_does_not_run_is_neither_charged_nor_left)
{
    Task a, b;
    add(a);
    EXPECT_EQ(pick(), &a);
    add(b);
    uint64_t before = b.node.share.vruntime;
    fair_charge(&f_, &b.node, 1000);
    fair_leave(&f_, &b.node);
    EXPECT_EQ(b.node.share.vruntime, before);
    EXPECT_EQ(f_.running, &a.node);
    fair_leave(&f_, &a.node);
    EXPECT_EQ(f_.running, nullptr);
    EXPECT_TRUE(fair_remove(&f_, &b.node));
    EXPECT_FALSE(fair_remove(&f_, &b.node));
    EXPECT_EQ(f_.sum_weight, 0);
    EXPECT_EQ(f_.sum_weighted, 0);
}

// On a CPU that has just started, virtual times may lie before where they began.
TEST_F(Fair, who_brings_a_lag_to_a_fresh_queue_keeps_its_place)
{
    Task first, second(SCHED_WEIGHT_DEFAULT / 2), third;
    first.node.share.lag = 12'000'000;
    second.node.share.lag = -1'000'000;
    third.node.share.lag = -10'000'000;
    for (Task *t : {&first, &second, &third})
        add(*t);
    EXPECT_EQ(sched_tree_first(&f_.ready), &first.node);
    EXPECT_EQ(pick(), &first);
}

// A virtual machine that was stopped for minutes charges them to whom it ran.
TEST_F(Fair, a_very_long_run_among_heavy_tasks)
{
    Task light(SCHED_WEIGHT_MIN);
    add(light);
    EXPECT_EQ(pick(), &light);
    std::vector<Task> heavy(10, Task(SCHED_WEIGHT_MAX));
    for (Task &t : heavy)
        add(t);
    fair_charge(&f_, &light.node, 1ull << 41);
    EXPECT_TRUE(fair_put_back(&f_, &light.node, false));
    Task *t = pick();
    EXPECT_NE(t, &light);
    EXPECT_FALSE(fair_preempts(&f_, &light.node)) << "it is far ahead";
    fair_charge(&f_, &t->node, 1ull << 41);
    EXPECT_TRUE(fair_put_back(&f_, &t->node, false));
    EXPECT_NE(pick(), t);
}

TEST_F(Fair, a_task_that_was_put_elsewhere_is_not_counted_any_more)
{
    Task t;
    add(t);
    EXPECT_FALSE(fair_add(&f_, &t.node));
    EXPECT_EQ(pick(), &t);
    struct sched_queue other;
    sched_queue_init(&other, 0);
    EXPECT_TRUE(sched_queue_push(&other, &t.node));
    EXPECT_FALSE(fair_put_back(&f_, &t.node, false));
    EXPECT_EQ(f_.sum_weight, 0);
}

} // namespace
