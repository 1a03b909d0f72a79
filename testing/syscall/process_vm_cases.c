// SPDX-License-Identifier: Apache-2.0
// process_vm_readv(2), process_vm_writev(2).
#include "testing/syscall/memory.h"
#include <sys/uio.h>

static long readv_of(long pid, const struct iovec *own, long owns, const struct iovec *remote,
                     long remotes)
{
    return call(SYS_process_vm_readv, pid, own, owns, remote, remotes, 0l);
}

static long writev_of(long pid, const struct iovec *own, long owns, const struct iovec *remote,
                      long remotes)
{
    return call(SYS_process_vm_writev, pid, own, owns, remote, remotes, 0l);
}

// A child that waits until it is told to end, and what it has at the same addresses.
static char there[3 * 4096];

static long start_child(void)
{
    long pid = call(SYS_fork);
    if (pid == 0) {
        for (;;)
            syscall(SYS_pause);
    }
    CHECK(pid > 0);
    return pid;
}

static void end_child(long pid)
{
    CHECK_EQ(call(SYS_kill, pid, 9), 0);
    CHECK_EQ(call(SYS_wait4, pid, nullptr, 0, nullptr), pid);
}

CASE(process_vm_readv, "reads a child's memory, many parts into many")
{
    for (unsigned i = 0; i < sizeof(there); i++)
        there[i] = (char)(i * 7);
    long pid = start_child();
    memset(there, 0, sizeof(there));
    char a[10], b[5000], c[100];
    struct iovec own[] = {{a, sizeof(a)}, {nullptr, 0}, {b, sizeof(b)}, {c, sizeof(c)}};
    struct iovec remote[] = {{there + 3, 4000}, {there + 5000, 1100}, {there, 0}};
    CHECK_EQ(readv_of(pid, own, 4, remote, 3), 5100);
    bool good = true;
    for (unsigned i = 0; i < 5100; i++) {
        char got = i < 10 ? a[i] : i < 5010 ? b[i - 10] : c[i - 5010];
        unsigned from = i < 4000 ? i + 3 : i + 1000;
        good = good && got == (char)(from * 7);
    }
    CHECK(good);
    end_child(pid);
}

CASE(process_vm_readv, "reads the caller's own memory too, and pages that have not come yet")
{
    char own[8] = "1234567", copy[8] = {};
    long fresh = map(nullptr, PAGE, RW, ANON);
    struct iovec to = {copy, 8}, from = {own, 8}, zero = {(void *)fresh, 8};
    CHECK_EQ(readv_of(getpid(), &to, 1, &from, 1), 8);
    CHECK(memcmp(own, copy, 8) == 0);
    CHECK_EQ(readv_of(getpid(), &to, 1, &zero, 1), 8);
    CHECK_EQ(copy[3], 0);
    CHECK_EQ(unmap(fresh, PAGE), 0);
}

CASE(process_vm_writev, "writes to a child's memory, and nobody else's")
{
    char *shared = (char *)map(nullptr, PAGE, RW, SHARED);
    strcpy(there, "mine");
    long pid = call(SYS_fork);
    if (pid == 0) {
        while (*(volatile char *)there != 'y')
            syscall(SYS_sched_yield);
        memcpy(shared, there, 16);
        shared[100] = 1;
        for (;;)
            syscall(SYS_pause);
    }
    static char y[] = "y", ours[] = "ours and nobody's";
    struct iovec own[] = {{y, 1}, {ours, 16}};
    struct iovec remote[] = {{there + 1, 15}, {there, 1}};
    struct iovec turned[] = {own[1], own[0]};
    CHECK_EQ(writev_of(pid, turned, 2, remote, 2), 16);
    CHECK_EQ(writev_of(pid, own, 1, remote + 1, 1), 1);
    while (*(volatile char *)(shared + 100) == 0)
        syscall(SYS_sched_yield);
    CHECK(memcmp(shared, "yours and nobody", 16) == 0);
    CHECK(strcmp(there, "mine") == 0);
    end_child(pid);
    CHECK_EQ(unmap((long)shared, PAGE), 0);
}

CASE(process_vm_readv, "what comes before a bad page is transferred")
{
    long at = map(nullptr, 3 * PAGE, RW, ANON);
    memset((void *)at, 5, 3 * PAGE);
    CHECK_EQ(unmap(at + PAGE, PAGE), 0);
    static char buffer[8192];
    struct iovec own = {buffer, sizeof(buffer)};
    struct iovec crosses = {(void *)(at + PAGE - 10), 20};
    CHECK_EQ(readv_of(getpid(), &own, 1, &crosses, 1), 10);
    struct iovec two[] = {{(void *)at, 10}, {(void *)(at + PAGE), 10}, {(void *)at, 10}};
    CHECK_EQ(readv_of(getpid(), &own, 1, two, 3), 10);
    CHECK_EQ(readv_of(getpid(), &own, 1, two + 1, 2), -EFAULT);
    // And the same of the caller's.
    struct iovec good = {buffer, 100}, own_crosses = {(void *)(at + PAGE - 10), 100};
    CHECK_EQ(readv_of(getpid(), &own_crosses, 1, &good, 1), 10);
    struct iovec bad = {(void *)(at + PAGE), 10};
    CHECK_EQ(readv_of(getpid(), &bad, 1, &good, 1), -EFAULT);
    CHECK_EQ(unmap(at, 3 * PAGE), 0);
}

CASE(process_vm_writev, "permissions hold")
{
    long at = map(nullptr, 2 * PAGE, PROT_READ, ANON);
    char word[4] = "abc";
    struct iovec own = {word, 4}, remote = {(void *)at, 4};
    CHECK_EQ(writev_of(getpid(), &own, 1, &remote, 1), -EFAULT);
    CHECK_EQ(readv_of(getpid(), &own, 1, &remote, 1), 4);
    CHECK_EQ(call(SYS_mprotect, at, PAGE, PROT_NONE), 0);
    CHECK_EQ(readv_of(getpid(), &own, 1, &remote, 1), -EFAULT);
    CHECK_EQ(unmap(at, 2 * PAGE), 0);
}

static void errors(long (*transfer)(long, const struct iovec *, long, const struct iovec *, long))
{
    char word[4] = "abc";
    struct iovec good = {word, 4}, empty = {word, 0}, negative = {word, (size_t)-1};
    struct iovec high = {(void *)-4096l, 16};
    CHECK_EQ(transfer(1 << 30, &good, 1, &good, 1), -ESRCH);
    CHECK_EQ(transfer(-1, &good, 1, &good, 1), -ESRCH);
    CHECK_EQ(transfer(0, &good, 1, &good, 1), -ESRCH);
    // Before anybody is looked for.
    CHECK_EQ(transfer(1 << 30, &good, 1025, &good, 1), -EINVAL);
    CHECK_EQ(transfer(1 << 30, &good, 1, &good, 1025), -EINVAL);
    CHECK_EQ(transfer(1 << 30, &negative, 1, &good, 1), -EINVAL);
    CHECK_EQ(transfer(1 << 30, &good, 1, &negative, 1), -EINVAL);
    CHECK_EQ(transfer(1 << 30, (void *)nowhere, 1, &good, 1), -EFAULT);
    CHECK_EQ(transfer(1 << 30, &good, 1, (void *)nowhere, 1), -EFAULT);
    CHECK_EQ(transfer(1 << 30, &high, 1, &good, 1), -EFAULT);
    CHECK_EQ(transfer(1 << 30, &empty, 1, &good, 1), 0);
    CHECK_EQ(transfer(1 << 30, &good, 1, &empty, 1), 0);
    CHECK_EQ(transfer(1 << 30, &good, 0, &good, 0), 0);
    CHECK_EQ(transfer(getpid(), &good, 1, &high, 1), -EFAULT);
}

CASE(process_vm_readv, "errors")
{
    errors(readv_of);
    CHECK_EQ(call(SYS_process_vm_readv, getpid(), nullptr, 0l, nullptr, 0l, 1l), -EINVAL);
}

CASE(process_vm_writev, "errors")
{
    errors(writev_of);
    CHECK_EQ(call(SYS_process_vm_writev, getpid(), nullptr, 0l, nullptr, 0l, 1l), -EINVAL);
}

CASE(process_vm_readv, "one that has ended has no memory")
{
    char word[4];
    struct iovec own = {word, 4}, remote = {there, 4};
    long pid = start_child();
    CHECK_EQ(call(SYS_kill, pid, 9), 0);
    // It stays until it has been waited for, but lets go of its memory.
    while (readv_of(pid, &own, 1, &remote, 1) == 4)
        syscall(SYS_sched_yield);
    CHECK_EQ(readv_of(pid, &own, 1, &remote, 1), -ESRCH);
    CHECK_EQ(call(SYS_wait4, pid, nullptr, 0, nullptr), pid);
    CHECK_EQ(readv_of(pid, &own, 1, &remote, 1), -ESRCH);
}
