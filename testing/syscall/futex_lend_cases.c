// SPDX-License-Identifier: Apache-2.0
// futex(2): waiting for locks at other words; and that they lend priority.
#include "testing/syscall/locks.h"

// ---- from a word to a lock ---------------------------------------------------------------------

static uint32_t owners; // how many have had the lock

static void *wait_for_lock(void *argument)
{
    long *result = argument;
    set(&tid, own());
    *result = futex(&word, FUTEX_WAIT_REQUEUE_PI, 0, nullptr, &other, 0);
    if (*result != 0)
        return nullptr;
    CHECK_EQ(get(&other) & FUTEX_TID_MASK, own());
    __atomic_fetch_add(&owners, 1, __ATOMIC_RELEASE);
    CHECK_EQ(unlock(&other), 0);
    return nullptr;
}

static long requeue(long move)
{
    return futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)move, &other, 0);
}

constexpr int MOVED = 3;

// Who waits at the word comes to own the lock, which is ours or nobody's.
static void move_threads(bool held, long each)
{
    pthread_t threads[MOVED];
    long results[MOVED] = {1, 1, 1}, moved = 0;
    word = other = owners = 0;
    if (held)
        CHECK_EQ(lock(&other), 0);
    for (int i = 0; i < MOVED; i++)
        threads[i] = start(wait_for_lock, &results[i]);
    while (moved < MOVED) {
        long n = requeue(each);
        CHECK(n >= 0 && n <= each + 1);
        if (n < 0)
            break;
        moved += n;
        pause_ns(100000);
    }
    CHECK_EQ(moved, MOVED);
    if (held) {
        CHECK_EQ(get(&owners), 0);
        CHECK_EQ(get(&other), own() | FUTEX_WAITERS);
        CHECK_EQ(unlock(&other), 0);
    }
    for (int i = 0; i < MOVED; i++) {
        join(threads[i]);
        CHECK_EQ(results[i], 0);
    }
    CHECK_EQ(owners, MOVED);
    CHECK_EQ(other, 0);
}

CASE(futex, "FUTEX_CMP_REQUEUE_PI has those that wait at a word wait for a lock")
{
    move_threads(true, 100);
    move_threads(true, 0);
    move_threads(false, 100);
    move_threads(false, 0);
}

CASE(futex, "waiting for a lock at another word ends at its time, there or here")
{
    for (int i = 0; i < 2; i++) {
        int clock = i == 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
        int op = FUTEX_WAIT_REQUEUE_PI | (i == 0 ? 0 : FUTEX_CLOCK_REALTIME);
        struct timespec until = in_time(clock, 5000000);
        word = other = 0;
        CHECK_EQ(futex(&word, op, 0, &until, &other, 0), -ETIMEDOUT);
        CHECK(now(clock) >= until.tv_sec * 1000000000 + until.tv_nsec);
    }
}

static void *wait_a_while(void *argument)
{
    long *result = argument;
    struct timespec until = in_time(CLOCK_MONOTONIC, 300000000);
    *result = futex(&word, FUTEX_WAIT_REQUEUE_PI, 0, &until, &other, 0);
    return nullptr;
}

CASE(futex, "a wait that has been moved ends at its time")
{
    long result = 0;
    word = other = 0;
    CHECK_EQ(lock(&other), 0);
    pthread_t t = start(wait_a_while, &result);
    while (requeue(1) == 0)
        ;
    join(t);
    CHECK_EQ(result, -ETIMEDOUT);
    CHECK_EQ(unlock(&other), 0);
    CHECK_EQ(other, 0);
}

CASE(futex, "a handled signal: a wait that has not been moved goes on, another says EAGAIN")
{
    long result = 0;
    word = other = 0;
    handled = 0;
    CHECK_EQ(act(SIGUSR1, handle, 0, 0), 0);
    CHECK_EQ(lock(&other), 0);
    pthread_t t = start(wait_for_lock, &result);
    while (get(&tid) == 0)
        pause_ns(100000);
    pause_ns(20000000);
    CHECK_EQ(call(SYS_tgkill, getpid(), tid, SIGUSR1), 0);
    while (handled == 0)
        pause_ns(100000);
    while (requeue(1) == 0)
        ;
    CHECK_EQ(call(SYS_tgkill, getpid(), tid, SIGUSR1), 0);
    join(t);
    CHECK_EQ(result, -EAGAIN);
    CHECK_EQ(handled, 2);
    CHECK_EQ(unlock(&other), 0);
    CHECK_EQ(set_default(SIGUSR1), 0);
}

CASE(futex, "who waits for a lock at a word is moved by FUTEX_CMP_REQUEUE_PI to that lock only")
{
    static uint32_t third;
    long result = 0;
    word = other = third = 0;
    pthread_t t = start(wait_for_lock, &result);
    long n;
    while ((n = futex(&word, FUTEX_WAKE, 1, nullptr, nullptr, 0)) == 0)
        ;
    CHECK_EQ(n, -EINVAL);
    CHECK_EQ(futex(&word, FUTEX_REQUEUE, 0, (void *)1l, &other, 0), -EINVAL);
    CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1l, &third, 0), -EINVAL);
    other = NOBODY;
    CHECK_EQ(requeue(1), -ESRCH);
    other = tid;
    CHECK_EQ(requeue(1), -EDEADLK);
    other = 0;
    CHECK_EQ(requeue(1), 1);
    join(t);
    CHECK_EQ(result, 0);
}

CASE(futex, "FUTEX_CMP_REQUEUE_PI does not move who waits plainly")
{
    word = 0;
    other = 0;
    pthread_t t = start(wait_plainly, nullptr);
    long n;
    while ((n = requeue(1)) == 0)
        ;
    CHECK_EQ(n, -EINVAL);
    CHECK_EQ(futex(&word, FUTEX_WAKE, 1, nullptr, nullptr, 0), 1);
    join(t);
}

// ---- priorities --------------------------------------------------------------------------------

static long set_fifo(int priority)
{
    return call(SYS_sched_setscheduler, 0, SCHED_FIFO, &priority);
}

static uint32_t stage, released, order, low_after, high_after, low_tid;
static uint32_t *highs; // what the highest waits for

static void *be_low(void *)
{
    CHECK_EQ(set_fifo(10), 0);
    CHECK_EQ(lock(&word), 0);
    set(&low_tid, own());
    set(&stage, 1);
    await(&stage, 2);
    set(&released, 1);
    CHECK_EQ(unlock(&word), 0);
    low_after = __atomic_add_fetch(&order, 1, __ATOMIC_ACQ_REL);
    return nullptr;
}

static void *be_high(void *)
{
    CHECK_EQ(set_fifo(40), 0);
    CHECK_EQ(lock(highs), 0);
    high_after = __atomic_add_fetch(&order, 1, __ATOMIC_ACQ_REL);
    CHECK_EQ(unlock(highs), 0);
    return nullptr;
}

// Waits for the lock with another of its own.
static void *be_between(void *)
{
    CHECK_EQ(set_fifo(5), 0);
    CHECK_EQ(lock(&other), 0);
    CHECK_EQ(lock(&word), 0);
    CHECK_EQ(unlock(&word), 0);
    CHECK_EQ(unlock(&other), 0);
    return nullptr;
}

// Takes the CPU from whoever has a lower priority, for at most two seconds.
static void *be_medium(void *)
{
    CHECK_EQ(set_fifo(20), 0);
    long until = now(CLOCK_MONOTONIC) + 2000000000;
    while (get(&released) == 0 && now(CLOCK_MONOTONIC) < until)
        ;
    CHECK_EQ(get(&released), 1);
    return nullptr;
}

static void lend(bool through)
{
    cpu_set_t first = {};
    pthread_t low, between, high, medium;
    int priority = 0;
    CPU_SET(0, &first);
    CHECK_EQ(sched_setaffinity(0, sizeof(first), &first), 0);
    CHECK_EQ(set_fifo(60), 0);
    word = other = stage = released = order = 0;
    highs = through ? &other : &word;
    low = start(be_low, nullptr);
    while (get(&stage) != 1)
        pause_ns(1000000);
    if (through) {
        between = start(be_between, nullptr);
        await_waiters(&word);
    }
    high = start(be_high, nullptr);
    await_waiters(highs);
    // That is lent is not told.
    CHECK_EQ(call(SYS_sched_getparam, low_tid, &priority), 0);
    CHECK_EQ(priority, 10);
    medium = start(be_medium, nullptr);
    pause_ns(10000000);
    set(&stage, 2);
    join(medium);
    join(high);
    join(low);
    if (through)
        join(between);
    // What it was lent was taken back at once.
    CHECK_EQ(low_after, 2);
    CHECK_EQ(high_after, 1);
}

static void lend_one(void) { lend(false); }
static void lend_through(void) { lend(true); }

static bool may_real_time(void)
{
    int none = 0;
    long result = set_fifo(1);
    CHECK(result == 0 || result == -EPERM);
    CHECK_EQ(call(SYS_sched_setscheduler, 0, SCHED_OTHER, &none), 0);
    return result == 0;
}

CASE(futex, "an owner has the priority of who waits for it, also through another")
{
    if (!may_real_time())
        return; // the host may not let us
    CHECK_EQ(in_child(lend_one), 0);
    CHECK_EQ(in_child(lend_through), 0);
}

static uint32_t turns[4];
static int ranks[] = {10, 30, 20};

static void *lock_by_rank(void *argument)
{
    int *rank = argument;
    CHECK_EQ(set_fifo(*rank), 0);
    set(&tid, own());
    CHECK_EQ(lock(&word), 0);
    turns[__atomic_fetch_add(&order, 1, __ATOMIC_ACQ_REL)] = (uint32_t)*rank;
    CHECK_EQ(unlock(&word), 0);
    return nullptr;
}

static void take_turns(void)
{
    pthread_t threads[3];
    word = order = 0;
    CHECK_EQ(set_fifo(60), 0);
    CHECK_EQ(lock(&word), 0);
    for (int i = 0; i < 3; i++) {
        threads[i] = start(lock_by_rank, &ranks[i]);
        while (get(&tid) == 0)
            pause_ns(100000);
        pause_ns(20000000);
    }
    CHECK_EQ(unlock(&word), 0);
    for (int i = 0; i < 3; i++)
        join(threads[i]);
    CHECK_EQ(turns[0], 30);
    CHECK_EQ(turns[1], 20);
    CHECK_EQ(turns[2], 10);
}

CASE(futex, "a lock goes to the highest priority first")
{
    if (may_real_time())
        CHECK_EQ(in_child(take_turns), 0);
}
