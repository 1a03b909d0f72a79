// SPDX-License-Identifier: Apache-2.0
// madvise(2), mincore(2), msync(2).
#include "testing/syscall/memory.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

static long advise(long at, long len, int advice) { return call(SYS_madvise, at, len, advice); }

CASE(madvise, "MADV_DONTNEED makes anonymous memory zero again")
{
    long at = map(nullptr, 4 * PAGE, RW, ANON);
    memset((void *)at, 6, 4 * PAGE);
    CHECK_EQ(advise(at + PAGE, 2 * PAGE, MADV_DONTNEED), 0);
    CHECK_EQ(*(char *)at, 6);
    CHECK_EQ(*(char *)(at + PAGE), 0);
    CHECK_EQ(*(char *)(at + 3 * PAGE), 6);
    for (int advice = MADV_NORMAL; advice <= MADV_WILLNEED; advice++)
        CHECK_EQ(advise(at, 4 * PAGE, advice), 0);
    CHECK_EQ(*(char *)at, 6);
    CHECK_EQ(unmap(at, 4 * PAGE), 0);
}

CASE(madvise, "MADV_DONTNEED lets go of shared memory, whose contents stay")
{
    long at = map(nullptr, 2 * PAGE, RW, SHARED);
    memset((void *)at, 6, 2 * PAGE);
    CHECK_EQ(advise(at, 2 * PAGE, MADV_DONTNEED), 0);
    CHECK_EQ(*(char *)at, 6);
    CHECK_EQ(unmap(at, 2 * PAGE), 0);
}

CASE(madvise, "errors")
{
    long at = map(nullptr, 2 * PAGE, RW, ANON);
    CHECK_EQ(advise(at + 1, PAGE, MADV_DONTNEED), -EINVAL);
    CHECK_EQ(advise(at, PAGE, 9999), -EINVAL);
    CHECK_EQ(advise(at, 0, 9999), -EINVAL);
    CHECK_EQ(advise(at, -1l, MADV_DONTNEED), -EINVAL);
    CHECK_EQ(advise(at, 1l << 47, MADV_WILLNEED), -ENOMEM);
    CHECK_EQ(advise(PAGE, 0, MADV_DONTNEED), 0);
    CHECK_EQ(unmap(at + PAGE, PAGE), 0);
    CHECK_EQ(unmap(at, PAGE), 0);
}

CASE(madvise, "beyond a hole it is done, and ENOMEM tells of the hole")
{
    constexpr int all[] = {MADV_DONTNEED, MADV_FREE,     MADV_WILLNEED, MADV_DONTFORK,
                           MADV_DOFORK,   MADV_DONTDUMP, MADV_DODUMP,   MADV_NORMAL};
    long at = map(nullptr, 3 * PAGE, RW, ANON);
    CHECK_EQ(unmap(at + PAGE, PAGE), 0);
    memset((void *)at, 1, PAGE);
    memset((void *)(at + 2 * PAGE), 1, PAGE);
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        CHECK_EQ(advise(at, 3 * PAGE, all[i]), -ENOMEM);
    CHECK_EQ(advise(at, 3 * PAGE, MADV_DONTNEED), -ENOMEM);
    CHECK_EQ(*(char *)at, 0);
    CHECK_EQ(*(char *)(at + 2 * PAGE), 0);
    CHECK_EQ(unmap(at, 3 * PAGE), 0);
}

CASE(madvise, "MADV_FREE is for private memory, whose contents may go")
{
    long at = map(nullptr, PAGE, RW, ANON), shared = map(nullptr, PAGE, RW, SHARED);
    *(char *)at = 6;
    CHECK_EQ(advise(at, PAGE, MADV_FREE), 0);
    CHECK(*(char *)at == 6 || *(char *)at == 0);
    *(char *)at = 7;
    CHECK_EQ(*(char *)at, 7);
    CHECK_EQ(advise(shared, PAGE, MADV_FREE), -EINVAL);
    CHECK_EQ(unmap(at, PAGE), 0);
    CHECK_EQ(unmap(shared, PAGE), 0);
}

CASE(madvise, "MADV_COLD and MADV_PAGEOUT leave contents alone")
{
    long at = map(nullptr, PAGE, RW, ANON);
    *(char *)at = 6;
    CHECK_EQ(advise(at, PAGE, MADV_COLD), 0);
    CHECK_EQ(advise(at, PAGE, MADV_PAGEOUT), 0);
    CHECK_EQ(*(char *)at, 6);
    CHECK_EQ(unmap(at, PAGE), 0);
}

CASE(madvise, "MADV_POPULATE_READ and _WRITE bring pages")
{
    long at = map(nullptr, 8 * PAGE, RW, ANON);
    CHECK_EQ(resident(at, 8), 0);
    CHECK_EQ(advise(at, 2 * PAGE, MADV_POPULATE_READ), 0);
    CHECK_EQ(advise(at + 4 * PAGE, 2 * PAGE, MADV_POPULATE_WRITE), 0);
    CHECK_EQ(resident(at, 8), 4);
    CHECK_EQ(resident(at + 2 * PAGE, 2), 0);
    CHECK_EQ(call(SYS_mprotect, at, PAGE, PROT_READ), 0);
    CHECK_EQ(advise(at, PAGE, MADV_POPULATE_WRITE), -EINVAL);
    CHECK_EQ(call(SYS_mprotect, at, PAGE, PROT_NONE), 0);
    CHECK_EQ(advise(at, PAGE, MADV_POPULATE_READ), -EINVAL);
    CHECK_EQ(unmap(at + 2 * PAGE, PAGE), 0);
    CHECK_EQ(advise(at + PAGE, 2 * PAGE, MADV_POPULATE_READ), -ENOMEM);
    CHECK_EQ(advise(at + 2 * PAGE, 2 * PAGE, MADV_POPULATE_WRITE), -ENOMEM);
    CHECK_EQ(unmap(at, 8 * PAGE), 0);
}

CASE(madvise, "MADV_POPULATE_READ cannot go beyond a shared mapping's end")
{
    long at = map(nullptr, PAGE, RW, SHARED);
    long larger = call(SYS_mremap, at, PAGE, 4 * PAGE, MREMAP_MAYMOVE);
    CHECK(larger > 0);
    CHECK_EQ(advise(larger, 4 * PAGE, MADV_POPULATE_READ), -EFAULT);
    CHECK_EQ(unmap(larger, 4 * PAGE), 0);
}

// What a child finds at the target.
static void is_kept(void) { CHECK_EQ(*target, 6); }
static void is_wiped(void) { CHECK_EQ(*target, 0); }

CASE(madvise, "MADV_DONTFORK keeps memory from a child, MADV_DOFORK does not")
{
    long at = map(nullptr, 3 * PAGE, RW, ANON);
    memset((void *)at, 6, 3 * PAGE);
    CHECK_EQ(advise(at + PAGE, PAGE, MADV_DONTFORK), 0);
    CHECK(can_read(at) && !can_read(at + PAGE) && can_read(at + 2 * PAGE));
    CHECK_EQ(*(char *)(at + PAGE), 6);
    CHECK_EQ(advise(at, 3 * PAGE, MADV_DOFORK), 0);
    target = (char *)at + PAGE;
    CHECK_EQ(in_child(is_kept), 0);
    CHECK_EQ(unmap(at, 3 * PAGE), 0);
}

CASE(madvise, "MADV_WIPEONFORK gives a child zeroes, MADV_KEEPONFORK does not")
{
    long at = map(nullptr, 3 * PAGE, RW, ANON), shared = map(nullptr, PAGE, RW, SHARED);
    memset((void *)at, 6, 3 * PAGE);
    CHECK_EQ(advise(at + PAGE, PAGE, MADV_WIPEONFORK), 0);
    target = (char *)at;
    CHECK_EQ(in_child(is_kept), 0);
    target = (char *)at + PAGE;
    CHECK_EQ(in_child(is_wiped), 0);
    CHECK_EQ(*target, 6);
    CHECK_EQ(advise(at, 3 * PAGE, MADV_KEEPONFORK), 0);
    CHECK_EQ(in_child(is_kept), 0);
    CHECK_EQ(advise(shared, PAGE, MADV_WIPEONFORK), -EINVAL);
    CHECK_EQ(unmap(at, 3 * PAGE), 0);
    CHECK_EQ(unmap(shared, PAGE), 0);
}

CASE(madvise, "MADV_DONTDUMP and MADV_DODUMP are taken")
{
    long at = map(nullptr, 2 * PAGE, RW, ANON);
    *(char *)at = 6;
    CHECK_EQ(advise(at, PAGE, MADV_DONTDUMP), 0);
    CHECK_EQ(advise(at, 2 * PAGE, MADV_DODUMP), 0);
    CHECK_EQ(*(char *)at, 6);
    CHECK_EQ(unmap(at, 2 * PAGE), 0);
}

static void punch_target(void) { CHECK_EQ(advise((long)target, PAGE, MADV_REMOVE), 0); }

CASE(madvise, "MADV_REMOVE makes shared memory zero for all")
{
    long at = map(nullptr, 3 * PAGE, RW, SHARED), private = map(nullptr, PAGE, RW, ANON);
    memset((void *)at, 6, 3 * PAGE);
    CHECK_EQ(advise(at, PAGE, MADV_REMOVE), 0);
    CHECK_EQ(*(char *)at, 0);
    CHECK_EQ(*(char *)(at + PAGE), 6);
    target = (char *)at + PAGE;
    CHECK_EQ(in_child(punch_target), 0);
    CHECK_EQ(*(char *)(at + PAGE), 0);
    CHECK_EQ(*(char *)(at + 2 * PAGE), 6);
    CHECK_EQ(advise(private, PAGE, MADV_REMOVE), -EINVAL);
    CHECK_EQ(unmap(at, 3 * PAGE), 0);
    CHECK_EQ(unmap(private, PAGE), 0);
}

CASE(madvise, "locked memory stays")
{
    long at = map(nullptr, PAGE, RW, ANON), shared = map(nullptr, PAGE, RW, SHARED);
    *(char *)at = 6;
    CHECK_EQ(call(SYS_mlock, at, PAGE), 0);
    CHECK_EQ(call(SYS_mlock, shared, PAGE), 0);
    CHECK_EQ(advise(at, PAGE, MADV_DONTNEED), -EINVAL);
    CHECK_EQ(advise(at, PAGE, MADV_FREE), -EINVAL);
    CHECK_EQ(advise(at, PAGE, MADV_COLD), -EINVAL);
    CHECK_EQ(advise(at, PAGE, MADV_PAGEOUT), -EINVAL);
    CHECK_EQ(advise(shared, PAGE, MADV_REMOVE), -EINVAL);
    CHECK_EQ(*(char *)at, 6);
    CHECK_EQ(advise(at, PAGE, MADV_DONTNEED_LOCKED), 0);
    CHECK_EQ(*(char *)at, 0);
    CHECK_EQ(unmap(at, PAGE), 0);
    CHECK_EQ(unmap(shared, PAGE), 0);
}

CASE(madvise, "what takes pages out of use is not for everybody")
{
    long at = map(nullptr, PAGE, RW, ANON);
    for (int advice = 100; advice <= 101; advice++) {
        long got = advise(at, PAGE, advice);
        CHECK(got == -EPERM || got == -EINVAL);
    }
    CHECK_EQ(unmap(at, PAGE), 0);
}

CASE(madvise, "advice on merging and large pages is taken or unknown")
{
    long at = map(nullptr, PAGE, RW, ANON);
    for (int advice = 12; advice <= 15; advice++) {
        long got = advise(at, PAGE, advice);
        CHECK(got == 0 || got == -EINVAL);
    }
    CHECK_EQ(advise(at, PAGE, 25), -EINVAL); // MADV_COLLAPSE: no large page fits
    CHECK_EQ(unmap(at, PAGE), 0);
}

CASE(mincore, "tells which pages are there")
{
    unsigned char there[6] = {9, 9, 9, 9, 9, 9};
    long at = map(nullptr, 4 * PAGE, RW, ANON);
    *(char *)at = 1;
    *(char *)(at + 2 * PAGE) = 1;
    CHECK_EQ(call(SYS_mincore, at, 3 * PAGE + 1, there), 0);
    CHECK(there[0] == 1 && there[1] == 0 && there[2] == 1 && there[3] == 0 && there[4] == 9);
    CHECK_EQ(call(SYS_mprotect, at, PAGE, PROT_NONE), 0);
    CHECK_EQ(call(SYS_mincore, at, 4 * PAGE, there), 0);
    CHECK(there[0] == 1 && there[1] == 0 && there[2] == 1 && there[3] == 0);
    CHECK_EQ(call(SYS_madvise, at, 4 * PAGE, MADV_DONTNEED), 0);
    CHECK_EQ(resident(at, 4), 0);
    CHECK_EQ(call(SYS_mincore, at, 0, there), 0);
    CHECK_EQ(unmap(at, 4 * PAGE), 0);
}

static void touch_target(void) { *target = 5; }

CASE(mincore, "shared pages are there when anybody has touched them")
{
    long at = map(nullptr, 4 * PAGE, RW, SHARED);
    target = (char *)at + PAGE;
    CHECK_EQ(in_child(touch_target), 0);
    CHECK_EQ(resident(at, 4), 1);
    CHECK_EQ(resident(at + PAGE, 1), 1);
    CHECK_EQ(unmap(at, 4 * PAGE), 0);
}

CASE(mincore, "more pages than go at a time")
{
    static unsigned char there[3000];
    long at = map(nullptr, 3000 * PAGE, RW, ANON);
    memset(there, 9, sizeof(there));
    long got = advise(at, 3000 * PAGE, MADV_NOHUGEPAGE); // may be unknown
    CHECK(got == 0 || got == -EINVAL);
    *(char *)(at + 2999 * PAGE) = 1;
    *(char *)(at + 511 * PAGE) = 1;
    CHECK_EQ(call(SYS_mincore, at, 3000 * PAGE, there), 0);
    for (long i = 0; i < 3000; i++)
        CHECK_EQ(there[i], i == 511 || i == 2999);
    CHECK_EQ(unmap(at, 3000 * PAGE), 0);
}

CASE(mincore, "errors")
{
    unsigned char there[4];
    long at = map(nullptr, 3 * PAGE, RW, ANON);
    CHECK_EQ(call(SYS_mincore, at + 1, PAGE, there), -EINVAL);
    CHECK_EQ(call(SYS_mincore, at, PAGE, nowhere), -EFAULT);
    CHECK_EQ(call(SYS_mincore, at, -1l, there), -ENOMEM);
    CHECK_EQ(unmap(at + PAGE, PAGE), 0);
    CHECK_EQ(call(SYS_mincore, at, 3 * PAGE, there), -ENOMEM);
    CHECK_EQ(call(SYS_mincore, at + PAGE, PAGE, there), -ENOMEM);
    CHECK_EQ(unmap(at, 3 * PAGE), 0);
}

CASE(msync, "anonymous memory has nothing to write")
{
    long at = map(nullptr, 2 * PAGE, RW, SHARED);
    *(char *)at = 5;
    CHECK_EQ(call(SYS_msync, at, 2 * PAGE, MS_SYNC), 0);
    CHECK_EQ(call(SYS_msync, at, 2 * PAGE - 1, MS_ASYNC | MS_INVALIDATE), 0);
    CHECK_EQ(call(SYS_msync, at, 0, 0), 0);
    CHECK_EQ(*(char *)at, 5);
    CHECK_EQ(unmap(at, 2 * PAGE), 0);
}

CASE(msync, "errors")
{
    long at = map(nullptr, 3 * PAGE, RW, ANON);
    CHECK_EQ(call(SYS_msync, at + 1, PAGE, MS_SYNC), -EINVAL);
    CHECK_EQ(call(SYS_msync, at, PAGE, MS_SYNC | MS_ASYNC), -EINVAL);
    CHECK_EQ(call(SYS_msync, at, PAGE, 0x100), -EINVAL);
    CHECK_EQ(call(SYS_msync, at, -2 * PAGE, MS_SYNC), -ENOMEM);
    CHECK_EQ(unmap(at + PAGE, PAGE), 0);
    CHECK_EQ(call(SYS_msync, at, 3 * PAGE, MS_SYNC), -ENOMEM);
    CHECK_EQ(call(SYS_mlock, at + 2 * PAGE, PAGE), 0);
    CHECK_EQ(call(SYS_msync, at, 3 * PAGE, MS_INVALIDATE), -EBUSY);
    CHECK_EQ(call(SYS_msync, at + 2 * PAGE, PAGE, MS_SYNC), 0);
    CHECK_EQ(unmap(at, 3 * PAGE), 0);
}
