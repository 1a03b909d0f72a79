// SPDX-License-Identifier: Apache-2.0
// futex(2), between processes that share a page.
#include "testing/syscall/check.h"
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

constexpr int WAITERS = 4;

struct shared {
    uint32_t word, other;
    uint32_t arrived, woken; // atomic: how many are about to wait, and have been woken
};

static struct shared *s;

static void share(void)
{
    s = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(s != MAP_FAILED);
}

static long futex(uint32_t *word, int op, uint32_t value, void *timeout, uint32_t *other,
                  uint32_t value3)
{
    return call(SYS_futex, word, op, value, timeout, other, value3);
}

// Children that wait for `word` with the given bits, which are about to when this returns.
static void start_waiters(int count, uint32_t bits)
{
    for (int i = 0; i < count; i++) {
        long pid = call(SYS_fork);
        CHECK(pid >= 0);
        if (pid != 0)
            continue;
        __atomic_fetch_add(&s->arrived, 1, __ATOMIC_RELEASE);
        while (futex(&s->word, FUTEX_WAIT_BITSET, 0, nullptr, nullptr, bits) == -EINTR)
            ;
        __atomic_fetch_add(&s->woken, 1, __ATOMIC_RELEASE);
        syscall(SYS_exit_group, 0);
    }
    while (__atomic_load_n(&s->arrived, __ATOMIC_ACQUIRE) != (uint32_t)count)
        syscall(SYS_sched_yield);
    s->arrived = 0;
}

// Wakes until so many have been, since who is about to wait may not be waiting yet.
static void wake_all(uint32_t *word, int op, uint32_t bits, uint32_t total)
{
    long woken = 0;
    while (woken < total) {
        long n = futex(word, op, 1, nullptr, nullptr, bits);
        CHECK(n == 0 || n == 1);
        woken += n;
        syscall(SYS_sched_yield);
    }
    while (__atomic_load_n(&s->woken, __ATOMIC_ACQUIRE) != total)
        syscall(SYS_sched_yield);
    s->woken = 0;
    for (uint32_t i = 0; i < total; i++)
        CHECK(call(SYS_wait4, -1, nullptr, 0, nullptr) > 0);
}

CASE(futex, "whoever wakes wakes those of another process that wait")
{
    share();
    start_waiters(WAITERS, ~0u);
    wake_all(&s->word, FUTEX_WAKE, 0, WAITERS);
    CHECK_EQ(futex(&s->word, FUTEX_WAKE, 100, nullptr, nullptr, 0), 0);
    CHECK_EQ(call(SYS_munmap, s, 4096), 0);
}

CASE(futex, "bits choose who is woken")
{
    share();
    start_waiters(2, 6);
    CHECK_EQ(futex(&s->word, FUTEX_WAKE_BITSET, 100, nullptr, nullptr, 9), 0);
    wake_all(&s->word, FUTEX_WAKE_BITSET, 4, 2);
    CHECK_EQ(call(SYS_munmap, s, 4096), 0);
}

CASE(futex, "requeueing moves those that wait to another word")
{
    share();
    start_waiters(3, ~0u);
    uint32_t none = 5;
    CHECK_EQ(futex(&s->word, FUTEX_CMP_REQUEUE, 0, (void *)100l, &s->other, none), -EAGAIN);
    long moved = 0;
    while (moved < 3) {
        long n = futex(&s->word, FUTEX_CMP_REQUEUE, 0, (void *)100l, &s->other, 0);
        CHECK(n >= 0 && n <= 3);
        moved += n;
        syscall(SYS_sched_yield);
    }
    CHECK_EQ(futex(&s->word, FUTEX_WAKE, 100, nullptr, nullptr, 0), 0);
    CHECK_EQ(futex(&s->other, FUTEX_REQUEUE, 1, (void *)0l, &s->word, 0), 1);
    CHECK_EQ(futex(&s->other, FUTEX_WAKE, 100, nullptr, nullptr, 0), 2);
    for (int i = 0; i < 3; i++)
        CHECK(call(SYS_wait4, -1, nullptr, 0, nullptr) > 0);
    CHECK_EQ(call(SYS_munmap, s, 4096), 0);
}

CASE(futex, "FUTEX_WAKE_OP changes one word and wakes at both")
{
    share();
    start_waiters(2, ~0u);
    s->other = 7;
    uint32_t add = FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_GT, 100);
    long woken = 0;
    int calls = 0;
    while (woken < 2) {
        long n = futex(&s->word, FUTEX_WAKE_OP, 1, (void *)1l, &s->other, add);
        CHECK(n == 0 || n == 1);
        woken += n;
        calls++;
        syscall(SYS_sched_yield);
    }
    CHECK_EQ(s->other, 7 + 5 * calls);
    for (int i = 0; i < 2; i++)
        CHECK(call(SYS_wait4, -1, nullptr, 0, nullptr) > 0);
    s->other = 0xf0;
    CHECK_EQ(futex(&s->word, FUTEX_WAKE_OP, 1, (void *)1l, &s->other,
                   FUTEX_OP(FUTEX_OP_ANDN, 0x30, FUTEX_OP_CMP_EQ, 0xf0)),
             0);
    CHECK_EQ(s->other, 0xc0);
    CHECK_EQ(futex(&s->word, FUTEX_WAKE_OP, 1, (void *)1l, &s->other,
                   FUTEX_OP(FUTEX_OP_SET | FUTEX_OP_OPARG_SHIFT, 4, FUTEX_OP_CMP_NE, 0)),
             0);
    CHECK_EQ(s->other, 16);
    CHECK_EQ(futex(&s->word, FUTEX_WAKE_OP, 1, (void *)1l, &s->other, 0x7fu << 24), -ENOSYS);
    CHECK_EQ(call(SYS_munmap, s, 4096), 0);
}

static long now(int clock)
{
    struct timespec t;
    CHECK_EQ(call(SYS_clock_gettime, clock, &t), 0);
    return t.tv_sec * 1000000000 + t.tv_nsec;
}

CASE(futex, "a wait ends when its time is over")
{
    static uint32_t word;
    struct timespec t = {0, 2000000};
    long begin = now(CLOCK_MONOTONIC);
    CHECK_EQ(futex(&word, FUTEX_WAIT_PRIVATE, 0, &t, nullptr, 0), -ETIMEDOUT);
    CHECK(now(CLOCK_MONOTONIC) - begin >= 2000000);
    for (int real = 0; real < 2; real++) {
        int clock = real ? CLOCK_REALTIME : CLOCK_MONOTONIC;
        int op = FUTEX_WAIT_BITSET_PRIVATE | (real ? FUTEX_CLOCK_REALTIME : 0);
        long until = now(clock) + 2000000;
        t = (struct timespec){until / 1000000000, until % 1000000000};
        CHECK_EQ(futex(&word, op, 0, &t, nullptr, ~0u), -ETIMEDOUT);
        CHECK(now(clock) >= until);
        CHECK_EQ(futex(&word, op, 0, &t, nullptr, ~0u), -ETIMEDOUT);
    }
}

static void sleep_ns(long ns)
{
    struct timespec t = {0, ns};
    CHECK_EQ(call(SYS_nanosleep, &t, nullptr), 0);
}

CASE(futex, "a stop is no part of FUTEX_WAIT's time, which goes on")
{
    share();
    long begin = now(CLOCK_MONOTONIC);
    long pid = call(SYS_fork);
    if (pid == 0) {
        struct timespec second = {1, 0};
        bool ends = futex(&s->word, FUTEX_WAIT, 0, &second, nullptr, 0) == -ETIMEDOUT;
        syscall(SYS_exit_group, ends ? 0 : 1);
    }
    CHECK(pid > 0);
    sleep_ns(600000000);
    CHECK_EQ(call(SYS_kill, pid, SIGSTOP), 0);
    sleep_ns(100000000);
    CHECK_EQ(call(SYS_kill, pid, SIGCONT), 0);
    int status;
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    CHECK_EQ(status, 0);
    // Begun anew, it would have taken 1.7 seconds.
    CHECK(now(CLOCK_MONOTONIC) - begin < 1500000000);
    CHECK_EQ(call(SYS_munmap, s, 4096), 0);
}

CASE(futex, "private and shared words are two things")
{
    share();
    start_waiters(1, ~0u);
    CHECK_EQ(futex(&s->word, FUTEX_WAKE_PRIVATE, 100, nullptr, nullptr, 0), 0);
    wake_all(&s->word, FUTEX_WAKE, 0, 1);
    CHECK_EQ(call(SYS_munmap, s, 4096), 0);
}

CASE(futex, "errors")
{
    static uint32_t word;
    char *odd = (char *)&word + 1;
    struct timespec bad = {0, 1000000000};
    CHECK_EQ(futex(&word, FUTEX_WAIT, 1, nullptr, nullptr, 0), -EAGAIN);
    CHECK_EQ(futex((uint32_t *)odd, FUTEX_WAIT, 0, nullptr, nullptr, 0), -EINVAL);
    CHECK_EQ(futex((uint32_t *)odd, FUTEX_WAKE, 1, nullptr, nullptr, 0), -EINVAL);
    CHECK_EQ(futex((uint32_t *)nowhere, FUTEX_WAIT, 0, nullptr, nullptr, 0), -EFAULT);
    CHECK_EQ(futex((uint32_t *)nowhere, FUTEX_WAKE, 1, nullptr, nullptr, 0), -EFAULT);
    CHECK_EQ(futex(&word, FUTEX_WAIT, 0, nowhere, nullptr, 0), -EFAULT);
    CHECK_EQ(futex(&word, FUTEX_WAIT, 0, &bad, nullptr, 0), -EINVAL);
    CHECK_EQ(futex(&word, FUTEX_WAIT_BITSET, 0, nullptr, nullptr, 0), -EINVAL);
    CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET, 1, nullptr, nullptr, 0), -EINVAL);
    CHECK_EQ(futex(&word, FUTEX_REQUEUE, (uint32_t)-1, nullptr, &word, 0), -EINVAL);
    CHECK_EQ(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, nullptr, nullptr, 0), -ENOSYS);
    CHECK_EQ(futex(&word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 0, nullptr, nullptr, 0), -ENOSYS);
    CHECK_EQ(futex(&word, 99, 0, nullptr, nullptr, 0), -ENOSYS);
}
