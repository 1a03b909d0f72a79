// SPDX-License-Identifier: Apache-2.0
// mprotect(2) and mmap(2) by their rarer flags; pkey_mprotect(2), pkey_alloc(2), pkey_free(2). A
// CPU may have protection keys: then others than here are free to be used.
#include "testing/syscall/memory.h"
#include <sys/resource.h>

constexpr int GROWS_DOWN = 0x01000000, GROWS_UP = 0x02000000;

static long protect(long at, long len, int prot) { return call(SYS_mprotect, at, len, prot); }

CASE(mmap, "MAP_32BIT maps where 31 bits reach")
{
    long at = map(nullptr, 16 * PAGE, RW, ANON | MAP_32BIT);
    CHECK(at > 0 && at + 16 * PAGE <= 1l << 31);
    *(char *)at = 1;
    long other = map(nullptr, PAGE, RW, ANON | MAP_32BIT);
    CHECK(other > 0 && other < 1l << 31 && (other < at || other >= at + 16 * PAGE));
    CHECK_EQ(map(nullptr, 3l << 30, RW, ANON | MAP_32BIT | MAP_NORESERVE), -ENOMEM);
    CHECK_EQ(unmap(at, 16 * PAGE), 0);
    CHECK_EQ(unmap(other, PAGE), 0);
}

CASE(mmap, "MAP_GROWSDOWN grows when what is below is touched")
{
    long top = free_place(1024) + 1024 * PAGE;
    CHECK_EQ(map((void *)(top - PAGE), PAGE, RW, ANON | MAP_GROWSDOWN | MAP_FIXED), top - PAGE);
    CHECK(!can_read(top));
    *(char *)(top - 1) = 1;
    *(char *)(top - 2 * PAGE) = 2;
    *(char *)(top - 20 * PAGE) = 3;
    CHECK_EQ(*(char *)(top - 10 * PAGE), 0);
    CHECK_EQ(*(char *)(top - 2 * PAGE), 2);
    CHECK_EQ(unmap(top - 20 * PAGE, 20 * PAGE), 0);
    CHECK_EQ(map(nullptr, PAGE, RW, SHARED | MAP_GROWSDOWN), -EINVAL);
}

CASE(mmap, "what grows down stops before what is below")
{
    long at = free_place(1024), top = at + 400 * PAGE;
    CHECK_EQ(map((void *)at, PAGE, RW, ANON | MAP_FIXED), at);
    CHECK_EQ(map((void *)(top - PAGE), PAGE, RW, ANON | MAP_GROWSDOWN | MAP_FIXED), top - PAGE);
    CHECK(can_write(top - 100 * PAGE));
    CHECK(!can_write(at + 100 * PAGE));
    CHECK_EQ(protect(at, PAGE, PROT_NONE), 0);
    CHECK(can_write(at + 100 * PAGE));
    CHECK_EQ(unmap(at, 400 * PAGE), 0);
}

CASE(mmap, "large pages are not set aside")
{
    constexpr int HUGE = 0x40000;
    CHECK_EQ(map(nullptr, 2l << 20, RW, ANON | HUGE | 13 << 26), -EINVAL);
    long at = map(nullptr, 2l << 20, RW, ANON | HUGE | 21 << 26);
    CHECK(at == -ENOMEM || at > 0); // but a machine may have some
    if (at > 0)
        CHECK_EQ(unmap(at, 2l << 20), 0);
}

CASE(mmap, "MAP_SHARED_VALIDATE is for files")
{
    CHECK_EQ(map(nullptr, PAGE, RW, MAP_ANONYMOUS | 3), -EINVAL);
    CHECK_EQ(call(SYS_mmap, nullptr, PAGE, RW, 3, -1, 0), -EBADF);
}

CASE(mmap, "flags and permissions that are unknown are not looked at")
{
    long at = map(nullptr, PAGE, RW | 0x100, ANON | 0x80 | MAP_STACK);
    CHECK(at > 0);
    *(char *)at = 1;
    CHECK_EQ(unmap(at, PAGE), 0);
}

CASE(mprotect, "PROT_GROWSDOWN goes on to the start of what grows down")
{
    long top = free_place(1024) + 1024 * PAGE;
    CHECK_EQ(map((void *)(top - 4 * PAGE), 4 * PAGE, RW, ANON | MAP_GROWSDOWN | MAP_FIXED),
             top - 4 * PAGE);
    memset((void *)(top - 4 * PAGE), 1, 4 * PAGE);
    CHECK_EQ(protect(top - 2 * PAGE, PAGE, PROT_READ | GROWS_DOWN), 0);
    CHECK(!can_write(top - 4 * PAGE) && !can_write(top - 2 * PAGE) && can_write(top - PAGE));
    CHECK_EQ(unmap(top - 4 * PAGE, 4 * PAGE), 0);
}

CASE(mprotect, "errors of what should grow")
{
    long at = map(nullptr, 2 * PAGE, RW, ANON), free = free_place(1);
    CHECK_EQ(protect(at, PAGE, RW | GROWS_DOWN), -EINVAL);
    CHECK_EQ(protect(at, PAGE, RW | GROWS_UP), -EINVAL);
    CHECK_EQ(protect(at, PAGE, RW | GROWS_UP | GROWS_DOWN), -EINVAL);
    CHECK_EQ(protect(free, PAGE, RW | GROWS_DOWN), -ENOMEM);
    CHECK_EQ(protect(free, PAGE, RW | GROWS_UP), -ENOMEM);
    CHECK_EQ(protect(at, -2 * PAGE, RW), -ENOMEM);
    CHECK_EQ(protect(at, PAGE, RW | 8), 0); // PROT_SEM
    CHECK_EQ(unmap(at, 2 * PAGE), 0);
}

static void make_data(void)
{
    long at = map(nullptr, 32l << 20, PROT_READ, ANON | MAP_NORESERVE);
    struct rlimit limit = {16l << 20, 16l << 20};
    CHECK_EQ(call(SYS_prlimit64, 0, RLIMIT_DATA, &limit, nullptr), 0);
    CHECK_EQ(protect(at, 32l << 20, RW), -ENOMEM);
    CHECK_EQ(protect(at, 4l << 20, RW), 0);
    CHECK_EQ(protect(at, 4l << 20, PROT_READ), 0);
    CHECK_EQ(protect(at, 4l << 20, RW), 0);
}

CASE(mprotect, "RLIMIT_DATA holds for what becomes data") { CHECK_EQ(in_child(make_data), 0); }

CASE(pkey_mprotect, "without a key it is mprotect")
{
    long at = map(nullptr, 2 * PAGE, RW, ANON);
    CHECK_EQ(call(SYS_pkey_mprotect, at, PAGE, PROT_READ, -1), 0);
    CHECK(!can_write(at) && can_write(at + PAGE));
    CHECK_EQ(call(SYS_pkey_mprotect, at, PAGE, RW, -1), 0);
    CHECK(can_write(at));
    CHECK_EQ(call(SYS_pkey_mprotect, at, PAGE, RW, 15), -EINVAL);
    CHECK_EQ(call(SYS_pkey_mprotect, at, PAGE, RW, 99), -EINVAL);
    CHECK_EQ(call(SYS_pkey_mprotect, at + 1, PAGE, RW, -1), -EINVAL);
    CHECK_EQ(unmap(at, 2 * PAGE), 0);
    CHECK_EQ(call(SYS_pkey_mprotect, at, PAGE, RW, -1), -ENOMEM);
}

CASE(pkey_alloc, "a key, or none is left")
{
    CHECK_EQ(call(SYS_pkey_alloc, 1, 0), -EINVAL);
    CHECK_EQ(call(SYS_pkey_alloc, 0, 0x100), -EINVAL);
    long key = call(SYS_pkey_alloc, 0, 0);
    CHECK(key == -ENOSPC || key == -EINVAL || (key > 0 && key < 16));
    if (key > 0)
        CHECK_EQ(call(SYS_pkey_free, key), 0);
}

CASE(pkey_free, "errors")
{
    CHECK_EQ(call(SYS_pkey_free, 15), -EINVAL);
    CHECK_EQ(call(SYS_pkey_free, -1), -EINVAL);
    CHECK_EQ(call(SYS_pkey_free, 1000), -EINVAL);
}
