// SPDX-License-Identifier: Apache-2.0
#include "testing/hostframe/fixture.h"
#include <algorithm>
#include <set>

namespace
{

struct counter {
    struct spinlock lock;
    unsigned value;
};
SPINLOCK_OPS(counter, struct counter, lock, lc_console)

TEST(Task, run_and_end)
{
    run_both([] {
        static struct counter c;
        c = {};
        Crew::run(8, [](uint32_t) {
            for (int i = 0; i < 100; i++) {
                counter_lock(&c);
                c.value++;
                counter_unlock(&c);
            }
        });
        EXPECT_EQ(c.value, 800u);
    });
}

TEST(Task, park_and_unpark_in_turns)
{
    run_both([] {
        static struct task *player[2];
        static uint32_t turn;
        turn = 0;
        Crew::run(2, [](uint32_t me) {
            task_get(task_current()); // for the other, who may come late
            __atomic_store_n(&player[me], task_current(), __ATOMIC_RELEASE);
            while (__atomic_load_n(&player[1 - me], __ATOMIC_ACQUIRE) == nullptr)
                task_yield();
            for (int i = 0; i < 200; i++) {
                while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != me)
                    task_park();
                __atomic_store_n(&turn, 1 - me, __ATOMIC_RELEASE);
                task_unpark(player[1 - me]);
            }
        });
        for (struct task *&p : player) {
            task_put(p);
            p = nullptr;
        }
    });
}

TEST(Task, an_unpark_before_the_park_is_remembered)
{
    run_both([] {
        EXPECT_FALSE(task_unpark(task_current()));
        task_park();
    });
}

TEST(Task, references_keep_it_and_its_time)
{
    run_both([] {
        struct task *t;
        must(task_create([](void *) {}, nullptr, &t));
        EXPECT_EQ(task_used_cycles(t), 0u);
        task_get(t);
        task_put(t);
        task_start(t);
        while (task_used_cycles(t) == 0)
            task_yield();
        EXPECT_GT(task_used_cycles(task_current()), 0u);
        task_put(t);
    });
}

// And what a test has on its stack is destroyed.
TEST(Task, exit_ends_it_anywhere)
{
    run_both([] {
        struct task *t;
        static bool done;
        done = false;
        must(task_create(
            [](void *) {
                struct Last {
                    ~Last() { __atomic_store_n(&done, true, __ATOMIC_RELEASE); }
                } last;
                task_exit();
            },
            nullptr, &t));
        task_start(t);
        task_put(t);
        while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
            task_yield();
    });
}

TEST(Task, attributes)
{
    run_both([] {
        struct sched_attr attr = task_sched(task_current());
        EXPECT_EQ(attr.kind, SCHED_FAIR);
        EXPECT_EQ(attr.weight, SCHED_WEIGHT_DEFAULT);
        for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
            attr.affinity = cpuset_of(cpu);
            EXPECT_EQ(task_set_sched(task_current(), attr), ERR_OK);
            EXPECT_EQ(cpu_this()->id, cpu);
        }
        attr.affinity = cpuset_of(63);
        EXPECT_EQ(task_set_sched(task_current(), attr), ERR_INVAL);
        attr.affinity = {0};
        attr.weight = 1;
        EXPECT_EQ(task_set_sched(task_current(), attr), ERR_INVAL);
        attr = {.kind = SCHED_RR, .priority = 100, .label = 0, .weight = 0, .affinity = {0}};
        EXPECT_EQ(task_set_sched(task_current(), attr), ERR_INVAL);
        attr.priority = 99;
        EXPECT_EQ(task_set_sched(task_current(), attr), ERR_OK);
        EXPECT_EQ(task_sched(task_current()).priority, 99);
    });
}

// Whatever tasks do when the machine goes off, they stop.
TEST(Machine, power_off_stops_everybody)
{
    for (bool serial : {false, true}) {
        hostframe::Machine m;
        m.serial = serial;
        m.main = [] {
            static struct counter c;
            static struct waitq never;
            never = {};
            for (int i = 0; i < 3; i++) {
                struct task *t;
                must(task_create([](void *) { waitq_until(&never, false); }, nullptr, &t));
                task_start(t);
                task_put(t);
                must(task_create(
                    [](void *) {
                        for (;;) {
                            counter_lock(&c);
                            c.value++;
                            counter_unlock(&c);
                        }
                    },
                    nullptr, &t));
                task_start(t);
                task_put(t);
            }
            for (int i = 0; i < 50; i++)
                task_yield();
            power_off(256 + 9);
        };
        EXPECT_EQ(hostframe::run(m).status, 9);
    }
}

TEST(Machine, boot_information_and_console)
{
    hostframe::Machine m;
    m.cmdline = "a=1 loglevel=info";
    m.modules = {{"first", {1, 2, 3}}, {"second", {}}};
    m.main = [] {
        uint64_t a;
        EXPECT_TRUE(cmdline_find_u64(boot_cmdline(), SPAN_TEXT("a"), &a) && a == 1);
        EXPECT_EQ(boot_module_count(), 2u);
        EXPECT_EQ(cspan_len(boot_module(0)), 3u);
        EXPECT_TRUE(cspan_equal(boot_module_name(1), SPAN_TEXT("second")));
        kprintf("%s %d\n", "number", 17);
        console_write(SPAN_TEXT("bytes\n"));
        log_warn("careful");
        log_debug("not shown");
        power_off(1);
    };
    hostframe::Outcome o = hostframe::run(m);
    EXPECT_EQ(o.status, 1);
    EXPECT_EQ(o.console, "number 17\nbytes\n[keel] careful\n");
}

// The order in which tasks get on, as a text.
std::string order_of(uint64_t seed)
{
    static std::string order;
    order.clear();
    hostframe::Machine m;
    m.serial = true;
    m.seed = seed;
    m.main = [] {
        Crew::run(4, [](uint32_t i) {
            static struct counter c;
            for (int n = 0; n < 10; n++) {
                counter_lock(&c);
                order += static_cast<char>('a' + i);
                counter_unlock(&c);
            }
        });
        order += std::to_string(clock_mono_ns());
        power_off(0);
    };
    hostframe::run(m);
    return order;
}

TEST(Serial, one_seed_gives_one_run)
{
    std::set<std::string> all;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        std::string first = order_of(seed);
        EXPECT_EQ(order_of(seed), first);
        all.insert(first);
    }
    EXPECT_GT(all.size(), 5u);
}

void run_body(std::function<void()> body, bool serial)
{
    hostframe::Machine m;
    m.serial = serial;
    m.main = std::move(body);
    hostframe::run(m);
}

class TaskDeath : public ::testing::TestWithParam<bool>
{
protected:
    void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_P(TaskDeath, nobody_is_left)
{
    EXPECT_DEATH(run_body([] {}, GetParam()), "every task has ended");
}

TEST_P(TaskDeath, nobody_will_ever_wake)
{
    EXPECT_DEATH(run_body([] { task_park(); }, GetParam()), "every task sleeps");
}

TEST_P(TaskDeath, started_twice)
{
    EXPECT_DEATH(run_body(
                     [] {
                         struct task *t;
                         must(task_create([](void *) {}, nullptr, &t));
                         task_start(t);
                         task_start(t);
                     },
                     GetParam()),
                 "assertion failed: first");
}

TEST_P(TaskDeath, sleeping_with_a_lock_held)
{
    EXPECT_DEATH(run_body(
                     [] {
                         static struct counter c;
                         counter_lock(&c);
                         task_yield();
                     },
                     GetParam()),
                 "task_yield where preemption is off");
}

INSTANTIATE_TEST_SUITE_P(Machines, TaskDeath, ::testing::Bool(),
                         [](const auto &i) { return i.param ? "serial" : "parallel"; });

TASK_DEFINE(recognise, uint32_t, answer)
{
    __atomic_store_n(answer, recognise_current() == answer ? 1 : 2, __ATOMIC_RELEASE);
}

TEST(Task, knows_its_argument_and_others_have_none)
{
    run_both([] {
        uint32_t answer = 0;
        struct task *task;
        must(recognise_create(&answer, &task));
        task_start(task);
        while (__atomic_load_n(&answer, __ATOMIC_ACQUIRE) == 0)
            task_yield();
        task_put(task);
        EXPECT_EQ(answer, 1u);
        EXPECT_EQ(recognise_current(), nullptr);
    });
}

} // namespace
