// SPDX-License-Identifier: Apache-2.0
// Locks between host threads, each of which plays a CPU.
#include "kernel/frame/lock/lock_classes.h"
#include "kernel/frame/lock/seqcount.h"
#include "kernel/frame/lock/spinlock.h"
#include <gtest/gtest.h>
#include <thread>
#include <vector>

static thread_local struct cpu this_cpu = {};
static thread_local unsigned gave_way = 0;

struct cpu_arch *cpu_arch_this(void) { return &this_cpu.arch; }
void preempt_schedule(void) { gave_way++; }
void preempt_schedule_irq(void) { gave_way++; }

namespace
{

class Locks : public ::testing::Test
{
protected:
    Locks()
    {
        this_cpu = {};
        this_cpu.preempt = PREEMPT_UNASKED;
        gave_way = 0;
    }
};

struct counter {
    struct spinlock lock;
    unsigned value;
};
SPINLOCK_OPS(counter, struct counter, lock, lc_console)
SPINLOCK_IRQ_OPS(counter, struct counter, lock, lc_console)

TEST_F(Locks, holding_one_switches_preemption_off)
{
    struct counter c = {};
    EXPECT_FALSE(spin_is_locked(&c.lock));
    counter_lock(&c);
    EXPECT_TRUE(spin_is_locked(&c.lock));
    EXPECT_EQ(preempt_depth(), 1u);
    counter_unlock(&c);
    EXPECT_FALSE(spin_is_locked(&c.lock));
    EXPECT_EQ(preempt_depth(), 0u);
}

TEST_F(Locks, who_was_asked_gives_way_after_the_last_unlock)
{
    struct counter a = {}, b = {};
    counter_lock(&a);
    uint64_t flags = counter_lock_irq(&b);
    preempt_ask();
    EXPECT_TRUE(preempt_is_asked());
    counter_unlock_irq(&b, flags);
    EXPECT_EQ(gave_way, 0u);
    counter_unlock(&a);
    EXPECT_EQ(gave_way, 1u);
    preempt_answer();
    EXPECT_FALSE(preempt_is_asked());
}

TEST_F(Locks, enabling_without_giving_way)
{
    preempt_disable();
    preempt_ask();
    preempt_enable_no_resched();
    EXPECT_EQ(preempt_depth(), 0u);
    EXPECT_EQ(gave_way, 0u);
}

TEST_F(Locks, trying_a_held_lock_fails_and_leaves_no_trace)
{
    struct counter c = {};
    EXPECT_TRUE(spin_try_lock(&c.lock, &lc_console));
    EXPECT_FALSE(spin_try_lock(&c.lock, &lc_console));
    EXPECT_EQ(preempt_depth(), 1u);
    counter_unlock(&c);
    EXPECT_TRUE(spin_try_lock(&c.lock, &lc_console));
    counter_unlock(&c);
}

TEST_F(Locks, can_be_taken_again_and_again)
{
    struct counter c = {};
    for (unsigned i = 0; i < 200'000; i++) {
        counter_lock(&c);
        counter_unlock(&c);
    }
    EXPECT_FALSE(spin_is_locked(&c.lock));
}

TEST_F(Locks, exclude_each_other)
{
    static struct counter c;
    c = {};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++) {
        threads.emplace_back([] {
            this_cpu.preempt = PREEMPT_UNASKED;
            for (int i = 0; i < 2000; i++) {
                counter_lock(&c);
                c.value++;
                counter_unlock(&c);
            }
        });
    }
    for (auto &t : threads)
        t.join();
    EXPECT_EQ(c.value, 8000u);
}

TEST_F(Locks, who_comes_while_it_is_held_waits)
{
    static struct counter c;
    c = {};
    counter_lock(&c);
    std::thread other([] {
        this_cpu.preempt = PREEMPT_UNASKED;
        counter_lock(&c);
        c.value = 2;
        counter_unlock(&c);
    });
    for (int i = 0; i < 1000; i++)
        std::this_thread::yield();
    EXPECT_EQ(c.value, 0u);
    c.value = 1;
    counter_unlock(&c);
    other.join();
    EXPECT_EQ(c.value, 2u);
}

void take_at_once(struct spinlock *l) { l->word = SPIN_HELD; }

TEST_F(Locks, how_to_wait_can_be_chosen)
{
    struct counter c = {};
    counter_lock(&c);
    spin_use_queues(take_at_once);
    counter_lock(&c);
    spin_use_queues(nullptr);
    EXPECT_EQ(preempt_depth(), 2u);
}

TEST_F(Locks, might_sleep_panics_where_preemption_is_off)
{
    might_sleep("a test");
    preempt_disable();
    EXPECT_DEATH(might_sleep("a test"), "a test where preemption is off .depth 1.");
}

TEST_F(Locks, classes_are_in_order)
{
    EXPECT_LT(lc_heap.rank, lc_pmm.rank);
    EXPECT_LT(lc_pmm.rank, lc_runqueue.rank);
    EXPECT_LT(lc_runqueue.rank, lc_console.rank);
    EXPECT_STREQ(lc_pmm.name, "pmm");
    // Taken with interrupts on, so before all that handlers take.
    EXPECT_LT(lc_rcu.rank, lc_waitq.rank);
}

TEST(Seqcount, readers_notice_a_writer)
{
    struct seqcount c = {};
    uint32_t seq = seqcount_begin(&c);
    EXPECT_FALSE(seqcount_retry(&c, seq));
    seqcount_write_begin(&c);
    EXPECT_TRUE(seqcount_retry(&c, seq));
    seqcount_write_end(&c);
    EXPECT_TRUE(seqcount_retry(&c, seq));
    seq = seqcount_begin(&c);
    EXPECT_FALSE(seqcount_retry(&c, seq));
}

TEST(Seqcount, readers_never_see_half_a_value)
{
    static struct seqcount c;
    static uint64_t a, b; // equal, but while they are being written
    std::thread writer([] {
        for (uint64_t i = 1; i <= 20'000; i++) {
            seqcount_write_begin(&c);
            __atomic_store_n(&a, i, __ATOMIC_RELAXED);
            __atomic_store_n(&b, i, __ATOMIC_RELAXED);
            seqcount_write_end(&c);
        }
    });
    uint64_t x = 0, y = 0;
    while (x != 20'000) {
        uint32_t seq;
        do {
            seq = seqcount_begin(&c);
            x = __atomic_load_n(&a, __ATOMIC_RELAXED);
            y = __atomic_load_n(&b, __ATOMIC_RELAXED);
        } while (seqcount_retry(&c, seq));
        ASSERT_EQ(x, y);
    }
    writer.join();
}

} // namespace
