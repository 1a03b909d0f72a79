// SPDX-License-Identifier: Apache-2.0
#include "testing/hostframe/fixture.h"

namespace
{

TEST(Clock, goes_on_and_can_be_set)
{
    run_both([] {
        uint64_t last = clock_mono_ns();
        EXPECT_GT(last, 0u);
        for (int i = 0; i < 1000; i++) {
            uint64_t now = clock_mono_ns();
            EXPECT_GE(now, last);
            last = now;
        }
        EXPECT_EQ(clock_ns_to_cycles(clock_cycles_to_ns(12345)), 12345u);
        EXPECT_GE(clock_cycles(), clock_cycles_at(last));
        EXPECT_GT(clock_real_ns(), 1'700'000'000'000'000'000u);
        clock_set_real_ns(5);
        EXPECT_LT(clock_real_ns(), 60'000'000'000u);
    });
}

struct alarm {
    struct timer timer;
    uint64_t due_ns;
};

uint32_t fired, early;
struct waitq all_fired;

void ring(void *arg)
{
    auto *a = static_cast<struct alarm *>(arg);
    if (clock_mono_ns() < a->due_ns)
        __atomic_fetch_add(&early, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&fired, 1, __ATOMIC_SEQ_CST);
    waitq_wake_all(&all_fired);
}

TEST(Timer, come_in_time_or_not_at_all)
{
    run_both([] {
        static struct alarm alarms[100];
        fired = early = 0;
        all_fired = {};
        uint64_t start = clock_mono_ns();
        uint32_t expected = 0;
        for (uint32_t i = 0; i < 100; i++) {
            struct alarm *a = &alarms[i];
            a->due_ns = start + 1'000'000 + i * 7919 % 100 * 20'000;
            timer_init(&a->timer, ring, a);
            timer_arm_ns(&a->timer, a->due_ns);
        }
        for (uint32_t i = 0; i < 100; i++) {
            if (i % 5 == 0 && timer_cancel(&alarms[i].timer))
                EXPECT_FALSE(timer_cancel(&alarms[i].timer));
            else
                expected++;
        }
        waitq_until(&all_fired, __atomic_load_n(&fired, __ATOMIC_SEQ_CST) == expected);
        EXPECT_EQ(early, 0u);
    });
}

struct repeating {
    struct timer timer;
    uint32_t times;
    struct task *owner;
};

void again(void *arg)
{
    auto *r = static_cast<struct repeating *>(arg);
    EXPECT_EQ(preempt_depth() != 0, true) << "as in an interrupt";
    if (__atomic_add_fetch(&r->times, 1, __ATOMIC_SEQ_CST) < 10)
        timer_arm_cycles(&r->timer, clock_cycles() + 1000);
    task_unpark(r->owner);
}

TEST(Timer, may_arm_itself_again)
{
    run_both([] {
        static struct repeating r;
        r = {};
        r.owner = task_current();
        timer_init(&r.timer, again, &r);
        timer_arm_cycles(&r.timer, 0);
        while (__atomic_load_n(&r.times, __ATOMIC_SEQ_CST) < 10)
            task_park();
        EXPECT_FALSE(timer_cancel(&r.timer));
    });
}

// When cancel returns, nobody is in the function any more: TSan would see.
TEST(Timer, cancel_waits_for_the_function)
{
    run_both([] {
        static uint64_t plain;
        plain = 0;
        for (uint32_t i = 0; i < 50; i++) {
            struct timer t;
            timer_init(&t, [](void *) { plain++; }, nullptr);
            timer_arm_ns(&t, clock_mono_ns() + i * 500);
            if (i % 2 == 0)
                task_yield();
            timer_cancel(&t);
            plain++;
        }
        EXPECT_GE(plain, 50u);
    });
}

// A serial machine need not wait for a time to come.
TEST(Serial, time_jumps)
{
    hostframe::Machine m;
    m.serial = true;
    m.main = [] {
        struct timer t;
        timer_init(
            &t, [](void *task) { task_unpark(static_cast<struct task *>(task)); }, task_current());
        uint64_t due = clock_mono_ns() + 3'600'000'000'000;
        timer_arm_ns(&t, due);
        while (clock_mono_ns() < due)
            task_park();
        power_off(0);
    };
    EXPECT_EQ(hostframe::run(m).status, 0);
}

TEST(TimerDeath, armed_twice)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    hostframe::Machine m;
    m.main = [] {
        static struct timer t;
        timer_init(&t, ring, nullptr);
        timer_arm_ns(&t, clock_mono_ns() + 1'000'000'000'000);
        timer_arm_ns(&t, 5);
    };
    EXPECT_DEATH(hostframe::run(m), "tree_is_linked");
}

} // namespace
