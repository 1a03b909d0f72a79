// SPDX-License-Identifier: Apache-2.0
// mlock(2), mlock2(2), munlock(2), mlockall(2), munlockall(2), MAP_LOCKED. Some of what is true
// depends on who asks, by RLIMIT_MEMLOCK and CAP_IPC_LOCK: here a few pages are locked at a time.
#include "testing/syscall/memory.h"
#include <sys/resource.h>

constexpr int ON_FAULT = 1; // MLOCK_ONFAULT

// Whether memory is locked: then it cannot be dropped.
static bool is_locked(long at)
{
    long got = call(SYS_madvise, at, PAGE, MADV_COLD);
    CHECK(got == 0 || got == -EINVAL);
    return got != 0;
}

CASE(mlock, "brings the pages that a range lies in")
{
    long at = map(nullptr, 6 * PAGE, RW, ANON);
    CHECK_EQ(call(SYS_mlock, at + PAGE + 5, PAGE), 0);
    CHECK_EQ(resident(at, 6), 2);
    CHECK_EQ(resident(at + PAGE, 2), 2);
    CHECK(!is_locked(at) && is_locked(at + PAGE) && is_locked(at + 2 * PAGE));
    CHECK(!is_locked(at + 3 * PAGE));
    CHECK_EQ(call(SYS_mlock, at, 0), 0);
    CHECK_EQ(unmap(at, 6 * PAGE), 0);
}

CASE(mlock, "what may only be read is brought too")
{
    long at = map(nullptr, 2 * PAGE, PROT_READ, ANON), shared = map(nullptr, PAGE, RW, SHARED);
    CHECK_EQ(call(SYS_mlock, at, 2 * PAGE), 0);
    CHECK_EQ(call(SYS_mlock, shared, PAGE), 0);
    CHECK_EQ(resident(at, 2), 2);
    CHECK_EQ(resident(shared, 1), 1);
    CHECK_EQ(*(char *)at, 0);
    CHECK_EQ(unmap(at, 2 * PAGE), 0);
    CHECK_EQ(unmap(shared, PAGE), 0);
}

CASE(mlock, "errors")
{
    long at = map(nullptr, 3 * PAGE, RW, ANON);
    CHECK_EQ(unmap(at + PAGE, PAGE), 0);
    CHECK_EQ(call(SYS_mlock, at, 3 * PAGE), -ENOMEM);
    // What comes before the hole is locked.
    CHECK(is_locked(at) && !is_locked(at + 2 * PAGE));
    CHECK_EQ(call(SYS_mlock, at + PAGE, PAGE), -ENOMEM);
    CHECK_EQ(call(SYS_mprotect, at + 2 * PAGE, PAGE, PROT_NONE), 0);
    CHECK_EQ(call(SYS_mlock, at + 2 * PAGE, PAGE), -ENOMEM);
    CHECK_EQ(unmap(at, 3 * PAGE), 0);
}

static void child_is_not_locked(void) { CHECK(!is_locked((long)target) && *target == 7); }

CASE(mlock, "a child has to lock for itself")
{
    long at = map(nullptr, PAGE, RW, ANON);
    *(char *)at = 7;
    CHECK_EQ(call(SYS_mlock, at, PAGE), 0);
    target = (char *)at;
    CHECK_EQ(in_child(child_is_not_locked), 0);
    CHECK(is_locked(at));
    CHECK_EQ(unmap(at, PAGE), 0);
}

CASE(mlock2, "MLOCK_ONFAULT locks pages as they come")
{
    long at = map(nullptr, 4 * PAGE, RW, ANON);
    *(char *)at = 1;
    CHECK_EQ(call(SYS_mlock2, at, 4 * PAGE, ON_FAULT), 0);
    CHECK_EQ(resident(at, 4), 1);
    CHECK(is_locked(at + 2 * PAGE));
    *(char *)(at + PAGE) = 1;
    CHECK_EQ(resident(at, 4), 2);
    CHECK_EQ(call(SYS_mlock2, at, 4 * PAGE, 0), 0);
    CHECK_EQ(resident(at, 4), 4);
    CHECK_EQ(unmap(at, 4 * PAGE), 0);
}

CASE(mlock2, "errors")
{
    long at = map(nullptr, PAGE, RW, ANON);
    CHECK_EQ(call(SYS_mlock2, at, PAGE, 2), -EINVAL);
    CHECK_EQ(unmap(at, PAGE), 0);
    CHECK_EQ(call(SYS_mlock2, at, PAGE, ON_FAULT), -ENOMEM);
}

CASE(munlock, "makes a part evictable again, whose contents stay")
{
    long at = map(nullptr, 3 * PAGE, RW, ANON);
    memset((void *)at, 4, 3 * PAGE);
    CHECK_EQ(call(SYS_mlock, at, 3 * PAGE), 0);
    CHECK_EQ(call(SYS_munlock, at + PAGE, 1), 0);
    CHECK(is_locked(at) && !is_locked(at + PAGE) && is_locked(at + 2 * PAGE));
    CHECK_EQ(*(char *)(at + PAGE), 4);
    CHECK_EQ(call(SYS_munlock, at, 3 * PAGE), 0);
    CHECK_EQ(call(SYS_munlock, at, 3 * PAGE), 0);
    CHECK(!is_locked(at) && !is_locked(at + 2 * PAGE));
    CHECK_EQ(unmap(at, 3 * PAGE), 0);
}

CASE(munlock, "errors")
{
    long at = map(nullptr, 3 * PAGE, RW, ANON);
    CHECK_EQ(unmap(at + PAGE, PAGE), 0);
    CHECK_EQ(call(SYS_munlock, at, 3 * PAGE), -ENOMEM);
    CHECK_EQ(call(SYS_munlock, at + PAGE, PAGE), -ENOMEM);
    CHECK_EQ(call(SYS_munlock, at, -2 * PAGE), -EINVAL);
    CHECK_EQ(call(SYS_munlock, at, 0), 0);
    CHECK_EQ(unmap(at, 3 * PAGE), 0);
}

static void lock_all(void)
{
    long before = map(nullptr, 2 * PAGE, RW, ANON);
    CHECK_EQ(call(SYS_mlockall, MCL_CURRENT), 0);
    CHECK(is_locked(before));
    CHECK_EQ(resident(before, 2), 2);
    long after = map(nullptr, 2 * PAGE, RW, ANON);
    CHECK(!is_locked(after));
    CHECK_EQ(resident(after, 2), 0);
    CHECK_EQ(call(SYS_mlockall, MCL_FUTURE), 0);
    CHECK(is_locked(before) && !is_locked(after));
    long later = map(nullptr, 2 * PAGE, RW, ANON);
    CHECK(is_locked(later));
    CHECK_EQ(resident(later, 2), 2);
    // What cannot be touched does not fail.
    CHECK(is_locked(map(nullptr, PAGE, PROT_NONE, ANON)));
    CHECK_EQ(call(SYS_munlockall), 0);
    CHECK(!is_locked(before) && !is_locked(later));
    CHECK(!is_locked(map(nullptr, PAGE, RW, ANON)));
}

CASE(mlockall, "locks what is mapped, or what will be") { CHECK_EQ(in_child(lock_all), 0); }

static void heap_is_locked(void)
{
    CHECK_EQ(call(SYS_mlockall, MCL_FUTURE), 0);
    long start = call(SYS_brk, 0), page = (start + PAGE - 1) / PAGE * PAGE;
    CHECK_EQ(call(SYS_brk, page + 2 * PAGE), page + 2 * PAGE);
    CHECK_EQ(resident(page, 2), 2);
    CHECK(is_locked(page));
}

CASE(mlockall, "the heap's growth is what will be mapped")
{
    CHECK_EQ(in_child(heap_is_locked), 0);
}

static void lock_all_on_fault(void)
{
    CHECK_EQ(call(SYS_mlockall, MCL_FUTURE | MCL_ONFAULT), 0);
    long at = map(nullptr, 4 * PAGE, RW, ANON);
    CHECK(is_locked(at));
    CHECK_EQ(resident(at, 4), 0);
    at = map(nullptr, 4 * PAGE, RW, ANON | MAP_POPULATE);
    CHECK_EQ(resident(at, 4), 0);
    CHECK_EQ(call(SYS_mlock, at, 2 * PAGE), 0);
    CHECK_EQ(resident(at, 4), 2);
}

static void child_has_no_future(void) { CHECK(!is_locked(map(nullptr, PAGE, RW, ANON))); }

static void future_and_child(void)
{
    CHECK_EQ(call(SYS_mlockall, MCL_FUTURE), 0);
    CHECK_EQ(in_child(child_has_no_future), 0);
    CHECK(is_locked(map(nullptr, PAGE, RW, ANON)));
}

CASE(mlockall, "MCL_ONFAULT locks pages as they come")
{
    CHECK_EQ(in_child(lock_all_on_fault), 0);
    CHECK_EQ(in_child(future_and_child), 0);
}

CASE(mlockall, "errors")
{
    CHECK_EQ(call(SYS_mlockall, 0), -EINVAL);
    CHECK_EQ(call(SYS_mlockall, 8), -EINVAL);
    CHECK_EQ(call(SYS_mlockall, MCL_CURRENT | 8), -EINVAL);
    CHECK_EQ(call(SYS_mlockall, 4), -EINVAL); // MCL_ONFAULT alone
}

CASE(munlockall, "always succeeds") { CHECK_EQ(call(SYS_munlockall), 0); }

CASE(mmap, "MAP_LOCKED brings pages, and locks them")
{
    long at = map(nullptr, 4 * PAGE, RW, ANON | MAP_LOCKED);
    CHECK(at > 0);
    CHECK_EQ(resident(at, 4), 4);
    CHECK(is_locked(at));
    CHECK_EQ(unmap(at, 4 * PAGE), 0);
}

// Who has the capability is not limited; else no more than the limit is locked.
static void lock_beyond_limit(void)
{
    struct rlimit limit = {4 * PAGE, 4 * PAGE};
    CHECK_EQ(call(SYS_prlimit64, 0, RLIMIT_MEMLOCK, &limit, nullptr), 0);
    long at = map(nullptr, 16 * PAGE, RW, ANON);
    long got = call(SYS_mlock, at, 8 * PAGE);
    bool limited = got == -ENOMEM;
    CHECK(got == 0 || limited);
    CHECK_EQ(call(SYS_munlock, at, 8 * PAGE), 0);
    CHECK_EQ(call(SYS_mlock, at, 3 * PAGE), 0);
    CHECK_EQ(call(SYS_mlock, at, 4 * PAGE), 0); // 3 of them are locked
    CHECK_EQ(call(SYS_mlock, at + 4 * PAGE, PAGE), limited ? -ENOMEM : 0);
    got = map(nullptr, PAGE, RW, ANON | MAP_LOCKED);
    CHECK(limited ? got == -EAGAIN : got > 0);
    got = call(SYS_mremap, at, 4 * PAGE, 32 * PAGE, MREMAP_MAYMOVE);
    CHECK(limited ? got == -EAGAIN : got > 0);
    CHECK_EQ(call(SYS_mlockall, MCL_CURRENT), limited ? -ENOMEM : 0);
}

static void lock_with_no_limit_left(void)
{
    struct rlimit limit = {0, 0};
    CHECK_EQ(call(SYS_prlimit64, 0, RLIMIT_MEMLOCK, &limit, nullptr), 0);
    long at = map(nullptr, PAGE, RW, ANON);
    long got = call(SYS_mlock, at, PAGE);
    CHECK(got == 0 || got == -EPERM);
    CHECK_EQ(call(SYS_mlockall, MCL_FUTURE), got);
    long locked = map(nullptr, PAGE, RW, ANON | MAP_LOCKED);
    CHECK(got == 0 ? locked > 0 : locked == -EPERM);
}

CASE(mlock, "RLIMIT_MEMLOCK holds for whom it does")
{
    CHECK_EQ(in_child(lock_beyond_limit), 0);
    CHECK_EQ(in_child(lock_with_no_limit_left), 0);
}
