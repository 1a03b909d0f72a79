// SPDX-License-Identifier: Apache-2.0
// futex(2): locks that lend priority.
#include "testing/syscall/locks.h"
#include <stddef.h>

// ---- one thread --------------------------------------------------------------------------------

CASE(futex, "FUTEX_LOCK_PI makes the thread the word's owner")
{
    word = 0;
    CHECK_EQ(lock(&word), 0);
    CHECK_EQ(word, own());
    CHECK_EQ(lock(&word), -EDEADLK);
    CHECK_EQ(try_lock(&word), -EDEADLK);
    CHECK_EQ(unlock(&word), 0);
    CHECK_EQ(word, 0);
    CHECK_EQ(unlock(&word), -EPERM);
    CHECK_EQ(try_lock(&word), 0);
    CHECK_EQ(word, own());
    CHECK_EQ(unlock(&word), 0);
    CHECK_EQ(futex(&word, FUTEX_LOCK_PI2, 0, nullptr, nullptr, 0), 0);
    CHECK_EQ(word, own());
    CHECK_EQ(unlock(&word), 0);
    // Nobody waits though the word says so.
    word = own() | FUTEX_WAITERS;
    CHECK_EQ(unlock(&word), 0);
    CHECK_EQ(word, 0);
}

CASE(futex, "errors of locks that lend priority")
{
    uint32_t *odd = (uint32_t *)((char *)&word + 1);
    struct timespec bad = {0, 1000000000};
    word = 0;
    other = 0;
    CHECK_EQ(lock(odd), -EINVAL);
    CHECK_EQ(lock((uint32_t *)nowhere), -EFAULT);
    CHECK_EQ(unlock((uint32_t *)nowhere), -EFAULT);
    CHECK_EQ(futex(&word, FUTEX_LOCK_PI, 0, &bad, nullptr, 0), -EINVAL);
    CHECK_EQ(futex(&word, FUTEX_LOCK_PI, 0, nowhere, nullptr, 0), -EFAULT);
    CHECK_EQ(futex(&word, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, nullptr, nullptr, 0), -ENOSYS);
    CHECK_EQ(futex(&word, FUTEX_UNLOCK_PI | FUTEX_CLOCK_REALTIME, 0, nullptr, nullptr, 0), -ENOSYS);
    word = NOBODY;
    CHECK_EQ(lock(&word), -ESRCH);
    CHECK_EQ(word, NOBODY | FUTEX_WAITERS);
    CHECK_EQ(try_lock(&word), -ESRCH);
    CHECK_EQ(unlock(&word), -EPERM);
    word = 0;
    CHECK_EQ(futex(&word, FUTEX_WAIT_REQUEUE_PI, 1, nullptr, &other, 0), -EAGAIN);
    CHECK_EQ(futex(&word, FUTEX_WAIT_REQUEUE_PI, 0, nullptr, &word, 0), -EINVAL);
    CHECK_EQ(futex(&word, FUTEX_WAIT_REQUEUE_PI, 0, nullptr, odd, 0), -EINVAL);
    CHECK_EQ(futex((uint32_t *)nowhere, FUTEX_WAIT_REQUEUE_PI, 0, nullptr, &other, 0), -EFAULT);
    CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1l, &other, 0), 0);
    CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1l, &other, 5), -EAGAIN);
    CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE_PI, 2, (void *)1l, &other, 0), -EINVAL);
    CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)-1l, &other, 0), -EINVAL);
    CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1l, &word, 0), -EINVAL);
    CHECK_EQ(futex(odd, FUTEX_CMP_REQUEUE_PI, 1, (void *)1l, &other, 0), -EINVAL);
    CHECK_EQ(futex((uint32_t *)nowhere, FUTEX_CMP_REQUEUE_PI, 1, (void *)1l, &other, 0), -EFAULT);
}

// ---- several -----------------------------------------------------------------------------------

// What a thread found when it had the lock, or its error.
struct seen {
    long result;
    uint32_t word;
    struct timespec *until;
};

static void *lock_and_look(void *argument)
{
    struct seen *s = argument;
    set(&tid, own());
    s->result = futex(&word, FUTEX_LOCK_PI, 0, s->until, nullptr, 0);
    if (s->result != 0)
        return nullptr;
    s->word = get(&word);
    await(&go, 1);
    CHECK_EQ(unlock(&word), 0);
    return nullptr;
}

CASE(futex, "unlocking gives the word to whoever waits")
{
    struct seen s = {};
    word = 0;
    CHECK_EQ(lock(&word), 0);
    pthread_t t = start(lock_and_look, &s);
    await_waiters(&word);
    CHECK_EQ(get(&word), own() | FUTEX_WAITERS);
    CHECK_EQ(futex(&word, FUTEX_WAKE, 1, nullptr, nullptr, 0), -EINVAL);
    CHECK_EQ(unlock(&word), 0);
    CHECK_EQ(get(&word), tid | FUTEX_WAITERS);
    CHECK_EQ(try_lock(&word), -EAGAIN);
    CHECK_EQ(unlock(&word), -EPERM);
    set(&go, 1);
    join(t);
    CHECK_EQ(s.result, 0);
    CHECK_EQ(s.word, tid | FUTEX_WAITERS);
    CHECK_EQ(word, 0);
}

static void *unlock_anothers(void *)
{
    set(&word, own() | FUTEX_WAITERS);
    CHECK_EQ(unlock(&word), -EINVAL);
    return nullptr;
}

CASE(futex, "a word that has been changed against the rules")
{
    struct seen s = {};
    word = 0;
    CHECK_EQ(lock(&word), 0);
    pthread_t t = start(lock_and_look, &s);
    await_waiters(&word);
    uint32_t before = get(&word);
    set(&word, NOBODY | FUTEX_WAITERS);
    CHECK_EQ(lock(&word), -EINVAL);
    CHECK_EQ(try_lock(&word), -EINVAL);
    join(start(unlock_anothers, nullptr));
    set(&word, before);
    CHECK_EQ(unlock(&word), 0);
    set(&go, 1);
    join(t);
    CHECK_EQ(word, 0);
}

CASE(futex, "nobody locks what others wait at otherwise")
{
    word = own();
    pthread_t t = start(wait_plainly, nullptr);
    set(&word, 0);
    // It waits once the answer is not that the lock is ours.
    long n;
    while ((n = lock(&word)) == 0) {
        CHECK_EQ(unlock(&word), 0);
        pause_ns(100000);
    }
    CHECK_EQ(n, -EINVAL);
    while (futex(&word, FUTEX_WAKE, 1, nullptr, nullptr, 0) == 0)
        ;
    join(t);
}

constexpr int THREADS = 6, ROUNDS = 300;
static int total;

static void *add(void *argument)
{
    bool fast = argument != nullptr;
    uint32_t self = own();
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t free = 0, mine = self;
        if (!fast || !__atomic_compare_exchange_n(&word, &free, self, false, __ATOMIC_ACQ_REL,
                                                  __ATOMIC_RELAXED))
            CHECK_EQ(lock(&word), 0);
        int before = total;
        if (i % 16 == 0)
            sched_yield();
        total = before + 1;
        if (!fast || !__atomic_compare_exchange_n(&word, &mine, 0, false, __ATOMIC_ACQ_REL,
                                                  __ATOMIC_RELAXED))
            CHECK_EQ(unlock(&word), 0);
    }
    return nullptr;
}

CASE(futex, "one thread at a time owns a word")
{
    pthread_t threads[THREADS];
    for (int fast = 0; fast < 2; fast++) {
        word = 0;
        total = 0;
        for (int i = 0; i < THREADS; i++)
            CHECK_EQ(pthread_create(&threads[i], nullptr, add, fast ? &total : nullptr), 0);
        for (int i = 0; i < THREADS; i++)
            join(threads[i]);
        CHECK_EQ(total, THREADS * ROUNDS);
        CHECK_EQ(word, 0);
    }
}

CASE(futex, "waiting for a lock ends at its time: FUTEX_LOCK_PI's is of CLOCK_REALTIME")
{
    struct seen s = {};
    word = 0;
    set(&go, 0);
    CHECK_EQ(lock(&word), 0);
    struct timespec until = in_time(CLOCK_REALTIME, 5000000);
    s.until = &until;
    join(start(lock_and_look, &s));
    CHECK_EQ(s.result, -ETIMEDOUT);
    CHECK(now(CLOCK_REALTIME) >= until.tv_sec * 1000000000 + until.tv_nsec);
    // The word still says that somebody waits.
    CHECK_EQ(word, own() | FUTEX_WAITERS);
    CHECK_EQ(unlock(&word), 0);
    CHECK_EQ(word, 0);
    // Nobody has to wait: then the time does not matter.
    until = (struct timespec){};
    CHECK_EQ(futex(&word, FUTEX_LOCK_PI, 0, &until, nullptr, 0), 0);
    CHECK_EQ(unlock(&word), 0);
}

static void *lock_two(void *argument)
{
    int clock = argument != nullptr ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    int op = FUTEX_LOCK_PI2 | (argument != nullptr ? FUTEX_CLOCK_REALTIME : 0);
    struct timespec until = in_time(clock, 5000000);
    CHECK_EQ(futex(&word, op, 0, &until, nullptr, 0), -ETIMEDOUT);
    CHECK(now(clock) >= until.tv_sec * 1000000000 + until.tv_nsec);
    return nullptr;
}

CASE(futex, "FUTEX_LOCK_PI2's time is of either clock")
{
    word = 0;
    CHECK_EQ(lock(&word), 0);
    join(start(lock_two, nullptr));
    join(start(lock_two, &word));
    CHECK_EQ(unlock(&word), 0);
}

static void *lock_both(void *)
{
    CHECK_EQ(lock(&other), 0);
    set(&tid, own());
    CHECK_EQ(lock(&word), 0);
    CHECK_EQ(unlock(&word), 0);
    CHECK_EQ(unlock(&other), 0);
    return nullptr;
}

CASE(futex, "who would wait for himself is told EDEADLK")
{
    word = other = 0;
    CHECK_EQ(lock(&word), 0);
    pthread_t t = start(lock_both, nullptr);
    await_waiters(&word);
    CHECK_EQ(lock(&other), -EDEADLK);
    CHECK_EQ(unlock(&word), 0);
    join(t);
    CHECK_EQ(word, 0);
    other &= ~FUTEX_WAITERS;
    CHECK_EQ(other, 0);
}

CASE(futex, "a handled signal does not end a wait for a lock")
{
    struct seen s = {};
    word = 0;
    handled = 0;
    CHECK_EQ(act(SIGUSR1, handle, 0, 0), 0);
    CHECK_EQ(lock(&word), 0);
    pthread_t t = start(lock_and_look, &s);
    await_waiters(&word);
    CHECK_EQ(call(SYS_tgkill, getpid(), tid, SIGUSR1), 0);
    while (handled == 0)
        pause_ns(100000);
    CHECK_EQ(unlock(&word), 0);
    set(&go, 1);
    join(t);
    CHECK_EQ(s.result, 0);
    CHECK_EQ(handled, 1);
    CHECK_EQ(set_default(SIGUSR1), 0);
}

// ---- the end of an owner -----------------------------------------------------------------------

struct robust_entry {
    struct robust_entry *next;
    uint32_t word;
};

static struct {
    struct robust_entry *first;
    long offset;
    struct robust_entry *pending;
} head;
static struct robust_entry entry;

// Ends with the lock; robust if there is an argument.
static void *die(void *argument)
{
    uint32_t *at = argument;
    if (at == &entry.word) {
        head.first = (struct robust_entry *)((uint64_t)&entry | 1);
        head.offset = offsetof(struct robust_entry, word);
        head.pending = nullptr;
        entry.next = (struct robust_entry *)&head;
        CHECK_EQ(call(SYS_set_robust_list, &head, sizeof(head)), 0);
    }
    CHECK_EQ(lock(at), 0);
    set(&tid, own());
    await(&go, 1);
    return nullptr;
}

static uint32_t tell;
static void *say_go(void *argument)
{
    await_waiters(argument);
    set(&tell, get(argument));
    set(&go, 1);
    return nullptr;
}

CASE(futex, "a lock whose owner has ended goes to whoever waits, with FUTEX_OWNER_DIED")
{
    uint32_t *words[] = {&word, &entry.word};
    for (int i = 0; i < 2; i++) {
        pthread_t dies, says;
        *words[i] = 0;
        dies = start(die, words[i]);
        while (get(&tid) == 0)
            pause_ns(100000);
        CHECK_EQ(pthread_create(&says, nullptr, say_go, words[i]), 0);
        CHECK_EQ(lock(words[i]), 0);
        CHECK_EQ(tell, tid | FUTEX_WAITERS);
        CHECK_EQ(*words[i], own() | FUTEX_WAITERS | FUTEX_OWNER_DIED);
        CHECK_EQ(unlock(words[i]), 0);
        CHECK_EQ(*words[i], 0);
        join(says);
        join(dies);
    }
}

CASE(futex, "a lock whose owner has ended: with a robust list it is free, without it is nobody's")
{
    entry.word = 0;
    pthread_t t = start(die, &entry.word);
    set(&go, 1);
    join(t);
    while (get(&entry.word) != FUTEX_OWNER_DIED)
        pause_ns(100000);
    CHECK_EQ(lock(&entry.word), 0);
    CHECK_EQ(entry.word, own() | FUTEX_OWNER_DIED);
    CHECK_EQ(unlock(&entry.word), 0);
    CHECK_EQ(entry.word, 0);
    word = 0;
    t = start(die, &word);
    set(&go, 1);
    join(t);
    while (call(SYS_tkill, tid, 0) == 0)
        pause_ns(100000);
    CHECK_EQ(lock(&word), -ESRCH);
}

// ---- another process ---------------------------------------------------------------------------

static uint32_t *shared;

static long lock_shared(int op) { return call(SYS_futex, shared, op, 0, nullptr, nullptr, 0); }

static void take_turn(void)
{
    CHECK_EQ(lock_shared(FUTEX_LOCK_PI), 0);
    CHECK_EQ(*shared & FUTEX_TID_MASK, own());
    if (shared[1] == 0) {
        // Ends with it.
        shared[1] = 1;
        return;
    }
    CHECK_EQ(lock_shared(FUTEX_UNLOCK_PI), 0);
}

CASE(futex, "another process waits for a lock, and may end with it")
{
    shared = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    CHECK_EQ(lock_shared(FUTEX_LOCK_PI), 0);
    long pid = call(SYS_fork);
    if (pid == 0) {
        take_turn();
        syscall(SYS_exit_group, 0);
    }
    await_waiters(shared);
    CHECK_EQ(lock_shared(FUTEX_UNLOCK_PI), 0);
    // It has it, or has ended with it.
    long n = lock_shared(FUTEX_LOCK_PI);
    CHECK(n == 0 || n == -ESRCH);
    if (n == 0) {
        CHECK_EQ(*shared & ~FUTEX_WAITERS, own() | FUTEX_OWNER_DIED);
        CHECK_EQ(lock_shared(FUTEX_UNLOCK_PI), 0);
    }
    CHECK_EQ(call(SYS_wait4, pid, nullptr, 0, nullptr), pid);
    CHECK_EQ(call(SYS_munmap, shared, 4096), 0);
}
