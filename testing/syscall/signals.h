// SPDX-License-Identifier: Apache-2.0
// For cases of signals: the calls themselves, past the C library, which keeps two signals to
// itself.
#pragma once
#include "testing/syscall/check.h"
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

// As the kernel has it.
struct action {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

constexpr unsigned long RESTORER = 0x04000000;

void restore(void);
__asm__("restore: mov $15, %eax; syscall");

[[maybe_unused]] static long act(int signal, void (*handler)(int, siginfo_t *, void *),
                                 unsigned long flags, uint64_t mask)
{
    struct action a = {handler, flags | RESTORER | SA_SIGINFO, restore, mask};
    return call(SYS_rt_sigaction, signal, &a, nullptr, 8);
}

[[maybe_unused]] static long set_default(int signal)
{
    struct action a = {};
    return call(SYS_rt_sigaction, signal, &a, nullptr, 8);
}

[[maybe_unused]] static uint64_t bit(int signal) { return 1ull << (signal - 1); }

[[maybe_unused]] static uint64_t mask(int how, uint64_t set)
{
    uint64_t before = 0;
    CHECK_EQ(call(SYS_rt_sigprocmask, how, &set, &before, 8), 0);
    return before;
}

[[maybe_unused]] static uint64_t pending(void)
{
    uint64_t set = 0;
    CHECK_EQ(call(SYS_rt_sigpending, &set, 8), 0);
    return set;
}

[[maybe_unused]] static long self(int signal) { return call(SYS_kill, getpid(), signal); }

static volatile int caught[16], count;
static siginfo_t info;
static volatile uint64_t mask_inside;

[[maybe_unused]] static void note(int signal, siginfo_t *i, void *)
{
    if (count < 16)
        caught[count++] = signal;
    info = *i;
    uint64_t none = 0, now = 0;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &none, &now, 8);
    mask_inside = now;
}
