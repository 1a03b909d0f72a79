// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/sched/fixture.h"
#include "kernel/policy/fair.h"
#include <algorithm>
#include <deque>

namespace fixture
{
static uint64_t now; // in cycles
static struct cpuset idle = {};
} // namespace fixture

uint64_t clock_cycles(void) { return fixture::now; }
struct cpuset sched_idle_cpus(void) { return fixture::idle; }

namespace
{

// As in policy.c.
constexpr uint64_t STEAL_AFTER = 500'000, RR_SLICE = 200'000'000;

const struct sched_ops &ops = sched_default_ops;

class Policy : public ::testing::Test
{
protected:
    Policy()
    {
        make_cpus();
        fixture::now = 1'000'000'000;
        fixture::idle = {};
    }

    // The queues outlive a test.
    ~Policy() override
    {
        for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
            while (pick(cpu) != nullptr)
                ;
        }
    }

    Task &task(const Task &like = Task()) { return tasks_.emplace_back(like); }

    struct sched_node *pick(uint32_t cpu)
    {
        fixture::locked_cpu = cpu;
        return ops.pick(cpu);
    }

    bool enqueue(uint32_t cpu, Task &t, enum sched_why why = SCHED_NEW)
    {
        fixture::locked_cpu = cpu;
        return ops.enqueue(cpu, &t.node, why);
    }

    struct sched_node *steal(uint32_t from, uint32_t to)
    {
        fixture::locked_cpu = from;
        return ops.steal(from, to);
    }

    uint64_t slice(uint32_t cpu, Task &t)
    {
        fixture::locked_cpu = cpu;
        return ops.slice(cpu, &t.node);
    }

    void charge(uint32_t cpu, Task &t, uint64_t cycles)
    {
        fixture::locked_cpu = cpu;
        ops.charge(cpu, &t.node, cycles);
    }

    std::vector<Task> many_;

private:
    std::deque<Task> tasks_; // as long as the queues know them
};

TEST_F(Policy, real_time_comes_before_fair_and_high_priorities_first)
{
    Task &fair = task(), &low = task(Task::real_time(SCHED_FIFO, 1)),
         &high = task(Task::real_time(SCHED_RR, 99));
    EXPECT_TRUE(enqueue(0, fair)); // nobody runs
    EXPECT_TRUE(enqueue(0, low));
    EXPECT_TRUE(enqueue(0, high));
    EXPECT_EQ(pick(0), &high.node);
    EXPECT_EQ(pick(0), &low.node);
    EXPECT_EQ(pick(0), &fair.node);
    EXPECT_EQ(pick(0), nullptr);
}

TEST_F(Policy, who_comes_is_told_whether_it_goes_first)
{
    Task &fair = task(), &low = task(Task::real_time(SCHED_FIFO, 1)),
         &high = task(Task::real_time(SCHED_FIFO, 2));
    enqueue(0, low);
    EXPECT_EQ(pick(0), &low.node);
    EXPECT_FALSE(enqueue(0, fair));
    Task &equal = task(Task::real_time(SCHED_FIFO, 1));
    EXPECT_FALSE(enqueue(0, equal));
    EXPECT_TRUE(enqueue(0, high));
}

TEST_F(Policy, real_time_equals_come_in_turn)
{
    Task &a = task(Task::real_time(SCHED_FIFO, 5)), &b = task(Task::real_time(SCHED_FIFO, 5));
    enqueue(0, a);
    enqueue(0, b);
    EXPECT_EQ(pick(0), &a.node);
    enqueue(0, a, SCHED_YIELDED);
    EXPECT_EQ(pick(0), &b.node);
    // One that was made to give way keeps its place.
    enqueue(0, b, SCHED_PREEMPTED);
    EXPECT_EQ(pick(0), &b.node);
}

TEST_F(Policy, round_robin_tasks_go_behind_their_equals_when_their_slice_is_over)
{
    Task &a = task(Task::real_time(SCHED_RR, 5)), &b = task(Task::real_time(SCHED_RR, 5));
    enqueue(0, a);
    enqueue(0, b);
    EXPECT_EQ(pick(0), &a.node);
    EXPECT_EQ(slice(0, a), RR_SLICE);
    charge(0, a, RR_SLICE / 2);
    EXPECT_EQ(slice(0, a), RR_SLICE / 2);
    enqueue(0, a, SCHED_PREEMPTED);
    EXPECT_EQ(pick(0), &a.node);
    charge(0, a, RR_SLICE);
    enqueue(0, a, SCHED_PREEMPTED);
    EXPECT_EQ(pick(0), &b.node);
    EXPECT_EQ(a.node.share.slice_left, RR_SLICE);
}

TEST_F(Policy, a_slice_has_an_end_only_if_somebody_waits_for_it)
{
    Task &a = task(), &b = task(), &fifo = task(Task::real_time(SCHED_FIFO, 1));
    enqueue(0, a);
    EXPECT_EQ(pick(0), &a.node);
    EXPECT_EQ(slice(0, a), 0u);
    EXPECT_TRUE(enqueue(0, b)); // looked at again: the running one's slice had no end
    EXPECT_EQ(slice(0, a), FAIR_SLICE_CYCLES);
    fixture::idle = cpuset_of(2);
    EXPECT_EQ(slice(0, a), STEAL_AFTER);
    enqueue(0, fifo);
    EXPECT_EQ(pick(0), &fifo.node);
    EXPECT_EQ(slice(0, fifo), 0u);
}

TEST_F(Policy, who_wakes_goes_where_it_ran_if_that_is_free)
{
    Task &t = task();
    t.node.cpu = 2;
    fixture::idle.bits = 0b1110;
    EXPECT_EQ(ops.select(&t.node, SCHED_WOKEN, 0), 2u);
}

TEST_F(Policy, partners_that_wake_each_other_stay_together)
{
    Task &a = task(), &b = task();
    a.node.cpu = b.node.cpu = 0;
    fixture::idle.bits = 0b1110; // plenty of room elsewhere
    enqueue(0, a);
    EXPECT_EQ(pick(0), &a.node);
    for (int i = 0; i < 10; i++) {
        // The one that runs wakes the other, and waits.
        Task &sleeper = i % 2 == 0 ? b : a;
        ASSERT_EQ(ops.select(&sleeper.node, SCHED_WOKEN, 0), 0u);
        enqueue(0, sleeper, SCHED_WOKEN);
        ASSERT_EQ(pick(0), &sleeper.node);
    }
}

TEST_F(Policy, a_third_does_not_wait_behind_partners)
{
    Task &a = task(), &b = task(), &c = task();
    a.node.cpu = b.node.cpu = c.node.cpu = 0;
    fixture::idle.bits = 0b1000;
    enqueue(0, a);
    EXPECT_EQ(pick(0), &a.node);
    enqueue(0, b, SCHED_WOKEN);
    EXPECT_EQ(ops.select(&c.node, SCHED_WOKEN, 0), 3u);
}

TEST_F(Policy, new_tasks_go_to_idle_cpus_and_else_to_the_least_busy)
{
    Task &t = task(), *others[3] = {&task(), &task(), &task()};
    fixture::idle.bits = 0b0100;
    EXPECT_EQ(ops.select(&t.node, SCHED_NEW, 0), 2u);
    fixture::idle.bits = 0;
    enqueue(0, *others[0]);
    enqueue(1, *others[1]);
    enqueue(3, *others[2]);
    EXPECT_EQ(ops.select(&t.node, SCHED_NEW, 0), 2u);
}

TEST_F(Policy, affinity_comes_before_everything)
{
    Task &t = task(), &other = task();
    t.node.cpu = 0;
    t.node.attr.affinity.bits = 0b1010;
    fixture::idle.bits = 0b0101;
    enqueue(1, other);
    EXPECT_EQ(ops.select(&t.node, SCHED_WOKEN, 0), 3u);
    fixture::idle.bits = 0b0111;
    EXPECT_EQ(ops.select(&t.node, SCHED_NEW, 0), 1u);
    // CPUs that do not run do not count.
    t.node.attr.affinity.bits = ~0ull << 3;
    EXPECT_EQ(ops.select(&t.node, SCHED_NEW, 0), 3u);
}

TEST_F(Policy, one_that_waits_alone_is_left_for_a_while_before_it_is_stolen)
{
    Task &a = task(), &b = task();
    enqueue(0, a);
    EXPECT_EQ(steal(0, 1), nullptr);
    fixture::now += STEAL_AFTER;
    EXPECT_EQ(steal(0, 1), &a.node);
    EXPECT_EQ(steal(0, 1), nullptr);
    // Where several wait one may go at once.
    enqueue(0, a);
    enqueue(0, b);
    EXPECT_NE(steal(0, 1), nullptr);
}

TEST_F(Policy, nobody_is_stolen_for_where_it_may_not_run)
{
    Task &a = task(), &b = task();
    a.node.attr.affinity = cpuset_of(0);
    enqueue(0, a);
    enqueue(0, b);
    fixture::now += STEAL_AFTER;
    EXPECT_EQ(steal(0, 1), &b.node);
    EXPECT_EQ(steal(0, 1), nullptr);
    EXPECT_EQ(pick(0), &a.node);
}

TEST_F(Policy, real_time_tasks_are_stolen_first_and_at_once)
{
    Task &fair = task(), &fifo = task(Task::real_time(SCHED_FIFO, 1));
    enqueue(0, fair);
    enqueue(0, fifo);
    EXPECT_EQ(steal(0, 1), &fifo.node);
}

TEST_F(Policy, who_is_taken_out_is_out)
{
    Task &fair = task(), &fifo = task(Task::real_time(SCHED_FIFO, 1));
    enqueue(0, fair);
    enqueue(0, fifo);
    EXPECT_TRUE(ops.dequeue(0, &fair.node));
    EXPECT_FALSE(ops.dequeue(0, &fair.node));
    EXPECT_TRUE(ops.dequeue(0, &fifo.node));
    EXPECT_EQ(pick(0), nullptr);
}

// Fair tasks that move between CPUs take what they are owed with them, and no more.
TEST_F(Policy, weights_hold_on_one_cpu)
{
    Task &heavy = task(Task(2048)), &light = task(Task(1024));
    enqueue(0, heavy);
    enqueue(0, light);
    for (int i = 0; i < 3000; i++) {
        struct sched_node *n = pick(0);
        Task &t = n == &heavy.node ? heavy : light;
        uint64_t cycles = std::min<uint64_t>(slice(0, t), FAIR_SLICE_CYCLES);
        charge(0, t, cycles);
        t.used += cycles;
        enqueue(0, t, SCHED_PREEMPTED);
    }
    EXPECT_NEAR(static_cast<double>(heavy.used), 2.0 * static_cast<double>(light.used),
                3.0 * FAIR_SLICE_CYCLES);
}

// Everybody who is ready is offered by exactly one CPU, whatever happened before.
TEST_F(Policy, nobody_is_lost)
{
    Random random(7);
    std::vector<Task> &tasks = many_;
    for (int i = 0; i < 24; i++) {
        if (i % 4 == 0)
            tasks.push_back(
                Task::real_time(i % 8 == 0 ? SCHED_FIFO : SCHED_RR, static_cast<uint8_t>(1 + i)));
        else
            tasks.emplace_back(static_cast<uint32_t>(3 + random.below(100000)));
    }
    constexpr uint32_t AWAY = CPUS, RUNS = CPUS + 1;
    std::vector<uint32_t> where(tasks.size(), AWAY);
    std::vector<Task *> running(CPUS, nullptr);
    auto index = [&](const Task *t) { return static_cast<size_t>(t - tasks.data()); };
    auto task_of = [&](struct sched_node *n) {
        return n != nullptr ? TREE_ENTRY(&n->tree, Task, node.tree) : nullptr;
    };
    for (int i = 0; i < 50000; i++) {
        uint32_t cpu = static_cast<uint32_t>(random.below(CPUS));
        size_t which = random.below(tasks.size());
        fixture::now += random.below(1'000'000);
        fixture::idle.bits = random.below(16);
        switch (random.below(4)) {
        case 0: // somebody wakes
            if (where[which] == AWAY) {
                uint32_t to = ops.select(&tasks[which].node, SCHED_WOKEN, cpu);
                ASSERT_LT(to, CPUS);
                enqueue(to, tasks[which], SCHED_WOKEN);
                where[which] = to;
            }
            break;
        case 1: { // somebody is to run; who ran goes on, or waits
            if (Task *t = running[cpu]; t != nullptr) {
                charge(cpu, *t, random.below(10'000'000));
                where[index(t)] = AWAY;
                if (random.below(2) == 0) {
                    enqueue(cpu, *t, random.below(2) == 0 ? SCHED_PREEMPTED : SCHED_YIELDED);
                    where[index(t)] = cpu;
                }
            }
            Task *next = task_of(pick(cpu));
            bool anybody = std::count(where.begin(), where.end(), cpu) != 0;
            ASSERT_EQ(next != nullptr, anybody);
            if (next != nullptr) {
                ASSERT_EQ(where[index(next)], cpu);
                where[index(next)] = RUNS;
                next->node.cpu = cpu;
            }
            running[cpu] = next;
            break;
        }
        case 2: { // somebody is stolen
            uint32_t to = (cpu + 1) % CPUS;
            if (Task *t = task_of(steal(cpu, to)); t != nullptr) {
                ASSERT_EQ(where[index(t)], cpu);
                enqueue(to, *t, SCHED_MOVED);
                where[index(t)] = to;
            }
            break;
        }
        case 3: { // attributes change
            bool ready = where[which] < CPUS;
            fixture::locked_cpu = cpu;
            ASSERT_EQ(ops.dequeue(cpu, &tasks[which].node), ready && where[which] == cpu);
            if (ready && where[which] == cpu)
                where[which] = AWAY;
            break;
        }
        }
    }
}

} // namespace
