// SPDX-License-Identifier: Apache-2.0
// Waiting, excluding and reading without locks, by many tasks on any number of CPUs.
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/rcu/rcu.h"
#include "kernel/frame/sync/mutex.h"
#include "kernel/frame/sync/once.h"
#include "kernel/frame/sync/rwmutex.h"
#include "kernel/frame/time/clock.h"
#include "testing/ktest/ktest.h"

// Runs body(i) in `count` tasks at once and waits for all.
struct crew {
    void (*body)(uint32_t i);
    uint32_t arrived, done;
    struct waitq finished;
};

static struct crew crew;

TASK_DEFINE(crew_work, struct crew, c)
{
    c->body(__atomic_fetch_add(&c->arrived, 1, __ATOMIC_RELAXED));
    __atomic_fetch_add(&c->done, 1, __ATOMIC_SEQ_CST);
    waitq_wake_all(&c->finished);
}

static void run_crew(uint32_t count, void (*body)(uint32_t i))
{
    crew = (struct crew){.body = body};
    for (uint32_t i = 0; i < count; i++) {
        struct task *task;
        must(crew_work_create(&crew, &task));
        task_start(task);
        task_put(task);
    }
    waitq_until(&crew.finished, __atomic_load_n(&crew.done, __ATOMIC_SEQ_CST) == count);
}

// ---- wait queues --------------------------------------------------------------------------------

constexpr uint32_t ITEMS = 4000;

static struct channel {
    struct spinlock lock;
    struct waitq not_empty, not_full;
    uint32_t in, out, ring[8];
    uint64_t sum;
} channel;
SPINLOCK_OPS(channel, struct channel, lock, lc_mutex)

static bool put(uint32_t item)
{
    channel_lock(&channel);
    bool room = channel.in - channel.out < 8;
    if (room)
        channel.ring[channel.in++ % 8] = item;
    channel_unlock(&channel);
    return room;
}

static bool take(uint32_t *item)
{
    channel_lock(&channel);
    bool any = channel.in != channel.out;
    if (any)
        *item = channel.ring[channel.out++ % 8];
    channel_unlock(&channel);
    return any;
}

// Four put and four take; nothing is lost, and nobody sleeps for ever.
static void produce_or_consume(uint32_t i)
{
    for (uint32_t n = 0; n < ITEMS; n++) {
        if (i % 2 == 0) {
            waitq_until(&channel.not_full, put(n));
            waitq_wake_one(&channel.not_empty);
        } else {
            uint32_t item = 0;
            waitq_until(&channel.not_empty, take(&item));
            waitq_wake_one(&channel.not_full);
            __atomic_fetch_add(&channel.sum, item, __ATOMIC_RELAXED);
        }
    }
}

static void wait_queues(void)
{
    run_crew(8, produce_or_consume);
    EXPECT(channel.sum == 4ull * ITEMS * (ITEMS - 1) / 2);
    EXPECT(channel.in == channel.out && channel.in == 4 * ITEMS);
}

static void timeouts(void)
{
    static struct waitq nobody_wakes;
    for (uint32_t i = 0; i < 10; i++) {
        struct wait_limits limits = {.deadline_ns = clock_mono_ns() + 1'000'000};
        enum err err;
        waitq_until_or(&nobody_wakes, false, &limits, err);
        EXPECT(err == ERR_TIMEDOUT);
        EXPECT(clock_mono_ns() >= limits.deadline_ns);
        // What is true already needs no time.
        waitq_until_or(&nobody_wakes, true, &limits, err);
        EXPECT(err == ERR_OK);
    }
    EXPECT(!waitq_wake_all(&nobody_wakes));
}

static bool cancel;
static bool is_cancelled(void) { return __atomic_load_n(&cancel, __ATOMIC_ACQUIRE); }

static struct task *sleeper;
static uint32_t sleeping;

static void sleep_or_cancel(uint32_t i)
{
    static struct waitq nobody_wakes;
    if (i == 0) {
        static const struct wait_limits limits = {.cancelled = is_cancelled};
        enum err err;
        sleeper = task_current();
        __atomic_store_n(&sleeping, 1, __ATOMIC_RELEASE);
        waitq_until_or(&nobody_wakes, false, &limits, err);
        EXPECT(err == ERR_INTR);
    } else {
        while (__atomic_load_n(&sleeping, __ATOMIC_ACQUIRE) == 0)
            task_yield();
        __atomic_store_n(&cancel, true, __ATOMIC_RELEASE);
        task_unpark(sleeper);
    }
}

static void cancelling(void) { run_crew(2, sleep_or_cancel); }

// ---- mutexes ------------------------------------------------------------------------------------

static struct account {
    struct mutex mutex;
    uint64_t value;
} account;
MUTEX_OPS(account, struct account, mutex, lc_mutex)

// The holder gives way, so the others have to wait and not only spin.
static void add_slowly(uint32_t)
{
    for (uint32_t n = 0; n < 500; n++) {
        account_lock(&account);
        uint64_t value = account.value;
        if (n % 8 == 0)
            task_yield();
        account.value = value + 1;
        account_unlock(&account);
    }
}

static void mutexes(void)
{
    run_crew(10, add_slowly);
    EXPECT(account.value == 5000);
    EXPECT(mutex_try_lock(&account.mutex, &lc_mutex));
    EXPECT(!mutex_try_lock(&account.mutex, &lc_mutex));
    mutex_unlock(&account.mutex, &lc_mutex);
}

static struct ledger {
    struct rwmutex mutex;
    uint64_t a, b;    // equal, but while somebody writes
    uint32_t reading; // atomic
} ledger;
RWMUTEX_OPS(ledger, struct ledger, mutex, lc_mutex)

static void read_ledger(void)
{
    __atomic_fetch_add(&ledger.reading, 1, __ATOMIC_RELAXED);
    EXPECT(ledger.a == ledger.b);
    task_yield();
    EXPECT(ledger.a == ledger.b);
    __atomic_fetch_sub(&ledger.reading, 1, __ATOMIC_RELAXED);
}

NO_LOCK_ANALYSIS static void read_or_write(uint32_t i)
{
    for (uint32_t n = 0; n < 300; n++) {
        if (i % 4 != 0) {
            ledger_read_lock(&ledger);
            read_ledger();
            ledger_read_unlock(&ledger);
            continue;
        }
        ledger_write_lock(&ledger);
        EXPECT(__atomic_load_n(&ledger.reading, __ATOMIC_RELAXED) == 0);
        ledger.a++;
        task_yield();
        ledger.b++;
        if (n % 2 == 0) {
            ledger_write_unlock(&ledger);
        } else {
            rwmutex_downgrade(&ledger.mutex, &lc_mutex);
            read_ledger();
            rwmutex_read_unlock(&ledger.mutex, &lc_mutex);
        }
    }
}

// Leaves only when another reader is there too.
NO_LOCK_ANALYSIS static void read_together(uint32_t)
{
    ledger_read_lock(&ledger);
    __atomic_fetch_add(&ledger.reading, 1, __ATOMIC_RELAXED);
    while (__atomic_load_n(&ledger.reading, __ATOMIC_RELAXED) < 2)
        task_yield();
    ledger_read_unlock(&ledger);
}

static void rwmutexes(void)
{
    run_crew(12, read_or_write);
    EXPECT(ledger.a == 900 && ledger.b == 900);
    run_crew(2, read_together);
}

NO_LOCK_ANALYSIS static void mutex_by_another(void)
{
    account_lock(&account);
    // As if somebody else held it.
    static struct mutex other;
    other = account.mutex;
    other.holder = nullptr;
    mutex_unlock(&other, &lc_mutex);
}

NO_LOCK_ANALYSIS static void sleep_in_atomic(void)
{
    channel_lock(&channel);
    account_lock(&account);
}

// ---- RCU ----------------------------------------------------------------------------------------

struct value {
    struct rcu_head rcu;
    uint64_t a, b; // equal while it may be read
};

static struct value values[64], *current;
static uint32_t freed;
static uint32_t in_use; // one bit for each value that has not been freed
static bool stop_reading;

static void free_value(struct rcu_head *head)
{
    struct value *v = LIST_ENTRY(head, struct value, rcu);
    v->b = ~v->a;
    __atomic_fetch_add(&freed, 1, __ATOMIC_RELAXED);
    __atomic_fetch_and(&in_use, ~(1u << (v - values)), __ATOMIC_RELEASE);
}

static void replace_values(void)
{
    uint32_t deferred = 0;
    for (uint64_t n = 1; n <= 3000; n++) {
        uint32_t used;
        while ((used = __atomic_load_n(&in_use, __ATOMIC_ACQUIRE)) == UINT32_MAX)
            task_yield();
        uint32_t i = (uint32_t)__builtin_ctz(~used);
        __atomic_fetch_or(&in_use, 1u << i, __ATOMIC_RELAXED);
        values[i].a = n;
        values[i].b = n;
        struct value *old = current;
        rcu_store(&current, &values[i]);
        rcu_defer(&old->rcu, free_value);
        deferred++;
    }
    while (__atomic_load_n(&freed, __ATOMIC_RELAXED) != deferred)
        task_yield();
    __atomic_store_n(&stop_reading, true, __ATOMIC_RELAXED);
}

static void read_or_replace(uint32_t i)
{
    if (i == 0) {
        replace_values();
        return;
    }
    while (!__atomic_load_n(&stop_reading, __ATOMIC_RELAXED)) {
        rcu_read_lock();
        const struct value *v = rcu_load(&current);
        uint64_t a = __atomic_load_n(&v->a, __ATOMIC_RELAXED);
        for (uint32_t n = 0; n < 20; n++)
            cpu_pause();
        EXPECT(a == __atomic_load_n(&v->b, __ATOMIC_RELAXED));
        rcu_read_unlock();
        if (a % 16 == 0)
            task_yield();
    }
}

static void rcu(void)
{
    in_use = 1;
    current = &values[0];
    run_crew(6, read_or_replace);
}

// A task that never gives way on the CPU where something was deferred keeps nobody waiting.
static void be_on(uint32_t cpu)
{
    struct sched_attr attr = task_sched(task_current());
    attr.affinity = cpuset_of(cpu);
    must(task_set_sched(task_current(), attr));
    task_yield();
}

static void hog_or_wait(uint32_t i)
{
    static bool hogging;
    be_on(0);
    if (i != 0) {
        __atomic_store_n(&hogging, true, __ATOMIC_RELEASE);
        while (!__atomic_load_n(&stop_reading, __ATOMIC_ACQUIRE))
            cpu_pause();
        return;
    }
    while (!__atomic_load_n(&hogging, __ATOMIC_ACQUIRE))
        task_yield();
    in_use = 1;
    rcu_defer(&values[0].rcu, free_value);
    be_on(1);
    while (__atomic_load_n(&in_use, __ATOMIC_ACQUIRE) != 0)
        task_yield();
    __atomic_store_n(&stop_reading, true, __ATOMIC_RELEASE);
}

static void rcu_hog(void) { run_crew(2, hog_or_wait); }

// ---- once ---------------------------------------------------------------------------------------

static uint32_t times;
static void count_slowly(void)
{
    for (uint32_t i = 0; i < 10; i++)
        task_yield();
    times++;
}

static void once_each(uint32_t)
{
    static struct once o;
    once_run(&o, count_slowly);
    EXPECT(times == 1);
}

static void once(void) { run_crew(8, once_each); }

const struct ktest ktest_sync[] = {
    {"wait_queues", wait_queues},
    {"timeouts", timeouts},
    {"cancelling", cancelling},
    {"mutexes", mutexes},
    {"rwmutexes", rwmutexes},
    {"mutex_by_another", mutex_by_another},
    {"sleep_in_atomic", sleep_in_atomic},
    {"rcu", rcu},
    {"rcu_hog", rcu_hog},
    {"once", once},
    {},
};
