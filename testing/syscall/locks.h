// SPDX-License-Identifier: Apache-2.0
// For cases of locks that lend priority.
#pragma once
#include "testing/syscall/signals.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>

constexpr int PRIVATE = FUTEX_PRIVATE_FLAG;
constexpr uint32_t NOBODY = 0x3ffffff0; // no thread has this number

[[maybe_unused]] static uint32_t word, other;

[[maybe_unused]] static long futex(uint32_t *at, int op, uint32_t value, void *timeout,
                                   uint32_t *to, uint32_t value3)
{
    return call(SYS_futex, at, op | PRIVATE, value, timeout, to, value3);
}

[[maybe_unused]] static long lock(uint32_t *at)
{
    return futex(at, FUTEX_LOCK_PI, 0, nullptr, nullptr, 0);
}
[[maybe_unused]] static long try_lock(uint32_t *at)
{
    return futex(at, FUTEX_TRYLOCK_PI, 0, nullptr, nullptr, 0);
}
[[maybe_unused]] static long unlock(uint32_t *at)
{
    return futex(at, FUTEX_UNLOCK_PI, 0, nullptr, nullptr, 0);
}
[[maybe_unused]] static uint32_t own(void) { return (uint32_t)call(SYS_gettid); }
[[maybe_unused]] static uint32_t get(uint32_t *at) { return __atomic_load_n(at, __ATOMIC_ACQUIRE); }
[[maybe_unused]] static void set(uint32_t *at, uint32_t value)
{
    __atomic_store_n(at, value, __ATOMIC_RELEASE);
}

[[maybe_unused]] static void pause_ns(long ns)
{
    struct timespec t = {0, ns};
    syscall(SYS_nanosleep, &t, nullptr);
}

[[maybe_unused]] static void await(uint32_t *at, uint32_t value)
{
    while (get(at) != value)
        pause_ns(100000);
}

[[maybe_unused]] static void await_waiters(uint32_t *at)
{
    while ((get(at) & FUTEX_WAITERS) == 0)
        pause_ns(100000);
}

[[maybe_unused]] static long now(int clock)
{
    struct timespec t;
    CHECK_EQ(call(SYS_clock_gettime, clock, &t), 0);
    return t.tv_sec * 1000000000 + t.tv_nsec;
}

[[maybe_unused]] static struct timespec in_time(int clock, long ns)
{
    long until = now(clock) + ns;
    return (struct timespec){until / 1000000000, until % 1000000000};
}

// Of the thread that was started last; and whether it is to go on. Atomic.
[[maybe_unused]] static uint32_t tid, go;

[[maybe_unused]] static pthread_t start(void *(*body)(void *), void *argument)
{
    pthread_t t;
    tid = 0;
    go = 0;
    CHECK_EQ(pthread_create(&t, nullptr, body, argument), 0);
    return t;
}

[[maybe_unused]] static void join(pthread_t t) { CHECK_EQ(pthread_join(t, nullptr), 0); }

[[maybe_unused]] static void *wait_plainly(void *)
{
    set(&tid, own());
    while (futex(&word, FUTEX_WAIT, get(&word), nullptr, nullptr, 0) != 0)
        ;
    return nullptr;
}

[[maybe_unused]] static volatile int handled;
[[maybe_unused]] static void handle(int, siginfo_t *, void *) { handled++; }
