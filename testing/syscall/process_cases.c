// SPDX-License-Identifier: Apache-2.0
// fork(2), wait4(2), exit(2), and what a process is called.
#include "testing/syscall/check.h"
#include <asm/prctl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>

static volatile int word = 1;

static void change_word(void)
{
    word = 2;
    CHECK_EQ(word, 2);
}

CASE(fork, "the child's memory is a copy")
{
    word = 1;
    CHECK_EQ(in_child(change_word), 0);
    CHECK_EQ(word, 1);
}

static int *shared;

static void write_shared(void) { *shared = 42; }

CASE(fork, "shared mappings stay shared")
{
    shared = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    CHECK_EQ(in_child(write_shared), 0);
    CHECK_EQ(*shared, 42);
    CHECK_EQ(call(SYS_munmap, shared, 4096), 0);
}

CASE(fork, "many in turn, and none is left")
{
    for (int i = 0; i < 100; i++) {
        long pid = call(SYS_fork);
        if (pid == 0)
            syscall(SYS_exit_group, i % 7);
        int status;
        CHECK(pid > 0);
        CHECK_EQ(call(SYS_wait4, -1, &status, 0, nullptr), pid);
        CHECK_EQ(status, (i % 7) << 8);
    }
    CHECK_EQ(call(SYS_wait4, -1, nullptr, 0, nullptr), -ECHILD);
}

static void exit_with_259(void) { syscall(SYS_exit, 259); }
static void exit_group_with_7(void) { syscall(SYS_exit_group, 7); }

CASE(exit, "the status is the number's low byte") { CHECK_EQ(in_child(exit_with_259), 3 << 8); }

CASE(exit_group, "the parent is told the status") { CHECK_EQ(in_child(exit_group_with_7), 7 << 8); }

static void divide(void)
{
    __asm__ volatile("xor %%ecx, %%ecx; div %%ecx" ::: "eax", "ecx", "edx", "cc");
}

static void touch_nowhere(void) { *(volatile char *)nowhere = 1; }
static void execute_illegal(void) { __asm__ volatile("ud2"); }

CASE(wait4, "a signal's number is in the status")
{
    CHECK_EQ(in_child(divide) & 0x7f, 8);          // SIGFPE
    CHECK_EQ(in_child(touch_nowhere) & 0x7f, 11);  // SIGSEGV
    CHECK_EQ(in_child(execute_illegal) & 0x7f, 4); // SIGILL
}

CASE(wait4, "WNOHANG does not wait, and a pid names one child")
{
    long a = call(SYS_fork);
    if (a == 0) {
        syscall(SYS_sched_yield);
        syscall(SYS_exit_group, 1);
    }
    long b = call(SYS_fork);
    if (b == 0)
        syscall(SYS_exit_group, 2);
    int status;
    CHECK_EQ(call(SYS_wait4, b, &status, 0, nullptr), b);
    CHECK_EQ(status, 2 << 8);
    long got;
    while ((got = call(SYS_wait4, a, &status, WNOHANG, nullptr)) == 0)
        ;
    CHECK_EQ(got, a);
    CHECK_EQ(status, 1 << 8);
}

CASE(wait4, "errors")
{
    CHECK_EQ(call(SYS_wait4, -1, nullptr, 0, nullptr), -ECHILD);
    CHECK_EQ(call(SYS_wait4, 1 << 22, nullptr, 0, nullptr), -ECHILD);
    CHECK_EQ(call(SYS_wait4, -1, nullptr, 0x100, nullptr), -EINVAL);
    long pid = call(SYS_fork);
    if (pid == 0)
        syscall(SYS_exit_group, 0);
    CHECK_EQ(call(SYS_wait4, pid, nowhere, 0, nullptr), -EFAULT);
}

static long parent;

static void check_parent(void)
{
    CHECK_EQ(call(SYS_getppid), parent);
    CHECK(call(SYS_getpid) != parent);
    CHECK_EQ(call(SYS_gettid), call(SYS_getpid));
}

CASE(getppid, "the child's parent is its parent")
{
    parent = call(SYS_getpid);
    CHECK_EQ(in_child(check_parent), 0);
}

CASE(getppid, "of an orphan is another's")
{
    int *seen = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    long child = call(SYS_fork);
    if (child == 0) {
        if (call(SYS_fork) == 0) {
            long before = call(SYS_getppid);
            __atomic_store_n(seen, 1, __ATOMIC_RELEASE);
            while (call(SYS_getppid) == before)
                syscall(SYS_sched_yield);
            __atomic_store_n(seen, 2, __ATOMIC_RELEASE);
            syscall(SYS_exit_group, 0);
        }
        while (__atomic_load_n(seen, __ATOMIC_ACQUIRE) == 0)
            syscall(SYS_sched_yield);
        syscall(SYS_exit_group, 0);
    }
    CHECK_EQ(call(SYS_wait4, child, nullptr, 0, nullptr), child);
    while (__atomic_load_n(seen, __ATOMIC_ACQUIRE) != 2)
        syscall(SYS_sched_yield);
    CHECK_EQ(call(SYS_munmap, seen, 4096), 0);
    // Where the orphan became this process's, which is the first.
    if (call(SYS_getpid) == 1)
        CHECK(call(SYS_wait4, -1, nullptr, 0, nullptr) > 0);
}

CASE(getpid, "is positive and stays")
{
    CHECK(call(SYS_getpid) > 0 && call(SYS_getpid) == getpid());
}

CASE(gettid, "of the first thread is the process's") { CHECK_EQ(call(SYS_gettid), getpid()); }

CASE(set_tid_address, "says who asks")
{
    static int tid;
    CHECK_EQ(call(SYS_set_tid_address, &tid), call(SYS_gettid));
}

CASE(getpid, "a call's number is the low half of rax, and a number without a call is ENOSYS")
{
    long pid = SYS_getpid | 1l << 32, gap = 400, beyond = 1l << 20;
    __asm__ volatile("syscall" : "+a"(pid)::"rcx", "r11", "memory");
    CHECK_EQ(pid, getpid());
    CHECK_EQ(call(gap), -ENOSYS);
    CHECK_EQ(call(beyond), -ENOSYS);
    CHECK_EQ(call(-1l), -ENOSYS);
}

CASE(getcwd, "begins with the root, and has to fit")
{
    char path[4096] = {};
    long n = call(SYS_getcwd, path, sizeof(path));
    CHECK(n >= 2 && path[0] == '/' && path[n - 1] == 0);
    CHECK_EQ(call(SYS_getcwd, path, 1), -ERANGE);
    CHECK_EQ(call(SYS_getcwd, nowhere, sizeof(path)), -EFAULT);
}

CASE(sched_yield, "always succeeds") { CHECK_EQ(call(SYS_sched_yield), 0); }

CASE(uname, "says Linux on x86_64")
{
    struct utsname u;
    CHECK_EQ(call(SYS_uname, &u), 0);
    CHECK(strcmp(u.sysname, "Linux") == 0);
    CHECK(strcmp(u.machine, "x86_64") == 0);
    CHECK(u.release[0] >= '1' && u.release[0] <= '9');
    CHECK_EQ(call(SYS_uname, nowhere), -EFAULT);
}

CASE(getcpu, "a CPU and a node")
{
    unsigned cpu = ~0u, node = ~0u;
    CHECK_EQ(call(SYS_getcpu, &cpu, &node, nullptr), 0);
    CHECK(cpu < 1024 && node < 1024);
    CHECK_EQ(call(SYS_getcpu, nullptr, nullptr, nullptr), 0);
    CHECK_EQ(call(SYS_getcpu, nowhere, nullptr, nullptr), -EFAULT);
}

CASE(arch_prctl, "the bases of FS and GS")
{
    unsigned long fs, gs = 1;
    static unsigned long there;
    CHECK_EQ(call(SYS_arch_prctl, ARCH_GET_FS, &fs), 0);
    CHECK(fs != 0);
    CHECK_EQ(call(SYS_arch_prctl, ARCH_SET_FS, fs), 0);
    there = 77;
    CHECK_EQ(call(SYS_arch_prctl, ARCH_SET_GS, &there), 0);
    CHECK_EQ(call(SYS_arch_prctl, ARCH_GET_GS, &gs), 0);
    CHECK_EQ(gs, (unsigned long)&there);
    unsigned long value;
    __asm__ volatile("mov %%gs:0, %0" : "=r"(value));
    CHECK_EQ(value, 77);
    CHECK_EQ(call(SYS_arch_prctl, ARCH_SET_FS, 1ul << 47), -EPERM);
    CHECK_EQ(call(SYS_arch_prctl, ARCH_GET_GS, nowhere), -EFAULT);
    CHECK_EQ(call(SYS_arch_prctl, 0x9999, 0), -EINVAL);
}
