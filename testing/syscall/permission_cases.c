// SPDX-License-Identifier: Apache-2.0
// What one user may do to another's processes: signals, scheduling, limits.
#include "testing/syscall/caps.h"
#include <linux/kcmp.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

static void rest(void)
{
    struct timespec ms = {0, 1'000'000};
    nanosleep(&ms, nullptr);
}

// A word that children share.
static volatile int *board(void)
{
    static volatile int *words;
    if (words == nullptr)
        words = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return words;
}

// A child of user `id` that waits for signals.
static int start(uint32_t id)
{
    volatile int *word = board();
    *word = 0;
    int pid = (int)call(SYS_fork);
    if (pid == 0) {
        become(id);
        *word = 1;
        for (;;)
            call(SYS_pause);
    }
    while (*word == 0)
        rest();
    return pid;
}

// Ends one that we may not signal any more, by a parent that is root still.
static void stop(int pid)
{
    int status = -1;
    CHECK_EQ(call(SYS_kill, pid, SIGKILL), 0);
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
}

// Those that each case has: one of the same user, and another.
static int same, other;

static void with_others(void (*body)(void))
{
    if (!is_privileged())
        return;
    same = start(ONE);
    other = start(OTHER);
    CHECK_EQ(in_child(body), 0);
    stop(same);
    stop(other);
}

// ---- signals -----------------------------------------------------------------------------------

static void send(void)
{
    siginfo_t i = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
    become(ONE);
    CHECK_EQ(call(SYS_kill, same, 0), 0);
    CHECK_EQ(call(SYS_kill, other, 0), -EPERM);
    CHECK_EQ(call(SYS_kill, other, SIGKILL), -EPERM);
    CHECK_EQ(call(SYS_tkill, same, 0), 0);
    CHECK_EQ(call(SYS_tkill, other, SIGKILL), -EPERM);
    CHECK_EQ(call(SYS_tgkill, other, other, 0), -EPERM);
    CHECK_EQ(call(SYS_tgkill, other, other, SIGKILL), -EPERM);
    CHECK_EQ(call(SYS_rt_sigqueueinfo, other, SIGKILL, &i), -EPERM);
    CHECK_EQ(call(SYS_rt_tgsigqueueinfo, other, other, SIGKILL, &i), -EPERM);
    CHECK_EQ(call(SYS_kill, other, 65), -EINVAL);
    // Whoever is in the session may have it go on.
    CHECK_EQ(call(SYS_kill, other, SIGCONT), 0);
    CHECK_EQ(call(SYS_setsid) > 0, true);
    CHECK_EQ(call(SYS_kill, other, SIGCONT), -EPERM);
    CHECK_EQ(call(SYS_kill, same, SIGCONT), 0);
}

CASE(kill, "only who is the same, or of the session for SIGCONT") { with_others(send); }
CASE(tkill, "only who is the same") { with_others(send); }
CASE(tgkill, "only who is the same") { with_others(send); }
CASE(rt_sigqueueinfo, "only who is the same") { with_others(send); }
CASE(rt_tgsigqueueinfo, "only who is the same") { with_others(send); }

// The real and the effective user of the sender, the real and the saved of the receiver.
static void send_as(void)
{
    CHECK_EQ(call(SYS_setresuid, THIRD, ONE, THIRD), 0);
    CHECK_EQ(call(SYS_kill, same, 0), 0);
    CHECK_EQ(call(SYS_kill, other, 0), -EPERM);
    CHECK_EQ(call(SYS_setresuid, THIRD, THIRD, ONE), 0); // the saved one does not count
    CHECK_EQ(call(SYS_kill, same, 0), -EPERM);
}

static void send_with_cap(void)
{
    CHECK_EQ(control(PR_SET_KEEPCAPS, 1), 0);
    CHECK_EQ(call(SYS_setresuid, THIRD, THIRD, THIRD), 0);
    CHECK_EQ(call(SYS_kill, other, 0), -EPERM);
    CHECK_EQ(set_caps(cap(CAP_KILL), cap(CAP_KILL), 0), 0);
    CHECK_EQ(call(SYS_kill, other, 0), 0);
}

CASE(kill, "which identifiers count, and CAP_KILL")
{
    with_others(send_as);
    with_others(send_with_cap);
}

static void send_to_group(void)
{
    CHECK_EQ(call(SYS_setpgid, 0, 0), 0);
    int one = start(ONE), two = start(OTHER), group = getpid();
    int pid = (int)call(SYS_fork);
    if (pid == 0) {
        CHECK_EQ(call(SYS_setpgid, 0, 0), 0);
        become(THIRD);
        CHECK_EQ(call(SYS_kill, -group, 0), -EPERM);
        syscall(SYS_exit_group, 0);
    }
    int status = -1;
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    CHECK_EQ(status, 0);
    pid = (int)call(SYS_fork);
    if (pid == 0) {
        CHECK_EQ(call(SYS_setpgid, 0, 0), 0);
        become(ONE);
        // One of them is enough.
        CHECK_EQ(call(SYS_kill, -group, 0), 0);
        CHECK_EQ(call(SYS_kill, -group, SIGKILL), 0);
        syscall(SYS_exit_group, 0);
    }
    CHECK_EQ(call(SYS_wait4, one, &status, 0, nullptr), one);
    CHECK_EQ(status, SIGKILL);
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    CHECK_EQ(status, 0);
    stop(two);
}

static void ask_all(void)
{
    become(THIRD);
    // None is an error if there are some.
    CHECK_EQ(call(SYS_kill, -1, 0), 0);
}

CASE(kill, "a group, of which one is enough; all, of which none is")
{
    if_privileged(send_to_group);
    with_others(ask_all);
}

static void tell_user(void)
{
    CHECK_EQ(call(SYS_setresuid, ONE, OTHER, OTHER), 0);
    act(SIGUSR1, note, 0, 0);
    CHECK_EQ(self(SIGUSR1), 0);
    CHECK_EQ(info.si_uid, ONE);
    CHECK_EQ(call(SYS_tkill, call(SYS_gettid), SIGUSR1), 0);
    CHECK_EQ(info.si_uid, ONE);
}

static void end_as_one(void)
{
    siginfo_t i = {};
    uint64_t set = bit(SIGCHLD);
    mask(SIG_BLOCK, set);
    int pid = (int)call(SYS_fork);
    if (pid == 0) {
        become(ONE);
        syscall(SYS_exit_group, 0);
    }
    CHECK_EQ(call(SYS_rt_sigtimedwait, &set, &i, nullptr, 8), SIGCHLD);
    CHECK_EQ(i.si_uid, ONE);
    i.si_uid = 0;
    CHECK_EQ(call(SYS_waitid, P_PID, pid, &i, WEXITED, nullptr), 0);
    CHECK_EQ(i.si_uid, ONE);
}

CASE(kill, "says the real user") { if_privileged(tell_user); }
CASE(waitid, "says the child's real user") { if_privileged(end_as_one); }

// ---- scheduling --------------------------------------------------------------------------------

static long nice_of(int which, long who) { return 20 - call(SYS_getpriority, which, who); }

static long policy(long tid, int number, int priority)
{
    return call(SYS_sched_setscheduler, tid, number, &priority);
}

static long limit(int resource, uint64_t soft)
{
    struct rlimit l;
    CHECK_EQ(call(SYS_prlimit64, 0, resource, nullptr, &l), 0);
    l.rlim_cur = soft;
    l.rlim_max = l.rlim_max < soft ? soft : l.rlim_max;
    return call(SYS_prlimit64, 0, resource, &l, nullptr);
}

static void be_nice(void)
{
    CHECK_EQ(limit(RLIMIT_NICE, 0), 0);
    become(ONE);
    CHECK_EQ(call(SYS_setpriority, PRIO_PROCESS, 0, 5), 0);
    CHECK_EQ(call(SYS_setpriority, PRIO_PROCESS, 0, 4), -EACCES);
    CHECK_EQ(call(SYS_setpriority, PRIO_PROCESS, same, 5), 0);
    CHECK_EQ(call(SYS_setpriority, PRIO_PROCESS, other, 5), -EPERM);
    CHECK_EQ(nice_of(PRIO_PROCESS, other), 0);
    CHECK_EQ(call(SYS_setpriority, PRIO_USER, OTHER, 5), -EPERM);
    CHECK_EQ(call(SYS_setpriority, PRIO_USER, 0, 7), 0);
    CHECK_EQ(nice_of(PRIO_PROCESS, 0), 7);
    CHECK_EQ(nice_of(PRIO_PROCESS, same), 7);
    CHECK_EQ(nice_of(PRIO_PROCESS, other), 0);
    CHECK_EQ(nice_of(PRIO_USER, 0), 7);
    CHECK_EQ(nice_of(PRIO_USER, OTHER), 0);
    CHECK_EQ(call(SYS_getpriority, PRIO_USER, THIRD), -ESRCH);
    CHECK_EQ(call(SYS_setpriority, PRIO_USER, THIRD, 1), -ESRCH);
}

// The host may keep even root from raising limits.
static bool may_raise(void) { return has(CAP_SYS_RESOURCE); }

static void be_less_nice(void)
{
    if (!may_raise())
        return;
    CHECK_EQ(limit(RLIMIT_NICE, 25), 0); // down to -5
    become(ONE);
    CHECK_EQ(call(SYS_setpriority, PRIO_PROCESS, 0, -5), 0);
    CHECK_EQ(call(SYS_setpriority, PRIO_PROCESS, 0, -6), -EACCES);
    CHECK_EQ(nice_of(PRIO_PROCESS, 0), -5);
}

CASE(setpriority, "others' are theirs, and lower values by RLIMIT_NICE")
{
    with_others(be_nice);
    if_privileged(be_less_nice);
}
CASE(getpriority, "PRIO_USER: everybody's lowest") { with_others(be_nice); }

static void schedule(void)
{
    CHECK_EQ(limit(RLIMIT_NICE, 0), 0);
    CHECK_EQ(limit(RLIMIT_RTPRIO, 0), 0);
    become(ONE);
    uint64_t cpus = 1;
    CHECK_EQ(policy(0, SCHED_FIFO, 1), -EPERM);
    CHECK_EQ(policy(0, SCHED_BATCH, 0), 0);
    CHECK_EQ(policy(same, SCHED_BATCH, 0), 0);
    CHECK_EQ(policy(other, SCHED_BATCH, 0), -EPERM);
    CHECK_EQ(call(SYS_sched_getscheduler, other), SCHED_OTHER);
    CHECK_EQ(call(SYS_sched_setaffinity, same, 8, &cpus), 0);
    CHECK_EQ(call(SYS_sched_setaffinity, other, 8, &cpus), -EPERM);
    CHECK_EQ(policy(0, SCHED_OTHER | 0x40000000, 0), 0); // SCHED_RESET_ON_FORK
    CHECK_EQ(policy(0, SCHED_OTHER, 0), -EPERM);
    CHECK_EQ(policy(0, SCHED_IDLE | 0x40000000, 0), 0);
    CHECK_EQ(policy(0, SCHED_OTHER | 0x40000000, 0), -EPERM);
}

static void schedule_in_limits(void)
{
    int priority = 11;
    if (!may_raise())
        return;
    CHECK_EQ(limit(RLIMIT_RTPRIO, 10), 0);
    become(ONE);
    CHECK_EQ(policy(0, SCHED_FIFO, 10), 0);
    CHECK_EQ(call(SYS_sched_setparam, 0, &priority), -EPERM);
    CHECK_EQ(policy(0, SCHED_RR, 11), -EPERM);
    CHECK_EQ(policy(0, SCHED_RR, 5), 0);
    CHECK_EQ(policy(0, SCHED_OTHER, 0), 0);
}

CASE(sched_setscheduler, "others' are theirs, and real time by RLIMIT_RTPRIO")
{
    with_others(schedule);
    // The host may forbid it to everybody.
    if (policy(0, SCHED_FIFO, 1) == 0) {
        CHECK_EQ(policy(0, SCHED_OTHER, 0), 0);
        if_privileged(schedule_in_limits);
    }
}
CASE(sched_setaffinity, "others' are theirs") { with_others(schedule); }

// ---- limits ------------------------------------------------------------------------------------

static void limit_others(void)
{
    struct rlimit l, now, high = {17, RLIM_INFINITY};
    become(ONE);
    CHECK_EQ(call(SYS_prlimit64, same, RLIMIT_NOFILE, nullptr, &l), 0);
    l.rlim_cur = 17;
    CHECK_EQ(call(SYS_prlimit64, same, RLIMIT_NOFILE, &l, nullptr), 0);
    CHECK_EQ(call(SYS_prlimit64, same, RLIMIT_NOFILE, nullptr, &now), 0);
    CHECK_EQ(now.rlim_cur, 17);
    CHECK_EQ(call(SYS_prlimit64, other, RLIMIT_NOFILE, nullptr, &now), -EPERM);
    CHECK_EQ(call(SYS_prlimit64, other, RLIMIT_NOFILE, &l, nullptr), -EPERM);
    CHECK_EQ(call(SYS_prlimit64, 0, RLIMIT_CORE, &(struct rlimit){0, 0}, nullptr), 0);
    CHECK_EQ(call(SYS_prlimit64, 0, RLIMIT_CORE, &high, nullptr), -EPERM);
    CHECK_EQ(call(SYS_setrlimit, RLIMIT_CORE, &high), -EPERM);
}

static void limit_memory(void)
{
    struct rlimit l = {64 << 20, RLIM_INFINITY};
    if (!may_raise()) {
        CHECK_EQ(call(SYS_prlimit64, other, RLIMIT_AS, &l, nullptr), -EPERM);
        return;
    }
    CHECK_EQ(call(SYS_prlimit64, other, RLIMIT_AS, &l, nullptr), 0);
    CHECK_EQ(call(SYS_prlimit64, other, RLIMIT_AS, nullptr, &l), 0);
    CHECK_EQ(l.rlim_cur, 64 << 20);
}

CASE(prlimit64, "others' with the same identifiers; higher hard ones with CAP_SYS_RESOURCE")
{
    with_others(limit_others);
    with_others(limit_memory);
}
CASE(setrlimit, "a higher hard one needs CAP_SYS_RESOURCE") { with_others(limit_others); }

static void *nothing(void *arg) { return arg; }

static void be_few(void)
{
    pthread_t t;
    become(THIRD);
    CHECK_EQ(limit(RLIMIT_NPROC, 2), 0);
    int pid = (int)call(SYS_fork);
    if (pid == 0)
        syscall(SYS_exit_group, 0);
    CHECK(pid > 0);
    // One that has ended counts until it has been waited for, and so would a thread.
    CHECK_EQ(call(SYS_fork), -EAGAIN);
    CHECK_EQ(pthread_create(&t, nullptr, nothing, nullptr), EAGAIN);
    CHECK_EQ(call(SYS_wait4, pid, nullptr, 0, nullptr), pid);
    CHECK_EQ(pthread_create(&t, nullptr, nothing, nullptr), 0);
    CHECK_EQ(pthread_join(t, nullptr), 0);
}

static void be_many_as_root(void)
{
    CHECK_EQ(limit(RLIMIT_NPROC, 0), 0);
    CHECK_EQ(in_child((void (*)(void))getpid), 0);
}

CASE(clone, "RLIMIT_NPROC counts a user's threads, but root's")
{
    if_privileged(be_few);
    if_privileged(be_many_as_root);
}
CASE(fork, "RLIMIT_NPROC") { if_privileged(be_few); }

// ---- looking into others -----------------------------------------------------------------------

static void look(void)
{
    void *at;
    size_t size;
    become(ONE);
    CHECK_EQ(call(SYS_get_robust_list, 0, &at, &size), 0);
    CHECK_EQ(call(SYS_get_robust_list, other, &at, &size), -EPERM);
    // The same user, but one that has been root: private.
    CHECK_EQ(call(SYS_get_robust_list, same, &at, &size), -EPERM);
    long result = call(SYS_kcmp, getpid(), other, KCMP_VM, 0, 0);
    CHECK(result == -EPERM || result == -ENOSYS);
}

static void look_inside(void)
{
    void *at;
    size_t size;
    int child = (int)call(SYS_fork);
    if (child == 0) {
        for (;;)
            call(SYS_pause);
    }
    CHECK_EQ(call(SYS_get_robust_list, child, &at, &size), 0);
    CHECK_EQ(call(SYS_kill, child, SIGKILL), 0);
}

static void be_open(void)
{
    become(ONE);
    CHECK_EQ(control(PR_SET_DUMPABLE, 1), 0);
    look_inside();
}

CASE(get_robust_list, "of others only if one may look into them")
{
    with_others(look);
    if_privileged(be_open);
    CHECK_EQ(in_child(look_inside), 0);
}

static void want_number(void)
{
    int tid = 4321;
    struct clone_args a = {.exit_signal = SIGCHLD, .set_tid = (uint64_t)&tid, .set_tid_size = 1};
    drop_all();
    CHECK_EQ(call(SYS_clone3, &a, sizeof(a)), -EPERM);
}

CASE(clone3, "not everybody may choose a number") { CHECK_EQ(in_child(want_number), 0); }

// A parent that may not signal the child of another user.
static void leave_other(void)
{
    volatile int *words = board();
    words[1] = 0;
    if (call(SYS_fork) == 0) {
        uint64_t set = bit(SIGUSR1);
        struct timespec time = {0, 50'000'000};
        int parent = (int)call(SYS_getppid);
        mask(SIG_BLOCK, set);
        become(OTHER);
        CHECK_EQ(control(PR_SET_PDEATHSIG, SIGUSR1), 0);
        words[1] = 1;
        while ((int)call(SYS_getppid) == parent)
            rest();
        words[2] = (int)call(SYS_rt_sigtimedwait, &set, nullptr, &time, 8);
        words[1] = 2;
        syscall(SYS_exit_group, 0);
    }
    while (words[1] == 0)
        rest();
    CHECK_EQ(call(SYS_setresuid, ONE, ONE, ONE), 0);
}

CASE(prctl, "PR_SET_PDEATHSIG: from a parent that may send it only")
{
    if (!is_privileged())
        return;
    volatile int *words = board();
    CHECK_EQ(in_child(leave_other), 0);
    for (int i = 0; i < 5000 && words[1] != 2; i++)
        rest();
    CHECK_EQ(words[1], 2);
    CHECK_EQ(words[2], -EAGAIN);
}
