// SPDX-License-Identifier: Apache-2.0
// Limits of what a process uses, and that they are kept.
#include "testing/syscall/signals.h"
#include <sys/resource.h>

struct limit {
    uint64_t soft, hard;
};

static struct limit now(int resource)
{
    struct limit l = {};
    CHECK_EQ(call(SYS_prlimit64, 0, resource, nullptr, &l), 0);
    return l;
}

// The hard one stays: not everybody may raise it again.
static long set(int resource, uint64_t soft)
{
    struct limit l = {soft, now(resource).hard};
    return call(SYS_prlimit64, 0, resource, &l, nullptr);
}

static void inherited(void) { CHECK_EQ(now(RLIMIT_NOFILE).soft, 17); }

static void set_and_fork(void)
{
    struct limit l, old = {};
    CHECK_EQ(call(SYS_getrlimit, RLIMIT_NOFILE, &l), 0);
    l.soft = 17;
    CHECK_EQ(call(SYS_prlimit64, 0, RLIMIT_NOFILE, &l, &old), 0);
    CHECK_EQ(old.hard, l.hard);
    CHECK_EQ(now(RLIMIT_NOFILE).soft, 17);
    l.soft = 18;
    CHECK_EQ(call(SYS_setrlimit, RLIMIT_NOFILE, &l), 0);
    CHECK_EQ(now(RLIMIT_NOFILE).soft, 18);
    CHECK_EQ(set(RLIMIT_NOFILE, 17), 0);
    CHECK_EQ(in_child(inherited), 0);
}

CASE(prlimit64, "are set, told and inherited") { CHECK_EQ(in_child(set_and_fork), 0); }

CASE(getrlimit, "the soft one is at most the hard one")
{
    struct limit l;
    for (int i = 0; i < 16; i++) {
        CHECK_EQ(call(SYS_getrlimit, i, &l), 0);
        CHECK(l.soft <= l.hard);
    }
    CHECK_EQ(call(SYS_getrlimit, 16, &l), -EINVAL);
    CHECK_EQ(call(SYS_getrlimit, RLIMIT_NOFILE, nowhere), -EFAULT);
}

CASE(setrlimit, "errors")
{
    struct limit l = {10, 5};
    CHECK_EQ(call(SYS_setrlimit, RLIMIT_NOFILE, &l), -EINVAL);
    CHECK_EQ(call(SYS_setrlimit, 16, &l), -EINVAL);
    CHECK_EQ(call(SYS_setrlimit, RLIMIT_NOFILE, nowhere), -EFAULT);
}

CASE(prlimit64, "errors")
{
    struct limit l;
    CHECK_EQ(call(SYS_prlimit64, 1 << 22, RLIMIT_NOFILE, nullptr, &l), -ESRCH);
    CHECK_EQ(call(SYS_prlimit64, 0, 16, nullptr, &l), -EINVAL);
    CHECK_EQ(call(SYS_prlimit64, 0, RLIMIT_NOFILE, nowhere, nullptr), -EFAULT);
    CHECK_EQ(call(SYS_prlimit64, 0, RLIMIT_NOFILE, nullptr, nowhere), -EFAULT);
}

static long map(size_t size, int prot)
{
    return call(SYS_mmap, nullptr, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

constexpr size_t MB = 1 << 20;

static void little_space(void)
{
    CHECK_EQ(set(RLIMIT_AS, 64 * MB), 0);
    CHECK_EQ(map(65 * MB, PROT_READ), -ENOMEM);
    long at = map(MB, PROT_READ);
    CHECK(at > 0);
    // In place of what is there it adds nothing.
    CHECK_EQ(call(SYS_mmap, at, MB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), at);
}

CASE(mmap, "RLIMIT_AS") { CHECK_EQ(in_child(little_space), 0); }

static void little_data(void)
{
    CHECK_EQ(set(RLIMIT_DATA, 8 * MB), 0);
    CHECK_EQ(map(9 * MB, PROT_READ | PROT_WRITE), -ENOMEM);
    CHECK(map(9 * MB, PROT_READ) > 0);
    long brk = call(SYS_brk, 0);
    CHECK_EQ(call(SYS_brk, brk + 9 * (long)MB), brk);
    CHECK_EQ(call(SYS_brk, brk + 4096), brk + 4096);
}

CASE(brk, "RLIMIT_DATA, of which only what may be written to is part")
{
    CHECK_EQ(in_child(little_data), 0);
}

// Not inlined: the stack would grow before the limit is set.
[[gnu::noinline]] static void use_stack(void)
{
    char big[MB];
    // All of it is there, whatever the compiler thinks.
    __asm__ volatile("movb $1, (%0)" ::"r"(big) : "memory");
    CHECK_EQ(big[0], 1);
}

static void little_stack(void)
{
    CHECK_EQ(set(RLIMIT_STACK, MB / 2), 0);
    use_stack();
}

CASE(prlimit64, "RLIMIT_STACK: beyond it there is SIGSEGV")
{
    CHECK_EQ(in_child(use_stack), 0);
    CHECK_EQ(in_child(little_stack) & 0x7f, SIGSEGV);
}

static void few_signals(void)
{
    union sigval value = {.sival_int = 1};
    siginfo_t i = {.si_signo = 40, .si_code = SI_QUEUE, .si_value = value};
    mask(SIG_BLOCK, bit(40));
    CHECK_EQ(set(RLIMIT_SIGPENDING, 0), 0);
    CHECK_EQ(call(SYS_rt_sigqueueinfo, getpid(), 40, &i), -EAGAIN);
    // A standard one needs no room.
    mask(SIG_BLOCK, bit(SIGUSR1));
    CHECK_EQ(self(SIGUSR1), 0);
    CHECK_EQ(pending(), bit(SIGUSR1));
}

CASE(rt_sigqueueinfo, "RLIMIT_SIGPENDING") { CHECK_EQ(in_child(few_signals), 0); }
