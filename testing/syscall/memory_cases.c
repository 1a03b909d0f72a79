// SPDX-License-Identifier: Apache-2.0
// mmap(2), munmap(2), mprotect(2), brk(2).
#include "testing/syscall/memory.h"

CASE(mmap, "anonymous memory is zero, and keeps what is written")
{
    long at = map(nullptr, 16 * PAGE, RW, ANON);
    CHECK(at > 0 && at % PAGE == 0);
    char *bytes = (char *)at;
    for (long i = 0; i < 16 * PAGE; i += 777)
        CHECK_EQ(bytes[i], 0);
    memset(bytes, 7, 16 * PAGE);
    CHECK_EQ(bytes[15 * PAGE], 7);
    CHECK_EQ(call(SYS_munmap, at, 16 * PAGE), 0);
    CHECK(!can(read_target, at));
}

CASE(mmap, "MAP_FIXED replaces, MAP_FIXED_NOREPLACE does not")
{
    long at = map(nullptr, 4 * PAGE, RW, ANON);
    *(char *)at = 5;
    CHECK_EQ(map((void *)at, PAGE, RW, ANON | MAP_FIXED_NOREPLACE), -EEXIST);
    CHECK_EQ(*(char *)at, 5);
    CHECK_EQ(map((void *)at, PAGE, RW, ANON | MAP_FIXED), at);
    CHECK_EQ(*(char *)at, 0);
    CHECK_EQ(call(SYS_munmap, at, 4 * PAGE), 0);
    CHECK_EQ(map((void *)at, PAGE, RW, ANON | MAP_FIXED_NOREPLACE), at);
    CHECK_EQ(call(SYS_munmap, at, PAGE), 0);
}

CASE(mmap, "an address that is free is taken as a wish")
{
    long at = map(nullptr, 2 * PAGE, RW, ANON);
    CHECK_EQ(call(SYS_munmap, at, 2 * PAGE), 0);
    CHECK_EQ(map((void *)at, PAGE, RW, ANON), at);
    long other = map((void *)at, PAGE, RW, ANON);
    CHECK(other > 0 && other != at);
    CHECK_EQ(call(SYS_munmap, at, PAGE), 0);
    CHECK_EQ(call(SYS_munmap, other, PAGE), 0);
}

CASE(mmap, "MAP_POPULATE and MAP_NORESERVE are taken")
{
    long at = map(nullptr, 64 * PAGE, RW, ANON | MAP_POPULATE | MAP_NORESERVE);
    CHECK(at > 0);
    CHECK_EQ(*(char *)at, 0);
    CHECK_EQ(call(SYS_munmap, at, 64 * PAGE), 0);
}

CASE(mmap, "errors")
{
    CHECK_EQ(map(nullptr, 0, RW, ANON), -EINVAL);
    CHECK_EQ(map(nullptr, PAGE, RW, MAP_ANONYMOUS), -EINVAL);
    CHECK_EQ(map((void *)123, PAGE, RW, ANON | MAP_FIXED), -EINVAL);
    CHECK_EQ(map(nullptr, 1l << 48, RW, ANON), -ENOMEM);
    CHECK_EQ(map(nullptr, -PAGE, RW, ANON), -ENOMEM);
    CHECK_EQ(call(SYS_mmap, nullptr, PAGE, RW, MAP_PRIVATE, -1, 0), -EBADF);
    CHECK_EQ(call(SYS_mmap, nullptr, PAGE, RW, ANON, -1, 1), -EINVAL);
}

static void use_stack(void)
{
    volatile char deep[2 * 1024 * 1024];
    for (unsigned long i = 0; i < sizeof(deep); i += PAGE)
        deep[i] = 1;
}

CASE(mmap, "what goes anywhere leaves room for the stack")
{
    constexpr long SIZE = 16l << 30;
    long at = map(nullptr, SIZE, PROT_READ, ANON | MAP_NORESERVE);
    CHECK(at > 0);
    // Written to, if the stack were in it.
    CHECK_EQ(in_child(use_stack), 0);
    char here;
    CHECK((long)&here - (at + SIZE) > 8l << 20 || (long)&here < at);
    CHECK_EQ(call(SYS_munmap, at, SIZE), 0);
}

CASE(mmap, "flags that mean nothing are taken")
{
    long at = map(nullptr, PAGE, RW, ANON | MAP_DENYWRITE | MAP_EXECUTABLE);
    CHECK(at > 0);
    CHECK_EQ(call(SYS_munmap, at, PAGE), 0);
}

constexpr long LARGE = 2 << 20;

static long *word_of(long at, long page) { return (long *)(at + page * PAGE); }

static void change_parts(void)
{
    long at = (long)target;
    for (long i = 0; i < 8 * LARGE / PAGE; i++)
        CHECK_EQ(*word_of(at, i), i);
    CHECK_EQ(call(SYS_munmap, at + 3 * PAGE, LARGE), 0);
    CHECK_EQ(call(SYS_mprotect, at + 2 * LARGE, LARGE + PAGE, PROT_READ), 0);
    *word_of(at, 1) = -1;
    *word_of(at, 700) = -1;
    CHECK(!can_read(at + 3 * PAGE) && !can_write(at + 3 * LARGE) && can_write(at + 4 * LARGE));
    for (long i = 1024; i < 8 * LARGE / PAGE; i++)
        CHECK_EQ(*word_of(at, i), i);
}

CASE(mmap, "a large mapping is as it is by page, whatever is done to parts and by children")
{
    long at = map(nullptr, 9 * LARGE, RW, ANON);
    long start = (at + LARGE - 1) / LARGE * LARGE;
    for (long i = 0; i < 8 * LARGE / PAGE; i++) {
        CHECK_EQ(*word_of(start, i), 0);
        *word_of(start, i) = i;
    }
    target = (char *)start;
    CHECK_EQ(in_child(change_parts), 0);
    CHECK_EQ(call(SYS_madvise, start + LARGE / 2, LARGE, MADV_DONTNEED), 0);
    for (long i = 0; i < 8 * LARGE / PAGE; i++)
        CHECK_EQ(*word_of(start, i), i >= 256 && i < 768 ? 0 : i);
    CHECK_EQ(in_child(write_target), 0);
    CHECK_EQ(call(SYS_munmap, at, 9 * LARGE), 0);
}

CASE(munmap, "the middle of a mapping goes, the rest stays")
{
    long at = map(nullptr, 3 * PAGE, RW, ANON);
    memset((void *)at, 1, 3 * PAGE);
    CHECK_EQ(call(SYS_munmap, at + PAGE, PAGE), 0);
    CHECK(can(read_target, at) && !can(read_target, at + PAGE) && can(read_target, at + 2 * PAGE));
    CHECK_EQ(*(char *)(at + 2 * PAGE), 1);
    // What is not there is no error.
    CHECK_EQ(call(SYS_munmap, at, 3 * PAGE), 0);
    CHECK_EQ(call(SYS_munmap, at, 3 * PAGE), 0);
}

CASE(munmap, "errors")
{
    long at = map(nullptr, PAGE, RW, ANON);
    CHECK_EQ(call(SYS_munmap, at + 1, PAGE), -EINVAL);
    CHECK_EQ(call(SYS_munmap, at, 0), -EINVAL);
    CHECK_EQ(call(SYS_munmap, at, -1l), -EINVAL);
    CHECK_EQ(call(SYS_munmap, at, PAGE), 0);
}

CASE(mprotect, "takes rights away and gives them back")
{
    long at = map(nullptr, 2 * PAGE, RW, ANON);
    memset((void *)at, 3, 2 * PAGE);
    CHECK_EQ(call(SYS_mprotect, at, PAGE, PROT_READ), 0);
    CHECK(can(read_target, at) && !can(write_target, at) && can(write_target, at + PAGE));
    CHECK_EQ(call(SYS_mprotect, at, PAGE, PROT_NONE), 0);
    CHECK(!can(read_target, at));
    CHECK_EQ(call(SYS_mprotect, at, PAGE, RW), 0);
    CHECK_EQ(*(char *)at, 3);
    CHECK(can(write_target, at));
    CHECK_EQ(call(SYS_munmap, at, 2 * PAGE), 0);
}

CASE(mprotect, "code can be made and run")
{
    static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3}; // mov $42, %eax; ret
    long at = map(nullptr, PAGE, RW, ANON);
    memcpy((void *)at, code, sizeof(code));
    CHECK_EQ(call(SYS_mprotect, at, PAGE, PROT_READ | PROT_EXEC), 0);
    CHECK_EQ(((int (*)(void))at)(), 42);
    CHECK_EQ(call(SYS_munmap, at, PAGE), 0);
}

CASE(mprotect, "errors")
{
    long at = map(nullptr, 3 * PAGE, RW, ANON);
    CHECK_EQ(call(SYS_mprotect, at + 1, PAGE, PROT_READ), -EINVAL);
    CHECK_EQ(call(SYS_mprotect, at, PAGE, 0x1000), -EINVAL);
    CHECK_EQ(call(SYS_mprotect, at, 0, PROT_READ), 0);
    CHECK_EQ(call(SYS_munmap, at + PAGE, PAGE), 0);
    CHECK_EQ(call(SYS_mprotect, at, 3 * PAGE, PROT_READ), -ENOMEM);
    // What came before the hole is done.
    CHECK(!can(write_target, at));
    CHECK_EQ(call(SYS_munmap, at, 3 * PAGE), 0);
}

CASE(brk, "the heap grows, is zero, and shrinks")
{
    long start = call(SYS_brk, 0);
    CHECK(start > 0);
    CHECK_EQ(call(SYS_brk, start + 10 * PAGE), start + 10 * PAGE);
    char *bytes = (char *)start;
    for (long i = 0; i < 10 * PAGE; i += 500)
        CHECK_EQ(bytes[i], 0);
    memset(bytes, 9, 10 * PAGE);
    CHECK_EQ(call(SYS_brk, start + PAGE), start + PAGE);
    CHECK_EQ(call(SYS_brk, start + 10 * PAGE), start + 10 * PAGE);
    CHECK_EQ(bytes[5 * PAGE], 0);
    // What cannot be is answered by where it is.
    CHECK_EQ(call(SYS_brk, 1), start + 10 * PAGE);
    CHECK_EQ(call(SYS_brk, -1l), start + 10 * PAGE);
    CHECK_EQ(call(SYS_brk, start), start);
}
