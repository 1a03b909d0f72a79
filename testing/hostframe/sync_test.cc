// SPDX-License-Identifier: Apache-2.0
// The frame's own mutexes and wait queues, between threads; and RCU.
#include "testing/hostframe/fixture.h"

namespace
{

struct ring {
    struct spinlock lock;
    struct waitq not_empty, not_full;
    uint32_t in, out, item[4];
    uint64_t sum;
};
SPINLOCK_OPS(ring, struct ring, lock, lc_mutex)

bool put(struct ring *r, uint32_t item)
{
    ring_lock(r);
    bool room = r->in - r->out < 4;
    if (room)
        r->item[r->in++ % 4] = item;
    ring_unlock(r);
    return room;
}

bool take(struct ring *r, uint32_t *item)
{
    ring_lock(r);
    bool any = r->in != r->out;
    if (any)
        *item = r->item[r->out++ % 4];
    ring_unlock(r);
    return any;
}

TEST(Waitq, nothing_is_lost)
{
    run_both([] {
        static struct ring r;
        r = {};
        Crew::run(6, [](uint32_t i) {
            for (uint32_t n = 0; n < 100; n++) {
                uint32_t item = 0;
                if (i % 2 == 0) {
                    waitq_until(&r.not_full, put(&r, n));
                    waitq_wake_one(&r.not_empty);
                } else {
                    waitq_until(&r.not_empty, take(&r, &item));
                    waitq_wake_one(&r.not_full);
                    __atomic_fetch_add(&r.sum, item, __ATOMIC_RELAXED);
                }
            }
        });
        EXPECT_EQ(r.sum, 3u * 99 * 100 / 2);
    });
}

bool cancel;
bool is_cancelled() { return __atomic_load_n(&cancel, __ATOMIC_ACQUIRE); }

TEST(Waitq, deadlines_and_cancelling)
{
    run_both([] {
        static struct waitq nobody_wakes;
        static struct task *sleeper;
        nobody_wakes = {};
        sleeper = nullptr;
        cancel = false;
        struct wait_limits limits = {.deadline_ns = clock_mono_ns() + 2'000'000,
                                     .cancelled = nullptr};
        enum err err;
        waitq_until_or(&nobody_wakes, false, &limits, err);
        EXPECT_EQ(err, ERR_TIMEDOUT);
        EXPECT_GE(clock_mono_ns(), limits.deadline_ns);
        waitq_until_or(&nobody_wakes, true, &limits, err);
        EXPECT_EQ(err, ERR_OK);
        EXPECT_FALSE(waitq_wake_all(&nobody_wakes));
        Crew::run(2, [](uint32_t i) {
            if (i == 1) {
                while (__atomic_load_n(&sleeper, __ATOMIC_ACQUIRE) == nullptr)
                    task_yield();
                __atomic_store_n(&cancel, true, __ATOMIC_RELEASE);
                task_unpark(sleeper);
                return;
            }
            struct wait_limits until_cancelled = {.deadline_ns = 0, .cancelled = is_cancelled};
            enum err why;
            __atomic_store_n(&sleeper, task_current(), __ATOMIC_RELEASE);
            waitq_until_or(&nobody_wakes, false, &until_cancelled, why);
            EXPECT_EQ(why, ERR_INTR);
        });
    });
}

struct account {
    struct mutex mutex;
    uint64_t value;
};
MUTEX_OPS(account, struct account, mutex, lc_mutex)

TEST(Mutex, excludes_also_while_its_holder_sleeps)
{
    run_both([] {
        static struct account a;
        a = {};
        Crew::run(6, [](uint32_t) {
            for (int n = 0; n < 50; n++) {
                account_lock(&a);
                uint64_t value = a.value;
                task_yield();
                a.value = value + 1;
                account_unlock(&a);
            }
        });
        EXPECT_EQ(a.value, 300u);
        EXPECT_TRUE(mutex_try_lock(&a.mutex, &lc_mutex));
        EXPECT_FALSE(mutex_try_lock(&a.mutex, &lc_mutex));
        mutex_unlock(&a.mutex, &lc_mutex);
    });
}

struct ledger {
    struct rwmutex mutex;
    uint64_t a, b;
};
RWMUTEX_OPS(ledger, struct ledger, mutex, lc_mutex)

TEST(Rwmutex, readers_never_see_half_a_change)
{
    run_both([] {
        static struct ledger l;
        l = {};
        Crew::run(6, [](uint32_t i) {
            for (int n = 0; n < 40; n++) {
                if (i % 3 != 0) {
                    ledger_read_lock(&l);
                    EXPECT_EQ(l.a, l.b);
                    ledger_read_unlock(&l);
                    continue;
                }
                ledger_write_lock(&l);
                l.a++;
                task_yield();
                l.b++;
                if (n % 2 == 0) {
                    ledger_write_unlock(&l);
                    continue;
                }
                rwmutex_downgrade(&l.mutex, &lc_mutex);
                EXPECT_EQ(l.a, l.b);
                rwmutex_read_unlock(&l.mutex, &lc_mutex);
            }
        });
        EXPECT_EQ(l.a, 80u);
    });
}

TEST(Once, for_all)
{
    run_both([] {
        static struct once once;
        static unsigned times;
        once = {};
        times = 0;
        Crew::run(6, [](uint32_t) {
            once_run(&once, [] {
                task_yield();
                times++;
            });
            EXPECT_EQ(times, 1u);
        });
    });
}

struct value {
    struct rcu_head rcu;
    uint64_t a, b;
};
HEAP_DEFINE(value, struct value);

struct value *shown;
uint32_t freed;

// ASan and TSan see whether a reader is still at it.
void free_value(struct rcu_head *head)
{
    value_delete(LIST_ENTRY(head, struct value, rcu));
    __atomic_fetch_add(&freed, 1, __ATOMIC_RELEASE);
}

struct value *make_value(uint64_t n)
{
    struct value *v = value_new();
    EXPECT_NE(v, nullptr);
    v->a = v->b = n;
    return v;
}

TEST(Rcu, frees_only_what_nobody_reads)
{
    run_both([] {
        constexpr uint32_t ROUNDS = 200;
        freed = 0;
        rcu_store(&shown, make_value(0));
        Crew::run(4, [](uint32_t i) {
            for (uint32_t n = 1; n <= ROUNDS; n++) {
                if (i == 0) {
                    struct value *old = shown;
                    rcu_store(&shown, make_value(n));
                    rcu_defer(&old->rcu, free_value);
                    task_yield();
                    continue;
                }
                rcu_read_lock();
                struct value *v = rcu_load(&shown);
                EXPECT_EQ(v->a, v->b);
                rcu_read_unlock();
            }
        });
        while (__atomic_load_n(&freed, __ATOMIC_ACQUIRE) != ROUNDS)
            task_yield();
        value_delete(shown);
    });
}

} // namespace
