// SPDX-License-Identifier: Apache-2.0
// The machine as a whole, how programs see it, and what threads have together.
#include "testing/syscall/caps.h"
#include <linux/kcmp.h>
#include <linux/reboot.h>
#include <pthread.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

// ---- names -------------------------------------------------------------------------------------

static struct utsname names(void)
{
    struct utsname n;
    CHECK_EQ(call(SYS_uname, &n), 0);
    return n;
}

CASE(uname, "says who it is")
{
    CHECK_EQ(strcmp(names().sysname, "Linux"), 0);
    CHECK(names().nodename[0] != 0);
    CHECK_EQ(call(SYS_uname, nowhere), -EFAULT);
}

// Of what is the caller's alone, where names may be: it must not be the host's.
static bool may_name(void)
{
    constexpr int CLONE_NEWUTS_ONLY = 0x04000000;
    if (!has(CAP_SYS_ADMIN))
        return false;
    long result = call(SYS_unshare, CLONE_NEWUTS_ONLY);
    return result == 0 || result == -ENOSYS || result == -EINVAL;
}

static void name_machine(void)
{
    char name[66];
    memset(name, 'n', sizeof(name));
    if (!may_name())
        return;
    printf("names\n");
    fflush(stdout);
    CHECK_EQ(call(SYS_sethostname, "machine-of-tests", 7), 0);
    CHECK_EQ(strcmp(names().nodename, "machine"), 0);
    CHECK_EQ(call(SYS_setdomainname, "domain", 6), 0);
    CHECK_EQ(strcmp(names().domainname, "domain"), 0);
    CHECK_EQ(strcmp(names().nodename, "machine"), 0);
    CHECK_EQ(call(SYS_sethostname, name, 64), 0);
    CHECK_EQ(strlen(names().nodename), 64);
    CHECK_EQ(call(SYS_setdomainname, name, 0), 0);
    CHECK_EQ(strlen(names().domainname), 0);
    CHECK_EQ(call(SYS_sethostname, name, 65), -EINVAL);
    CHECK_EQ(call(SYS_sethostname, name, -1), -EINVAL);
    CHECK_EQ(call(SYS_sethostname, nowhere, 5), -EFAULT);
    CHECK_EQ(call(SYS_setdomainname, name, 65), -EINVAL);
    CHECK_EQ(call(SYS_setdomainname, nowhere, 5), -EFAULT);
    CHECK_EQ(strlen(names().nodename), 64);
    CHECK_EQ(call(SYS_sethostname, "test", 4), 0);
}

static void name_nothing(void)
{
    drop_all();
    CHECK_EQ(call(SYS_sethostname, "x", 1), -EPERM);
    CHECK_EQ(call(SYS_sethostname, "x", -1), -EPERM);
    CHECK_EQ(call(SYS_setdomainname, "x", 1), -EPERM);
}

CASE(sethostname, "uname shows it")
{
    CHECK_EQ(in_child(name_machine), 0);
    CHECK_EQ(in_child(name_nothing), 0);
}
CASE(setdomainname, "uname shows it") { CHECK_EQ(in_child(name_nothing), 0); }

// ---- state -------------------------------------------------------------------------------------

static struct sysinfo state(void)
{
    struct sysinfo s = {};
    CHECK_EQ(call(SYS_sysinfo, &s), 0);
    return s;
}

CASE(sysinfo, "time since boot, memory, threads")
{
    struct sysinfo s = state();
    struct timespec now;
    CHECK_EQ(clock_gettime(CLOCK_BOOTTIME, &now), 0);
    long uptime = (long)s.uptime;
    CHECK(uptime >= 0 && uptime - 1 <= now.tv_sec && now.tv_sec <= uptime + 60);
    CHECK(s.mem_unit > 0);
    CHECK(s.totalram * s.mem_unit >= 4 << 20);
    CHECK(s.freeram > 0 && s.freeram <= s.totalram);
    CHECK(s.freeswap <= s.totalswap);
    CHECK(s.procs >= 1);
    CHECK_EQ(call(SYS_sysinfo, nowhere), -EFAULT);
}

static void count_two(void) { CHECK(state().procs >= 2); }

CASE(sysinfo, "a child counts") { CHECK_EQ(in_child(count_two), 0); }

static void may_not(void)
{
    drop_all();
    CHECK_EQ(call(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, 0x11111111, 0), -EPERM);
    CHECK_EQ(call(SYS_reboot, 1, 2, 0x11111111, 0), -EPERM);
}

// No more than that it is refused: what it does would be seen.
CASE(reboot, "only who may, and knows how")
{
    CHECK_EQ(in_child(may_not), 0);
    if (!has(CAP_SYS_BOOT))
        return;
    CHECK_EQ(call(SYS_reboot, 1, LINUX_REBOOT_MAGIC2, 0x11111111, 0), -EINVAL);
    CHECK_EQ(call(SYS_reboot, LINUX_REBOOT_MAGIC1, 1, 0x11111111, 0), -EINVAL);
    CHECK_EQ(call(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, 0x11111111, 0), -EINVAL);
}

// ---- how a program sees it ---------------------------------------------------------------------

constexpr unsigned ASK = 0xffffffff;

static void is_fixed(void) { CHECK_EQ(call(SYS_personality, ASK), ADDR_NO_RANDOMIZE); }

static void *change_own(void *)
{
    is_fixed();
    CHECK_EQ(call(SYS_personality, PER_LINUX), ADDR_NO_RANDOMIZE);
    return nullptr;
}

static void be_fixed(void)
{
    pthread_t t;
    CHECK_EQ(call(SYS_personality, ADDR_NO_RANDOMIZE), PER_LINUX);
    is_fixed();
    CHECK_EQ(in_child(is_fixed), 0);
    CHECK_EQ(pthread_create(&t, nullptr, change_own, nullptr), 0);
    CHECK_EQ(pthread_join(t, nullptr), 0);
    is_fixed();
    CHECK_EQ(call(SYS_personality, PER_LINUX), ADDR_NO_RANDOMIZE);
    CHECK_EQ(call(SYS_personality, ASK), PER_LINUX);
}

static void be_old(void)
{
    CHECK_EQ(call(SYS_personality, PER_LINUX32), PER_LINUX);
    // A kernel that has no programs of 32 bits says what it is.
    CHECK(strcmp(names().machine, "i686") == 0 || strcmp(names().machine, "x86_64") == 0);
    CHECK_EQ(call(SYS_personality, PER_LINUX), PER_LINUX32);
    CHECK_EQ(strcmp(names().machine, "x86_64"), 0);
}

CASE(personality, "a thread's own, inherited")
{
    if (call(SYS_personality, ASK) != PER_LINUX)
        return; // whoever has started us has his reasons
    CHECK_EQ(in_child(be_fixed), 0);
    CHECK_EQ(in_child(be_old), 0);
}

static void has_mask(void)
{
    CHECK_EQ(call(SYS_umask, 0), 0123);
    CHECK_EQ(call(SYS_umask, 0), 0);
}

static void *change_mask(void *)
{
    CHECK_EQ(call(SYS_umask, 0777), 0123);
    return nullptr;
}

CASE(umask, "inherited by a child, shared by threads, permissions only")
{
    pthread_t t;
    long before = call(SYS_umask, 0123);
    CHECK(before >= 0 && before <= 0777);
    CHECK_EQ(in_child(has_mask), 0);
    CHECK_EQ(pthread_create(&t, nullptr, change_mask, nullptr), 0);
    CHECK_EQ(pthread_join(t, nullptr), 0);
    CHECK_EQ(call(SYS_umask, 07777), 0777);
    CHECK_EQ(call(SYS_umask, before), 0777);
}

// ---- what threads have together ----------------------------------------------------------------

static long compare(int a, int b, int what) { return call(SYS_kcmp, a, b, what, 0, 0); }

static bool has_kcmp(void) { return compare(getpid(), getpid(), KCMP_VM) != -ENOSYS; }

static void *same_as_first(void *)
{
    int own = (int)call(SYS_gettid), first = getpid();
    CHECK_EQ(compare(own, first, KCMP_VM), 0);
    CHECK_EQ(compare(own, first, KCMP_FS), 0);
    CHECK_EQ(compare(own, first, KCMP_SIGHAND), 0);
    return nullptr;
}

static void differs_from_parent(void)
{
    static const int kinds[] = {KCMP_VM, KCMP_FS, KCMP_SIGHAND};
    int own = getpid(), parent = getppid();
    CHECK_EQ(control(PR_SET_DUMPABLE, 1), 0);
    for (unsigned i = 0; i < 3; i++) {
        long one = compare(own, parent, kinds[i]), other = compare(parent, own, kinds[i]);
        CHECK((one == 1 && other == 2) || (one == 2 && other == 1));
        CHECK_EQ(compare(own, own, kinds[i]), 0);
    }
}

static int same_but_handlers(void *)
{
    int own = (int)syscall(SYS_gettid), parent = (int)syscall(SYS_getppid);
    bool good = syscall(SYS_kcmp, own, parent, KCMP_VM, 0, 0) == 0 &&
                syscall(SYS_kcmp, own, parent, KCMP_FS, 0, 0) == 0 &&
                syscall(SYS_kcmp, own, parent, KCMP_SIGHAND, 0, 0) > 0;
    return good ? 7 : 8;
}

static void shares_some(void)
{
    static char stack[65536];
    int status = -1, pid = clone(same_but_handlers, stack + sizeof(stack),
                                 CLONE_VM | CLONE_FS | SIGCHLD, nullptr);
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    CHECK_EQ(status, 7 << 8);
}

CASE(kcmp, "of threads, of children, and of what has some of it")
{
    pthread_t t;
    if (!has_kcmp())
        return;
    CHECK_EQ(pthread_create(&t, nullptr, same_as_first, nullptr), 0);
    CHECK_EQ(pthread_join(t, nullptr), 0);
    CHECK_EQ(in_child(differs_from_parent), 0);
    CHECK_EQ(in_child(shares_some), 0);
    CHECK_EQ(compare(getpid(), 1 << 22, KCMP_VM), -ESRCH);
    CHECK_EQ(compare(-1, getpid(), KCMP_VM), -ESRCH);
    CHECK_EQ(compare(0, getpid(), KCMP_VM), -ESRCH);
    CHECK_EQ(compare(getpid(), getpid(), 77), -EINVAL);
}

// ---- turns -------------------------------------------------------------------------------------

static long slice(long tid)
{
    struct timespec t = {-1, -1};
    CHECK_EQ(call(SYS_sched_rr_get_interval, tid, &t), 0);
    CHECK(t.tv_sec >= 0 && t.tv_nsec >= 0 && t.tv_nsec < 1'000'000'000);
    return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

CASE(sched_rr_get_interval, "by policy")
{
    struct timespec t;
    int priority = 1;
    CHECK(slice(0) >= 0 && slice(getpid()) >= 0);
    if (call(SYS_sched_setscheduler, 0, SCHED_RR, &priority) == 0) {
        CHECK(slice(0) >= 1'000'000);
        CHECK_EQ(call(SYS_sched_setscheduler, 0, SCHED_FIFO, &priority), 0);
        CHECK_EQ(slice(0), 0);
        priority = 0;
        CHECK_EQ(call(SYS_sched_setscheduler, 0, SCHED_OTHER, &priority), 0);
    }
    CHECK_EQ(call(SYS_sched_rr_get_interval, -1, &t), -EINVAL);
    CHECK_EQ(call(SYS_sched_rr_get_interval, 1 << 22, &t), -ESRCH);
    CHECK_EQ(call(SYS_sched_rr_get_interval, 0, nowhere), -EFAULT);
}
