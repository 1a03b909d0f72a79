// SPDX-License-Identifier: Apache-2.0
// Process groups and sessions, waiting for them, and signals to groups and to threads.
#include "testing/syscall/signals.h"
#include <pthread.h>
#include <sched.h>

// What parents and children tell each other.
static volatile struct {
    uint32_t at; // atomic: how far it has come
    long value[8];
} *s;

static void share(void)
{
    s = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(s != MAP_FAILED);
}

static void unshare_it(void) { CHECK_EQ(call(SYS_munmap, s, 4096), 0); }

static void reach(uint32_t at) { __atomic_store_n(&s->at, at, __ATOMIC_RELEASE); }

static void await_at(uint32_t at)
{
    while (__atomic_load_n(&s->at, __ATOMIC_ACQUIRE) < at)
        sched_yield();
}

// A child that lives until it is killed, in a group of its own or another's.
static long start_sleeper(long group)
{
    long pid = call(SYS_fork);
    if (pid == 0) {
        for (;;)
            pause();
    }
    CHECK_EQ(call(SYS_setpgid, pid, group), 0);
    return pid;
}

static void end(long pid)
{
    CHECK_EQ(call(SYS_kill, pid, SIGKILL), 0);
    CHECK_EQ(call(SYS_wait4, pid, nullptr, 0, nullptr), pid);
}

// ---- groups ------------------------------------------------------------------------------------

CASE(setpgid, "a child leads a group, another joins it")
{
    long own = call(SYS_getpgrp), a = start_sleeper(0);
    CHECK_EQ(call(SYS_getpgid, a), a);
    CHECK_EQ(call(SYS_getpgrp), own);
    CHECK_EQ(call(SYS_getpgid, 0), own);
    long b = start_sleeper(a);
    CHECK_EQ(call(SYS_getpgid, b), a);
    CHECK_EQ(call(SYS_setpgid, b, own), 0);
    CHECK_EQ(call(SYS_getpgid, b), own);
    end(a);
    end(b);
}

CASE(setpgid, "a group lives as long as somebody is in it")
{
    long a = start_sleeper(0), b = start_sleeper(a);
    end(a);
    CHECK_EQ(call(SYS_getpgid, b), a);
    CHECK_EQ(call(SYS_getpgid, a), -ESRCH);
    CHECK_EQ(call(SYS_kill, -a, 0), 0);
    end(b);
    CHECK_EQ(call(SYS_kill, -a, 0), -ESRCH);
}

CASE(setpgid, "errors")
{
    long a = start_sleeper(0);
    CHECK_EQ(call(SYS_setpgid, a, -1), -EINVAL);
    CHECK_EQ(call(SYS_setpgid, -1, 0), -EINVAL);
    CHECK_EQ(call(SYS_setpgid, -1, a), -ESRCH);
    CHECK_EQ(call(SYS_setpgid, 1 << 22, 0), -ESRCH);
    CHECK_EQ(call(SYS_setpgid, a, 1 << 22), -EPERM);
    end(a);
}

static void lead_session(void)
{
    long pid = call(SYS_getpid);
    CHECK_EQ(call(SYS_setsid), pid);
    CHECK_EQ(call(SYS_getsid, 0), pid);
    CHECK_EQ(call(SYS_getpgrp), pid);
    CHECK_EQ(call(SYS_setsid), -EPERM);
    CHECK_EQ(call(SYS_setpgid, 0, 0), -EPERM);
    long child = call(SYS_fork);
    if (child == 0)
        syscall(SYS_exit_group, call(SYS_getsid, 0) != pid || call(SYS_getpgrp) != pid);
    int status;
    CHECK_EQ(call(SYS_wait4, child, &status, 0, nullptr), child);
    CHECK_EQ(status, 0);
}

CASE(setsid, "a new session and group, which children inherit")
{
    CHECK_EQ(in_child(lead_session), 0);
}

static void be_member_of_another_session(void)
{
    reach(1);
    await_at(2);
}

CASE(setpgid, "not into another session, and nobody in one, and not its leader")
{
    share();
    long child = call(SYS_fork);
    if (child == 0) {
        CHECK_EQ(call(SYS_setsid), call(SYS_getpid));
        be_member_of_another_session();
        syscall(SYS_exit_group, 0);
    }
    await_at(1);
    CHECK_EQ(call(SYS_setpgid, child, 0), -EPERM);
    long other = start_sleeper(0);
    CHECK_EQ(call(SYS_setpgid, other, child), -EPERM);
    end(other);
    CHECK_EQ(call(SYS_getsid, child), child);
    reach(2);
    CHECK_EQ(call(SYS_wait4, child, nullptr, 0, nullptr), child);
    unshare_it();
}

CASE(getsid, "of nobody")
{
    CHECK_EQ(call(SYS_getsid, 1 << 22), -ESRCH);
    CHECK_EQ(call(SYS_getsid, -1), -ESRCH);
    CHECK_EQ(call(SYS_getsid, 0), call(SYS_getsid, call(SYS_getpid)));
}

CASE(getpgid, "of nobody")
{
    CHECK_EQ(call(SYS_getpgid, 1 << 22), -ESRCH);
    CHECK_EQ(call(SYS_getpgid, -5), -ESRCH);
}

CASE(getpgrp, "is getpgid of oneself") { CHECK_EQ(call(SYS_getpgrp), call(SYS_getpgid, getpid())); }

// ---- signals to groups -------------------------------------------------------------------------

CASE(kill, "a group's number below zero means all in it")
{
    int status;
    long a = start_sleeper(0), b = start_sleeper(a), c = start_sleeper(0);
    CHECK_EQ(call(SYS_kill, -a, SIGTERM), 0);
    CHECK_EQ(call(SYS_wait4, a, &status, 0, nullptr), a);
    CHECK_EQ(status, SIGTERM);
    CHECK_EQ(call(SYS_wait4, b, &status, 0, nullptr), b);
    CHECK_EQ(status, SIGTERM);
    CHECK_EQ(call(SYS_kill, c, 0), 0);
    end(c);
    CHECK_EQ(call(SYS_kill, -(1 << 22), SIGTERM), -ESRCH);
    CHECK_EQ(call(SYS_kill, INT32_MIN, SIGTERM), -ESRCH);
}

static void signal_own_group(void)
{
    CHECK_EQ(call(SYS_setpgid, 0, 0), 0);
    long child = call(SYS_fork);
    if (child == 0) {
        for (;;)
            pause();
    }
    count = 0;
    CHECK_EQ(act(SIGTERM, note, 0, 0), 0);
    CHECK_EQ(call(SYS_kill, 0, SIGTERM), 0);
    CHECK_EQ(count, 1);
    int status;
    CHECK_EQ(call(SYS_wait4, child, &status, 0, nullptr), child);
    CHECK_EQ(status, SIGTERM);
}

CASE(kill, "0 means the caller's group") { CHECK_EQ(in_child(signal_own_group), 0); }

// ---- waiting -----------------------------------------------------------------------------------

CASE(wait4, "0 and less name groups")
{
    int status;
    long a = start_sleeper(0), b = start_sleeper(a), c = start_sleeper(call(SYS_getpgrp));
    CHECK_EQ(call(SYS_kill, b, SIGKILL), 0);
    CHECK_EQ(call(SYS_wait4, -a, &status, 0, nullptr), b);
    CHECK_EQ(call(SYS_wait4, 0, &status, WNOHANG, nullptr), 0);
    CHECK_EQ(call(SYS_kill, c, SIGKILL), 0);
    CHECK_EQ(call(SYS_wait4, 0, &status, 0, nullptr), c);
    CHECK_EQ(call(SYS_wait4, 0, &status, 0, nullptr), -ECHILD);
    end(a);
    CHECK_EQ(call(SYS_wait4, -a, &status, 0, nullptr), -ECHILD);
    CHECK_EQ(call(SYS_wait4, INT32_MIN, &status, 0, nullptr), -ESRCH);
}

static void exit_six(void) { syscall(SYS_exit_group, 6); }

static long start(void (*body)(void))
{
    long pid = call(SYS_fork);
    if (pid == 0)
        body();
    return pid;
}

CASE(waitid, "an end: what siginfo says, and WNOWAIT leaves it")
{
    siginfo_t i = {};
    long pid = start(exit_six);
    CHECK_EQ(call(SYS_waitid, P_PID, pid, &i, WEXITED | WNOWAIT, nullptr), 0);
    CHECK_EQ(i.si_pid, pid);
    CHECK_EQ(i.si_signo, SIGCHLD);
    CHECK_EQ(i.si_code, CLD_EXITED);
    CHECK_EQ(i.si_status, 6);
    i = (siginfo_t){};
    CHECK_EQ(call(SYS_waitid, P_ALL, 0, &i, WEXITED, nullptr), 0);
    CHECK_EQ(i.si_pid, pid);
    CHECK_EQ(call(SYS_waitid, P_PID, pid, &i, WEXITED, nullptr), -ECHILD);
}

CASE(waitid, "stops, going on and a signal's end")
{
    siginfo_t i = {};
    long pid = start_sleeper(0);
    CHECK_EQ(call(SYS_waitid, P_PGID, pid, &i, WEXITED | WSTOPPED | WNOHANG, nullptr), 0);
    CHECK_EQ(i.si_pid, 0);
    CHECK_EQ(i.si_signo, 0);
    CHECK_EQ(call(SYS_kill, pid, SIGSTOP), 0);
    CHECK_EQ(call(SYS_waitid, P_PID, pid, &i, WSTOPPED, nullptr), 0);
    CHECK_EQ(i.si_code, CLD_STOPPED);
    CHECK_EQ(i.si_status, SIGSTOP);
    CHECK_EQ(call(SYS_kill, pid, SIGCONT), 0);
    CHECK_EQ(call(SYS_waitid, P_PID, pid, &i, WCONTINUED, nullptr), 0);
    CHECK_EQ(i.si_code, CLD_CONTINUED);
    CHECK_EQ(i.si_status, SIGCONT);
    CHECK_EQ(call(SYS_kill, pid, SIGKILL), 0);
    CHECK_EQ(call(SYS_waitid, P_PID, pid, &i, WEXITED, nullptr), 0);
    CHECK_EQ(i.si_code, CLD_KILLED);
    CHECK_EQ(i.si_status, SIGKILL);
}

CASE(waitid, "errors")
{
    siginfo_t i;
    CHECK_EQ(call(SYS_waitid, P_ALL, 0, &i, WEXITED, nullptr), -ECHILD);
    CHECK_EQ(call(SYS_waitid, P_ALL, 0, &i, 0, nullptr), -EINVAL);
    CHECK_EQ(call(SYS_waitid, P_ALL, 0, &i, WNOHANG, nullptr), -EINVAL);
    CHECK_EQ(call(SYS_waitid, P_ALL, 0, &i, WEXITED | 0x100, nullptr), -EINVAL);
    CHECK_EQ(call(SYS_waitid, P_PID, 0, &i, WEXITED, nullptr), -EINVAL);
    CHECK_EQ(call(SYS_waitid, P_PID, -1, &i, WEXITED, nullptr), -EINVAL);
    CHECK_EQ(call(SYS_waitid, 77, 1, &i, WEXITED, nullptr), -EINVAL);
    CHECK_EQ(call(SYS_waitid, P_PIDFD, 100, &i, WEXITED, nullptr), -EBADF);
    long pid = start(exit_six);
    CHECK_EQ(call(SYS_waitid, P_PID, pid, nowhere, WEXITED, nullptr), -EFAULT);
    CHECK_EQ(call(SYS_waitid, P_PID, pid, nullptr, WEXITED, nullptr), -ECHILD);
}

// ---- orphaned groups ---------------------------------------------------------------------------

static void hang_up(int, siginfo_t *, void *) { s->value[1]++; }

// Its parent, the only one of another group of the session, ends while it is stopped.
static void be_orphan(void)
{
    CHECK_EQ(act(SIGHUP, hang_up, 0, 0), 0);
    reach(1);
    while (s->value[1] == 0)
        sched_yield();
    // Nobody could have it go on: it does not stop.
    CHECK_EQ(call(SYS_kill, call(SYS_getpid), SIGTSTP), 0);
    reach(3);
    syscall(SYS_exit_group, 0);
}

static void leave_orphan(void)
{
    int status;
    // Whoever adopts the orphan is of another session then, on every machine.
    CHECK(call(SYS_setsid) > 0);
    long child = call(SYS_fork);
    if (child == 0)
        be_orphan();
    CHECK_EQ(call(SYS_setpgid, child, child), 0);
    await_at(1);
    CHECK_EQ(call(SYS_kill, child, SIGSTOP), 0);
    CHECK_EQ(call(SYS_wait4, child, &status, WUNTRACED, nullptr), child);
    CHECK_EQ(status, SIGSTOP << 8 | 0x7f);
    s->value[0] = child;
}

CASE(setpgid, "an orphaned group that has stopped is sent SIGHUP and SIGCONT")
{
    share();
    CHECK_EQ(in_child(leave_orphan), 0);
    await_at(3);
    CHECK_EQ(s->value[1], 1);
    if (call(SYS_getpid) == 1)
        CHECK_EQ(call(SYS_wait4, -1, nullptr, 0, nullptr), s->value[0]);
    unshare_it();
}

// ---- signals and threads -----------------------------------------------------------------------

static uint32_t blocker_at, let_go;

static void *block_and_wait(void *)
{
    mask(SIG_BLOCK, bit(SIGUSR1));
    __atomic_store_n(&blocker_at, (uint32_t)call(SYS_gettid), __ATOMIC_RELEASE);
    while (__atomic_load_n(&let_go, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
    return nullptr;
}

static pthread_t start_blocker(void)
{
    pthread_t t;
    blocker_at = let_go = 0;
    CHECK_EQ(pthread_create(&t, nullptr, block_and_wait, nullptr), 0);
    while (__atomic_load_n(&blocker_at, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
    return t;
}

static void stop_blocker(pthread_t t)
{
    __atomic_store_n(&let_go, 1, __ATOMIC_RELEASE);
    CHECK_EQ(pthread_join(t, nullptr), 0);
}

static volatile long handled_by;

static void note_thread(int, siginfo_t *, void *)
{
    handled_by = syscall(SYS_gettid);
    count++;
}

CASE(kill, "a thread that does not block it gets it")
{
    pthread_t t = start_blocker();
    count = 0;
    CHECK_EQ(act(SIGUSR1, note_thread, 0, 0), 0);
    CHECK_EQ(self(SIGUSR1), 0);
    CHECK_EQ(count, 1);
    CHECK_EQ(handled_by, call(SYS_gettid));
    stop_blocker(t);
    CHECK_EQ(set_default(SIGUSR1), 0);
}

static void *take_signal(void *)
{
    __atomic_store_n(&blocker_at, (uint32_t)call(SYS_gettid), __ATOMIC_RELEASE);
    while (count == 0)
        sched_yield();
    return nullptr;
}

CASE(rt_sigprocmask, "what one thread was to handle, and blocks, is another's")
{
    pthread_t t;
    count = 0;
    blocker_at = 0;
    CHECK_EQ(act(SIGUSR1, note_thread, 0, 0), 0);
    mask(SIG_BLOCK, bit(SIGUSR1));
    CHECK_EQ(self(SIGUSR1), 0);
    CHECK_EQ(pending(), bit(SIGUSR1));
    mask(SIG_UNBLOCK, 0);
    CHECK_EQ(pthread_create(&t, nullptr, take_signal, nullptr), 0);
    while (__atomic_load_n(&blocker_at, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
    // The thread has inherited the mask; it waits for all of them until one unblocks.
    CHECK_EQ(count, 0);
    mask(SIG_UNBLOCK, bit(SIGUSR1));
    CHECK_EQ(count, 1);
    CHECK_EQ(pthread_join(t, nullptr), 0);
    CHECK_EQ(pending(), 0);
    CHECK_EQ(set_default(SIGUSR1), 0);
}

CASE(tgkill, "a thread's signals are its own")
{
    pthread_t t = start_blocker();
    count = 0;
    CHECK_EQ(act(SIGUSR1, note_thread, 0, 0), 0);
    CHECK_EQ(call(SYS_tgkill, getpid(), blocker_at, SIGUSR1), 0);
    CHECK_EQ(count, 0);
    CHECK_EQ(pending(), 0);
    CHECK_EQ(call(SYS_tgkill, 1 << 22, blocker_at, SIGUSR1), -ESRCH);
    CHECK_EQ(call(SYS_tgkill, getpid(), call(SYS_gettid), SIGUSR1), 0);
    CHECK_EQ(count, 1);
    stop_blocker(t);
    CHECK_EQ(count, 1);
    CHECK_EQ(set_default(SIGUSR1), 0);
}

static void *spin(void *)
{
    for (;;)
        s->value[2]++;
    return nullptr;
}

static void be_threads(void)
{
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], nullptr, spin, nullptr);
    while (s->value[2] == 0)
        sched_yield();
    reach(1);
    for (;;)
        pause();
}

CASE(kill, "all threads of a process stop, go on and end")
{
    share();
    int status;
    long pid = start(be_threads);
    await_at(1);
    CHECK_EQ(call(SYS_kill, pid, SIGSTOP), 0);
    CHECK_EQ(call(SYS_wait4, pid, &status, WUNTRACED, nullptr), pid);
    CHECK_EQ(status, SIGSTOP << 8 | 0x7f);
    long before = s->value[2];
    for (int i = 0; i < 100; i++)
        sched_yield();
    CHECK_EQ(s->value[2], before);
    CHECK_EQ(call(SYS_kill, pid, SIGCONT), 0);
    CHECK_EQ(call(SYS_wait4, pid, &status, WCONTINUED, nullptr), pid);
    CHECK_EQ(status, 0xffff);
    while (s->value[2] == before)
        sched_yield();
    CHECK_EQ(call(SYS_kill, pid, SIGTERM), 0);
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    CHECK_EQ(status, SIGTERM);
    unshare_it();
}

static void *touch_nothing(void *)
{
    *(volatile char *)nowhere = 1;
    return nullptr;
}

static void fault_in_thread(void)
{
    pthread_t t;
    pthread_create(&t, nullptr, touch_nothing, nullptr);
    for (;;)
        pause();
}

CASE(exit_group, "what ends one thread by its default action ends all")
{
    CHECK_EQ(in_child(fault_in_thread) & 0x7f, SIGSEGV);
}
