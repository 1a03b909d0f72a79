// SPDX-License-Identifier: Apache-2.0
// mremap(2).
#include "testing/syscall/memory.h"
#include <sys/resource.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static long remap(long at, long old, long new, int flags, long to)
{
    return call(SYS_mremap, at, old, new, flags, to);
}

// Each page has its own number at its start.
static void number(long at, long pages)
{
    for (long i = 0; i < pages; i++)
        *(char *)(at + i * PAGE) = (char)(i + 1);
}

static bool is_numbered(long at, long pages)
{
    for (long i = 0; i < pages; i++) {
        if (*(char *)(at + i * PAGE) != (char)(i + 1))
            return false;
    }
    return true;
}

CASE(mremap, "shrinks where it is")
{
    long at = map(nullptr, 4 * PAGE, RW, ANON);
    number(at, 4);
    CHECK_EQ(remap(at, 4 * PAGE, 2 * PAGE - 5, 0, 0), at);
    CHECK(is_numbered(at, 2));
    CHECK(!can_read(at + 2 * PAGE) && !can_read(at + 3 * PAGE));
    CHECK_EQ(remap(at, 2 * PAGE, 2 * PAGE, 0, 0), at);
    CHECK(is_numbered(at, 2));
    CHECK_EQ(unmap(at, 2 * PAGE), 0);
}

CASE(mremap, "grows where it is, if nothing is behind it")
{
    long at = free_place(4);
    CHECK_EQ(map((void *)at, PAGE, RW, ANON | MAP_FIXED), at);
    number(at, 1);
    CHECK_EQ(remap(at, PAGE, 4 * PAGE, 0, 0), at);
    CHECK(is_numbered(at, 1));
    CHECK_EQ(*(char *)(at + 3 * PAGE), 0);
    number(at, 4);
    CHECK(is_numbered(at, 4));
    CHECK_EQ(unmap(at, 4 * PAGE), 0);
}

CASE(mremap, "what cannot grow there moves, if it may")
{
    long at = map(nullptr, 3 * PAGE, RW, ANON);
    number(at, 3);
    CHECK_EQ(call(SYS_mprotect, at + 2 * PAGE, PAGE, PROT_READ), 0);
    CHECK_EQ(remap(at, 2 * PAGE, 4 * PAGE, 0, 0), -ENOMEM);
    CHECK(is_numbered(at, 3));
    long to = remap(at, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE, 0);
    CHECK(to > 0 && to != at);
    CHECK(is_numbered(to, 2));
    CHECK_EQ(*(char *)(to + 3 * PAGE), 0);
    CHECK(!can_read(at) && !can_read(at + PAGE) && can_read(at + 2 * PAGE));
    CHECK_EQ(unmap(at + 2 * PAGE, PAGE), 0);
    CHECK_EQ(unmap(to, 4 * PAGE), 0);
}

CASE(mremap, "the middle of a mapping moves away")
{
    long at = map(nullptr, 5 * PAGE, RW, ANON);
    number(at, 5);
    long to = remap(at + PAGE, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE, 0);
    CHECK(to > 0);
    CHECK_EQ(*(char *)to, 2);
    CHECK_EQ(*(char *)(to + PAGE), 3);
    CHECK_EQ(*(char *)(to + 2 * PAGE), 0);
    CHECK(can_read(at) && !can_read(at + PAGE) && !can_read(at + 2 * PAGE));
    CHECK_EQ(*(char *)(at + 3 * PAGE), 4);
    CHECK_EQ(unmap(at, 5 * PAGE), 0);
    CHECK_EQ(unmap(to, 3 * PAGE), 0);
}

CASE(mremap, "MREMAP_FIXED replaces what is there")
{
    long at = map(nullptr, 3 * PAGE, RW, ANON), to = map(nullptr, 4 * PAGE, RW, ANON);
    number(at, 3);
    memset((void *)to, 99, 4 * PAGE);
    CHECK_EQ(remap(at, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
    CHECK(is_numbered(to, 3));
    CHECK_EQ(*(char *)(to + 3 * PAGE), 99);
    CHECK(!can_read(at));
    // And smaller, and back.
    CHECK_EQ(remap(to, 3 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at), at);
    CHECK(is_numbered(at, 2) && !can_read(at + 2 * PAGE) && !can_read(to + 2 * PAGE));
    CHECK_EQ(unmap(at, 3 * PAGE), 0);
    CHECK_EQ(unmap(to, 4 * PAGE), 0);
}

CASE(mremap, "permissions move too")
{
    long at = map(nullptr, 2 * PAGE, RW, ANON), to = free_place(2);
    number(at, 2);
    CHECK_EQ(call(SYS_mprotect, at, 2 * PAGE, PROT_READ), 0);
    CHECK_EQ(remap(at, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
    CHECK(is_numbered(to, 2) && !can_write(to));
    CHECK_EQ(unmap(to, 2 * PAGE), 0);
}

CASE(mremap, "pages that a child shares stay its own")
{
    long at = map(nullptr, 2 * PAGE, RW, ANON);
    number(at, 2);
    int status;
    long pid = call(SYS_fork);
    CHECK(pid >= 0);
    long to = remap(at, 2 * PAGE, 64 * PAGE, MREMAP_MAYMOVE, 0);
    bool good = is_numbered(to, 2);
    *(char *)to = pid == 0 ? 77 : 78;
    for (int i = 0; i < 10; i++)
        syscall(SYS_sched_yield);
    good = good && *(char *)to == (pid == 0 ? 77 : 78) && *(char *)(to + PAGE) == 2;
    if (pid == 0)
        syscall(SYS_exit_group, !good);
    CHECK(good);
    CHECK_EQ(call(SYS_wait4, pid, &status, 0, nullptr), pid);
    CHECK_EQ(status, 0);
    CHECK_EQ(unmap(to, 64 * PAGE), 0);
}

CASE(mremap, "with an old size of 0 shared memory is mapped once more")
{
    long at = map(nullptr, 3 * PAGE, RW, SHARED);
    number(at, 3);
    long to = remap(at, 0, 3 * PAGE, MREMAP_MAYMOVE, 0);
    CHECK(to > 0 && to != at);
    CHECK(is_numbered(at, 3) && is_numbered(to, 3));
    *(char *)to = 55;
    CHECK_EQ(*(char *)at, 55);
    long third = free_place(2);
    CHECK_EQ(remap(at + PAGE, 0, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, third), third);
    *(char *)third = 56;
    CHECK_EQ(*(char *)(at + PAGE), 56);
    CHECK_EQ(*(char *)(third + PAGE), 3);
    CHECK_EQ(unmap(at, 3 * PAGE), 0);
    CHECK_EQ(*(char *)to, 55);
    CHECK_EQ(unmap(to, 3 * PAGE), 0);
    CHECK_EQ(unmap(third, 2 * PAGE), 0);
}

CASE(mremap, "a shared mapping grows, its memory does not")
{
    long at = map(nullptr, PAGE, RW, SHARED);
    *(char *)at = 5;
    long to = remap(at, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0);
    CHECK(to > 0);
    CHECK_EQ(*(char *)to, 5);
    CHECK_EQ(signal_of(read_target, to), 0);
    CHECK_EQ(signal_of(read_target, to + PAGE), 7); // SIGBUS
    CHECK_EQ(unmap(to, 2 * PAGE), 0);
}

CASE(mremap, "MREMAP_DONTUNMAP leaves the old range, empty")
{
    long at = map(nullptr, 2 * PAGE, RW, ANON);
    number(at, 2);
    long to = remap(at, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
    CHECK(to > 0 && to != at);
    CHECK(is_numbered(to, 2));
    CHECK_EQ(*(char *)at, 0);
    CHECK_EQ(*(char *)(at + PAGE), 0);
    *(char *)at = 44;
    CHECK_EQ(*(char *)to, 1);
    long third = free_place(2);
    CHECK_EQ(remap(to, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, third),
             third);
    CHECK(is_numbered(third, 2));
    CHECK_EQ(*(char *)to, 0);
    CHECK_EQ(unmap(at, 2 * PAGE), 0);
    CHECK_EQ(unmap(to, 2 * PAGE), 0);
    CHECK_EQ(unmap(third, 2 * PAGE), 0);
}

CASE(mremap, "MREMAP_DONTUNMAP of shared memory leaves it in both")
{
    long at = map(nullptr, 2 * PAGE, RW, SHARED);
    number(at, 2);
    long to = remap(at, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
    CHECK(to > 0 && to != at);
    CHECK(is_numbered(to, 2) && is_numbered(at, 2));
    *(char *)to = 9;
    CHECK_EQ(*(char *)at, 9);
    CHECK_EQ(unmap(at, 2 * PAGE), 0);
    CHECK_EQ(unmap(to, 2 * PAGE), 0);
}

CASE(mremap, "many pages move")
{
    constexpr long PAGES = 1500;
    long at = map(nullptr, PAGES * PAGE, RW, ANON), to = free_place(PAGES + 3);
    for (long i = 0; i < PAGES; i += 7)
        *(long *)(at + i * PAGE) = i + 1;
    CHECK_EQ(remap(at, PAGES * PAGE, (PAGES + 3) * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
    for (long i = 0; i < PAGES; i++)
        CHECK_EQ(*(long *)(to + i * PAGE), i % 7 == 0 ? i + 1 : 0);
    CHECK_EQ(unmap(to, (PAGES + 3) * PAGE), 0);
}

CASE(mremap, "locked memory is brought when it grows")
{
    long at = map(nullptr, 2 * PAGE, RW, ANON);
    CHECK_EQ(call(SYS_mlock, at, 2 * PAGE), 0);
    long to = remap(at, 2 * PAGE, 5 * PAGE, MREMAP_MAYMOVE, 0);
    CHECK(to > 0);
    CHECK_EQ(resident(to, 5), 5);
    CHECK_EQ(unmap(to, 5 * PAGE), 0);
}

CASE(mremap, "errors")
{
    long at = map(nullptr, 4 * PAGE, RW, ANON), to = free_place(4);
    constexpr int FIXED = MREMAP_MAYMOVE | MREMAP_FIXED;
    constexpr int KEEP = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
    CHECK_EQ(remap(at + 1, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0), -EINVAL);
    CHECK_EQ(remap(at, PAGE, 0, MREMAP_MAYMOVE, 0), -EINVAL);
    CHECK_EQ(remap(at, PAGE, 2 * PAGE, 8, 0), -EINVAL);
    CHECK_EQ(remap(at, PAGE, PAGE, MREMAP_FIXED, to), -EINVAL);
    CHECK_EQ(remap(at, PAGE, PAGE, MREMAP_DONTUNMAP, 0), -EINVAL);
    CHECK_EQ(remap(at, PAGE, 2 * PAGE, KEEP, 0), -EINVAL);
    CHECK_EQ(remap(at, PAGE, PAGE, FIXED, to + 1), -EINVAL);
    CHECK_EQ(remap(at, 2 * PAGE, 2 * PAGE, FIXED, at + PAGE), -EINVAL);
    CHECK_EQ(remap(at + PAGE, 2 * PAGE, 2 * PAGE, FIXED, at), -EINVAL);
    CHECK_EQ(remap(at, PAGE, PAGE, FIXED, -PAGE), -EINVAL);
    CHECK_EQ(remap(at, 0, PAGE, MREMAP_MAYMOVE, 0), -EINVAL);
    CHECK_EQ(remap(to, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0), -EFAULT);
    CHECK_EQ(remap(at, 4 * PAGE, (1l << 47) - (1l << 36), MREMAP_MAYMOVE, 0), -ENOMEM);
    CHECK_EQ(unmap(at + 2 * PAGE, PAGE), 0);
    CHECK_EQ(remap(at, 4 * PAGE, 5 * PAGE, MREMAP_MAYMOVE, 0), -EFAULT);
    CHECK_EQ(unmap(at, 4 * PAGE), 0);
}

static void grow_beyond_limit(void)
{
    struct rlimit limit = {64l << 20, 64l << 20};
    CHECK_EQ(call(SYS_prlimit64, 0, RLIMIT_AS, &limit, nullptr), 0);
    long at = map(nullptr, PAGE, RW, ANON);
    CHECK_EQ(remap(at, PAGE, 65l << 20, MREMAP_MAYMOVE, 0), -ENOMEM);
    CHECK(remap(at, PAGE, 8l << 20, MREMAP_MAYMOVE, 0) > 0);
}

CASE(mremap, "the address space's limit holds") { CHECK_EQ(in_child(grow_beyond_limit), 0); }
