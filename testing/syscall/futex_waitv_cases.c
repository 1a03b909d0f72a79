// SPDX-License-Identifier: Apache-2.0
// futex_waitv(2): waiting for several words at once.
#include "testing/syscall/signals.h"
#include <linux/futex.h>
#include <pthread.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

constexpr int WORDS = FUTEX_WAITV_MAX;
constexpr uint32_t PRIVATE = FUTEX_32 | FUTEX_PRIVATE_FLAG;

static uint32_t words[WORDS];
static struct futex_waitv waits[WORDS];

// `many` words, each with its number as its value.
static void prepare(int many, uint32_t flags)
{
    for (int i = 0; i < many; i++) {
        words[i] = (uint32_t)i;
        waits[i] =
            (struct futex_waitv){.val = (uint64_t)i, .uaddr = (uint64_t)&words[i], .flags = flags};
    }
}

static long waitv(int many, struct timespec *until, int clock)
{
    return call(SYS_futex_waitv, waits, many, 0, until, clock);
}

static long wake(uint32_t *word, int flags)
{
    return call(SYS_futex, word, FUTEX_WAKE | flags, 1, nullptr, nullptr, 0);
}

static long now(int clock)
{
    struct timespec t;
    CHECK_EQ(call(SYS_clock_gettime, clock, &t), 0);
    return t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct timespec in_time(int clock, long ns)
{
    long until = now(clock) + ns;
    return (struct timespec){until / 1000000000, until % 1000000000};
}

struct request {
    int many;
    long result;
};

static void *wait_for_words(void *argument)
{
    struct request *r = argument;
    r->result = waitv(r->many, nullptr, 0);
    return nullptr;
}

// Which index a thread is told that waits for `many` words when one of them is woken.
static long woken_index(int many, int which, int flags)
{
    struct request r = {many, 0};
    pthread_t t;
    CHECK_EQ(pthread_create(&t, nullptr, wait_for_words, &r), 0);
    long n;
    while ((n = wake(&words[which], flags)) == 0)
        sched_yield();
    CHECK_EQ(n, 1);
    CHECK_EQ(pthread_join(t, nullptr), 0);
    // It waits for none of the others any more.
    for (int i = 0; i < many; i++)
        CHECK_EQ(wake(&words[i], flags), 0);
    return r.result;
}

CASE(futex_waitv, "says which word it was")
{
    prepare(WORDS, PRIVATE);
    CHECK_EQ(woken_index(1, 0, FUTEX_PRIVATE_FLAG), 0);
    CHECK_EQ(woken_index(3, 1, FUTEX_PRIVATE_FLAG), 1);
    CHECK_EQ(woken_index(WORDS, 0, FUTEX_PRIVATE_FLAG), 0);
    CHECK_EQ(woken_index(WORDS, WORDS - 1, FUTEX_PRIVATE_FLAG), WORDS - 1);
}

CASE(futex_waitv, "waits for shared words too")
{
    prepare(2, FUTEX_32);
    CHECK_EQ(woken_index(2, 1, 0), 1);
}

CASE(futex_waitv, "the same word may be there twice")
{
    prepare(2, PRIVATE);
    waits[1] = waits[0];
    struct request r = {2, -1};
    pthread_t t;
    CHECK_EQ(pthread_create(&t, nullptr, wait_for_words, &r), 0);
    long n;
    while ((n = wake(&words[0], FUTEX_PRIVATE_FLAG)) == 0)
        sched_yield();
    CHECK_EQ(pthread_join(t, nullptr), 0);
    CHECK(r.result == 0 || r.result == 1);
}

CASE(futex_waitv, "a word of another value ends it, and nobody waits")
{
    prepare(3, PRIVATE);
    words[2] = 77;
    CHECK_EQ(waitv(3, nullptr, 0), -EAGAIN);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(wake(&words[i], FUTEX_PRIVATE_FLAG), 0);
}

CASE(futex_waitv, "ends at its time, by either clock")
{
    prepare(2, PRIVATE);
    for (int i = 0; i < 2; i++) {
        int clock = i == 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
        struct timespec until = in_time(clock, 2000000);
        CHECK_EQ(waitv(2, &until, clock), -ETIMEDOUT);
        CHECK(now(clock) >= until.tv_sec * 1000000000 + until.tv_nsec);
        // It has passed.
        CHECK_EQ(waitv(2, &until, clock), -ETIMEDOUT);
    }
}

static volatile int handled;
static pthread_t waiting;
static uint32_t ended;

static void handle(int, siginfo_t *, void *) { handled++; }

static void *interrupt(void *)
{
    while (__atomic_load_n(&ended, __ATOMIC_ACQUIRE) == 0) {
        pthread_kill(waiting, SIGUSR1);
        struct timespec pause = {0, 1000000};
        syscall(SYS_nanosleep, &pause, nullptr);
    }
    return nullptr;
}

static long wait_interrupted(struct timespec *until)
{
    pthread_t t;
    handled = 0;
    waiting = pthread_self();
    ended = 0;
    CHECK_EQ(pthread_create(&t, nullptr, interrupt, nullptr), 0);
    long result = waitv(2, until, CLOCK_MONOTONIC);
    __atomic_store_n(&ended, 1, __ATOMIC_RELEASE);
    CHECK_EQ(pthread_join(t, nullptr), 0);
    return result;
}

CASE(futex_waitv, "a handled signal ends it; with SA_RESTART it goes on up to its time")
{
    prepare(2, PRIVATE);
    CHECK_EQ(act(SIGUSR1, handle, 0, 0), 0);
    CHECK_EQ(wait_interrupted(nullptr), -EINTR);
    CHECK(handled > 0);
    CHECK_EQ(act(SIGUSR1, handle, SA_RESTART, 0), 0);
    struct timespec until = in_time(CLOCK_MONOTONIC, 50000000);
    CHECK_EQ(wait_interrupted(&until), -ETIMEDOUT);
    CHECK(handled > 0);
    CHECK_EQ(set_default(SIGUSR1), 0);
}

CASE(futex_waitv, "errors")
{
    struct timespec bad = {0, 1000000000};
    prepare(2, PRIVATE);
    CHECK_EQ(call(SYS_futex_waitv, waits, 0, 0, nullptr, 0), -EINVAL);
    CHECK_EQ(call(SYS_futex_waitv, waits, WORDS + 1, 0, nullptr, 0), -EINVAL);
    CHECK_EQ(call(SYS_futex_waitv, nullptr, 1, 0, nullptr, 0), -EINVAL);
    CHECK_EQ(call(SYS_futex_waitv, waits, 2, 1, nullptr, 0), -EINVAL);
    CHECK_EQ(call(SYS_futex_waitv, nowhere, 1, 0, nullptr, 0), -EFAULT);
    CHECK_EQ(waitv(2, &bad, CLOCK_MONOTONIC), -EINVAL);
    CHECK_EQ(waitv(2, (struct timespec *)nowhere, CLOCK_MONOTONIC), -EFAULT);
    bad = in_time(CLOCK_MONOTONIC, 0);
    CHECK_EQ(waitv(2, &bad, CLOCK_PROCESS_CPUTIME_ID), -EINVAL);
    waits[1].flags = 0; // a word of 8 bits
    CHECK_EQ(waitv(2, nullptr, 0), -EINVAL);
    waits[1].flags = PRIVATE | 0x100;
    CHECK_EQ(waitv(2, nullptr, 0), -EINVAL);
    prepare(2, PRIVATE);
    waits[1].__reserved = 1;
    CHECK_EQ(waitv(2, nullptr, 0), -EINVAL);
    prepare(2, PRIVATE);
    waits[1].val = 1ull << 32;
    CHECK_EQ(waitv(2, nullptr, 0), -EINVAL);
    prepare(2, PRIVATE);
    waits[1].uaddr++;
    CHECK_EQ(waitv(2, nullptr, 0), -EINVAL);
    waits[1].uaddr = (uint64_t)nowhere;
    CHECK_EQ(waitv(2, nullptr, 0), -EFAULT);
}
