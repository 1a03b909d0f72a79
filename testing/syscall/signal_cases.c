// SPDX-License-Identifier: Apache-2.0
// sigaction(2), kill(2), sigprocmask(2) and what belongs to them.
#include "testing/syscall/signals.h"

CASE(rt_sigaction, "a handler runs, with its own signal and its mask blocked")
{
    count = 0;
    CHECK_EQ(act(SIGUSR1, note, 0, bit(SIGUSR2)), 0);
    CHECK_EQ(self(SIGUSR1), 0);
    CHECK_EQ(count, 1);
    CHECK_EQ(caught[0], SIGUSR1);
    CHECK_EQ(mask_inside, bit(SIGUSR1) | bit(SIGUSR2));
    CHECK_EQ(mask(SIG_BLOCK, 0), 0);
    CHECK_EQ(info.si_signo, SIGUSR1);
    CHECK_EQ(info.si_code, SI_USER);
    CHECK_EQ(info.si_pid, getpid());
    CHECK_EQ(set_default(SIGUSR1), 0);
}

CASE(rt_sigaction, "SA_NODEFER and SA_RESETHAND")
{
    struct action now;
    CHECK_EQ(act(SIGUSR1, note, SA_NODEFER | SA_RESETHAND, 0), 0);
    CHECK_EQ(self(SIGUSR1), 0);
    CHECK_EQ(mask_inside, 0);
    CHECK_EQ(call(SYS_rt_sigaction, SIGUSR1, nullptr, &now, 8), 0);
    CHECK(now.handler == nullptr);
}

CASE(rt_sigaction, "what was set is what is told")
{
    struct action a = {note, SA_RESTART | SA_SIGINFO | RESTORER, restore, 0xff00}, now = {};
    CHECK_EQ(call(SYS_rt_sigaction, SIGHUP, &a, nullptr, 8), 0);
    CHECK_EQ(call(SYS_rt_sigaction, SIGHUP, nullptr, &now, 8), 0);
    CHECK(now.handler == note && now.restorer == restore);
    CHECK_EQ(now.flags, a.flags);
    // SIGKILL is in no mask.
    CHECK_EQ(now.mask, 0xfe00 & ~bit(SIGKILL) & ~bit(SIGSTOP));
    CHECK_EQ(set_default(SIGHUP), 0);
}

CASE(rt_sigaction, "errors")
{
    struct action a = {};
    CHECK_EQ(call(SYS_rt_sigaction, 0, &a, nullptr, 8), -EINVAL);
    CHECK_EQ(call(SYS_rt_sigaction, 65, &a, nullptr, 8), -EINVAL);
    CHECK_EQ(call(SYS_rt_sigaction, SIGKILL, &a, nullptr, 8), -EINVAL);
    CHECK_EQ(call(SYS_rt_sigaction, SIGSTOP, &a, nullptr, 8), -EINVAL);
    CHECK_EQ(call(SYS_rt_sigaction, SIGHUP, &a, nullptr, 4), -EINVAL);
    CHECK_EQ(call(SYS_rt_sigaction, SIGHUP, nowhere, nullptr, 8), -EFAULT);
    CHECK_EQ(call(SYS_rt_sigaction, SIGHUP, nullptr, nowhere, 8), -EFAULT);
}

CASE(rt_sigprocmask, "what is blocked waits, and comes once")
{
    count = 0;
    CHECK_EQ(act(SIGUSR1, note, 0, 0), 0);
    CHECK_EQ(mask(SIG_BLOCK, bit(SIGUSR1)), 0);
    CHECK_EQ(self(SIGUSR1), 0);
    CHECK_EQ(self(SIGUSR1), 0);
    CHECK_EQ(count, 0);
    CHECK_EQ(pending(), bit(SIGUSR1));
    CHECK_EQ(mask(SIG_UNBLOCK, bit(SIGUSR1)), bit(SIGUSR1));
    CHECK_EQ(count, 1);
    CHECK_EQ(pending(), 0);
    CHECK_EQ(mask(SIG_SETMASK, ~0ull), 0);
    CHECK_EQ(mask(SIG_SETMASK, 0), ~bit(SIGKILL) & ~bit(SIGSTOP));
    CHECK_EQ(set_default(SIGUSR1), 0);
}

CASE(rt_sigprocmask, "errors")
{
    uint64_t set = 0;
    CHECK_EQ(call(SYS_rt_sigprocmask, 99, &set, nullptr, 8), -EINVAL);
    CHECK_EQ(call(SYS_rt_sigprocmask, SIG_BLOCK, &set, nullptr, 4), -EINVAL);
    CHECK_EQ(call(SYS_rt_sigprocmask, SIG_BLOCK, nowhere, nullptr, 8), -EFAULT);
    CHECK_EQ(call(SYS_rt_sigprocmask, SIG_BLOCK, nullptr, nowhere, 8), -EFAULT);
}

CASE(rt_sigpending, "errors")
{
    uint64_t set;
    CHECK_EQ(call(SYS_rt_sigpending, &set, 16), -EINVAL);
    CHECK_EQ(call(SYS_rt_sigpending, nowhere, 8), -EFAULT);
}

static siginfo_t queued(int value)
{
    siginfo_t i = {};
    i.si_code = SI_QUEUE;
    i.si_pid = getpid();
    i.si_value.sival_int = value;
    return i;
}

CASE(rt_sigqueueinfo, "real-time signals queue and bring their values")
{
    count = 0;
    CHECK_EQ(act(40, note, 0, 0), 0);
    mask(SIG_BLOCK, bit(40));
    for (int i = 1; i <= 3; i++) {
        siginfo_t one = queued(i);
        CHECK_EQ(call(SYS_rt_sigqueueinfo, getpid(), 40, &one), 0);
    }
    mask(SIG_UNBLOCK, bit(40));
    CHECK_EQ(count, 3);
    CHECK_EQ(info.si_code, SI_QUEUE);
    // Each is blocked while another of them runs.
    CHECK_EQ(info.si_value.sival_int, 3);
    CHECK_EQ(set_default(40), 0);
}

CASE(rt_sigqueueinfo, "errors")
{
    siginfo_t i = queued(0);
    CHECK_EQ(call(SYS_rt_sigqueueinfo, getpid(), 65, &i), -EINVAL);
    CHECK_EQ(call(SYS_rt_sigqueueinfo, 1 << 22, 40, &i), -ESRCH);
    CHECK_EQ(call(SYS_rt_sigqueueinfo, getpid(), 40, nowhere), -EFAULT);
    i.si_code = SI_USER;
    CHECK_EQ(call(SYS_rt_sigqueueinfo, 1 << 22, 40, &i), -EPERM);
}

CASE(rt_tgsigqueueinfo, "as its kin, for one thread")
{
    siginfo_t i = queued(5);
    count = 0;
    CHECK_EQ(act(41, note, 0, 0), 0);
    CHECK_EQ(call(SYS_rt_tgsigqueueinfo, getpid(), getpid(), 41, &i), 0);
    CHECK_EQ(count, 1);
    CHECK_EQ(info.si_value.sival_int, 5);
    CHECK_EQ(call(SYS_rt_tgsigqueueinfo, 0, getpid(), 41, &i), -EINVAL);
    CHECK_EQ(call(SYS_rt_tgsigqueueinfo, getpid(), 1 << 22, 41, &i), -ESRCH);
    CHECK_EQ(set_default(41), 0);
}

static void suicide_by_term(void) { self(SIGTERM); }
static void suicide_by_kill(void) { self(SIGKILL); }
static void ignores_term(void)
{
    struct action a = {.handler = (void (*)(int, siginfo_t *, void *))1};
    CHECK_EQ(call(SYS_rt_sigaction, SIGTERM, &a, nullptr, 8), 0);
    CHECK_EQ(self(SIGTERM), 0);
}

CASE(kill, "the default is the end, or nothing")
{
    CHECK_EQ(in_child(suicide_by_term) & 0x7f, SIGTERM);
    CHECK_EQ(in_child(suicide_by_kill) & 0x7f, SIGKILL);
    CHECK_EQ(in_child(ignores_term), 0);
    CHECK_EQ(self(SIGCHLD), 0);
    CHECK_EQ(self(SIGCONT), 0);
}

CASE(kill, "ends another that sleeps, and one that runs")
{
    for (int sleeps = 0; sleeps < 2; sleeps++) {
        long pid = call(SYS_fork);
        if (pid == 0) {
            if (sleeps)
                syscall(SYS_pause);
            for (;;)
                ;
        }
        int status;
        struct timespec t = {0, 2000000};
        syscall(SYS_nanosleep, &t, nullptr);
        CHECK_EQ(call(SYS_kill, pid, SIGKILL), 0);
        CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
        CHECK_EQ(status & 0x7f, SIGKILL);
    }
}

CASE(kill, "errors")
{
    CHECK_EQ(self(65), -EINVAL);
    CHECK_EQ(self(-1), -EINVAL);
    CHECK_EQ(self(0), 0);
    CHECK_EQ(call(SYS_kill, 1 << 22, SIGTERM), -ESRCH);
    CHECK_EQ(call(SYS_kill, -(1 << 22), SIGTERM), -ESRCH);
}

CASE(tkill, "to a thread")
{
    count = 0;
    CHECK_EQ(act(SIGUSR2, note, 0, 0), 0);
    CHECK_EQ(call(SYS_tkill, getpid(), SIGUSR2), 0);
    CHECK_EQ(count, 1);
    CHECK_EQ(info.si_code, SI_TKILL);
    CHECK_EQ(call(SYS_tkill, 0, SIGUSR2), -EINVAL);
    CHECK_EQ(call(SYS_tkill, 1 << 22, SIGUSR2), -ESRCH);
    CHECK_EQ(set_default(SIGUSR2), 0);
}

CASE(tgkill, "to a thread of a process")
{
    count = 0;
    CHECK_EQ(act(SIGUSR2, note, 0, 0), 0);
    CHECK_EQ(call(SYS_tgkill, getpid(), getpid(), SIGUSR2), 0);
    CHECK_EQ(count, 1);
    CHECK_EQ(call(SYS_tgkill, -1, getpid(), SIGUSR2), -EINVAL);
    CHECK_EQ(call(SYS_tgkill, getpid(), 1 << 22, SIGUSR2), -ESRCH);
    CHECK_EQ(call(SYS_tgkill, getpid(), getpid(), 65), -EINVAL);
    CHECK_EQ(set_default(SIGUSR2), 0);
}

// ---- interrupted calls ----

static void wake_parent(long parent, int signal, long after_ns)
{
    struct timespec t = {0, after_ns};
    if (call(SYS_fork) != 0)
        return;
    syscall(SYS_nanosleep, &t, nullptr);
    syscall(SYS_kill, parent, signal);
    syscall(SYS_exit_group, 0);
}

CASE(pause, "ends when a handler has run")
{
    count = 0;
    CHECK_EQ(act(SIGUSR1, note, SA_RESTART, 0), 0);
    mask(SIG_BLOCK, bit(SIGUSR1));
    wake_parent(getpid(), SIGUSR1, 0);
    // Not pause(2), before which the signal might come.
    uint64_t none = 0;
    CHECK_EQ(call(SYS_rt_sigsuspend, &none, 8), -EINTR);
    CHECK_EQ(count, 1);
    CHECK_EQ(mask(SIG_SETMASK, 0), bit(SIGUSR1));
    CHECK(call(SYS_wait4, -1, nullptr, 0, nullptr) > 0);
    wake_parent(getpid(), SIGUSR1, 5000000);
    while (count == 1)
        CHECK_EQ(call(SYS_pause), -EINTR);
    CHECK(call(SYS_wait4, -1, nullptr, 0, nullptr) > 0);
    CHECK_EQ(set_default(SIGUSR1), 0);
}

CASE(rt_sigsuspend, "errors")
{
    CHECK_EQ(call(SYS_rt_sigsuspend, nowhere, 8), -EFAULT);
    CHECK_EQ(call(SYS_rt_sigsuspend, nowhere, 4), -EINVAL);
}

CASE(restart_syscall, "without a call to go on with it is EINTR")
{
    CHECK_EQ(call(SYS_restart_syscall), -EINTR);
}

CASE(rt_sigaction, "SA_RESTART makes a call again, without it EINTR is told")
{
    for (int restart = 0; restart < 2; restart++) {
        count = 0;
        CHECK_EQ(act(SIGUSR1, note, restart ? SA_RESTART : 0, 0), 0);
        long parent = getpid(), sleeper = call(SYS_fork);
        if (sleeper == 0) {
            struct timespec t = {0, 4000000};
            syscall(SYS_nanosleep, &t, nullptr);
            syscall(SYS_kill, parent, SIGUSR1);
            syscall(SYS_nanosleep, &t, nullptr);
            syscall(SYS_exit_group, 0);
        }
        long got = call(SYS_wait4, sleeper, nullptr, 0, nullptr);
        CHECK_EQ(got, restart ? sleeper : -EINTR);
        CHECK_EQ(count, 1);
        if (got != sleeper)
            CHECK_EQ(call(SYS_wait4, sleeper, nullptr, 0, nullptr), sleeper);
    }
    CHECK_EQ(set_default(SIGUSR1), 0);
}

CASE(nanosleep, "a signal ends it, and the rest is told")
{
    struct timespec t = {100, 0}, rest = {};
    count = 0;
    CHECK_EQ(act(SIGUSR1, note, SA_RESTART, 0), 0);
    wake_parent(getpid(), SIGUSR1, 3000000);
    CHECK_EQ(call(SYS_nanosleep, &t, &rest), -EINTR);
    CHECK(rest.tv_sec >= 90 && rest.tv_sec < 100);
    CHECK(call(SYS_wait4, -1, nullptr, 0, nullptr) > 0);
    CHECK_EQ(set_default(SIGUSR1), 0);
}

// ---- children ----

CASE(rt_sigaction, "SIGCHLD tells of a child's end")
{
    count = 0;
    CHECK_EQ(act(SIGCHLD, note, SA_RESTART, 0), 0);
    long pid = call(SYS_fork);
    if (pid == 0)
        syscall(SYS_exit_group, 9);
    CHECK_EQ(call(SYS_wait4, pid, nullptr, 0, nullptr), pid);
    while (count == 0)
        syscall(SYS_sched_yield);
    CHECK_EQ(info.si_code, CLD_EXITED);
    CHECK_EQ(info.si_pid, pid);
    CHECK_EQ(info.si_status, 9);
    CHECK_EQ(set_default(SIGCHLD), 0);
}

CASE(rt_sigaction, "children of who ignores SIGCHLD leave nothing to wait for")
{
    struct action ignore = {.handler = (void (*)(int, siginfo_t *, void *))1};
    CHECK_EQ(call(SYS_rt_sigaction, SIGCHLD, &ignore, nullptr, 8), 0);
    if (call(SYS_fork) == 0)
        syscall(SYS_exit_group, 0);
    CHECK_EQ(call(SYS_wait4, -1, nullptr, 0, nullptr), -ECHILD);
    CHECK_EQ(set_default(SIGCHLD), 0);
}

CASE(wait4, "tells of stops and of going on, once each")
{
    int status;
    long pid = call(SYS_fork);
    if (pid == 0)
        for (;;)
            syscall(SYS_pause);
    CHECK_EQ(call(SYS_kill, pid, SIGSTOP), 0);
    CHECK_EQ(call(SYS_wait4, pid, &status, WUNTRACED, nullptr), pid);
    CHECK_EQ(status, 0x7f | SIGSTOP << 8);
    CHECK_EQ(call(SYS_wait4, pid, &status, WUNTRACED | WNOHANG, nullptr), 0);
    CHECK_EQ(call(SYS_kill, pid, SIGCONT), 0);
    CHECK_EQ(call(SYS_wait4, pid, &status, WCONTINUED, nullptr), pid);
    CHECK_EQ(status, 0xffff);
    CHECK_EQ(call(SYS_kill, pid, SIGSTOP), 0);
    CHECK_EQ(call(SYS_kill, pid, SIGKILL), 0);
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    CHECK_EQ(status & 0x7f, SIGKILL);
}

// ---- waiting ----

CASE(rt_sigtimedwait, "takes one that waits, and one that comes")
{
    siginfo_t i = {};
    uint64_t set = bit(SIGUSR1) | bit(SIGUSR2);
    mask(SIG_BLOCK, set);
    CHECK_EQ(self(SIGUSR2), 0);
    CHECK_EQ(call(SYS_rt_sigtimedwait, &set, &i, nullptr, 8), SIGUSR2);
    CHECK_EQ(i.si_pid, getpid());
    wake_parent(getpid(), SIGUSR1, 2000000);
    CHECK_EQ(call(SYS_rt_sigtimedwait, &set, &i, nullptr, 8), SIGUSR1);
    CHECK_EQ(pending() & set, 0);
    CHECK(call(SYS_wait4, -1, nullptr, 0, nullptr) > 0);
    struct timespec t = {0, 1000000};
    CHECK_EQ(call(SYS_rt_sigtimedwait, &set, &i, &t, 8), -EAGAIN);
    mask(SIG_SETMASK, 0);
}

CASE(rt_sigtimedwait, "errors")
{
    uint64_t set = bit(SIGUSR1);
    struct timespec bad = {0, -1};
    CHECK_EQ(call(SYS_rt_sigtimedwait, &set, nullptr, nullptr, 4), -EINVAL);
    CHECK_EQ(call(SYS_rt_sigtimedwait, nowhere, nullptr, nullptr, 8), -EFAULT);
    CHECK_EQ(call(SYS_rt_sigtimedwait, &set, nullptr, &bad, 8), -EINVAL);
}
