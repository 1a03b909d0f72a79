// SPDX-License-Identifier: Apache-2.0
// For cases of memory.
#pragma once
#include "testing/syscall/check.h"
#include <string.h>
#include <sys/mman.h>

constexpr long PAGE = 4096;
constexpr int ANON = MAP_PRIVATE | MAP_ANONYMOUS, RW = PROT_READ | PROT_WRITE;
constexpr int SHARED = MAP_SHARED | MAP_ANONYMOUS;

[[maybe_unused]] static long map(void *at, long len, int prot, int flags)
{
    return call(SYS_mmap, at, len, prot, flags, -1, 0);
}

[[maybe_unused]] static long unmap(long at, long len) { return call(SYS_munmap, at, len); }

static volatile char *target;
static void write_target(void) { *target = 1; }
static void read_target(void) { (void)*target; }

// Whether a child may do so; if not, a signal ends it.
[[maybe_unused]] static bool can(void (*access)(void), long at)
{
    target = (char *)at;
    int status = in_child(access);
    CHECK(status == 0 || (status & 0x7f) == 11);
    return status == 0;
}

[[maybe_unused]] static bool can_read(long at) { return can(read_target, at); }
[[maybe_unused]] static bool can_write(long at) { return can(write_target, at); }

// The signal that ends who touches it.
[[maybe_unused]] static int signal_of(void (*access)(void), long at)
{
    target = (char *)at;
    return in_child(access) & 0x7f;
}

// How many of these pages are in memory, by mincore(2).
[[maybe_unused]] static long resident(long at, long pages)
{
    unsigned char present[64] = {};
    CHECK(pages <= 64);
    CHECK_EQ(call(SYS_mincore, at, pages * PAGE, present), 0);
    long count = 0;
    for (long i = 0; i < pages; i++)
        count += present[i] & 1;
    return count;
}

// A place for `pages` pages with nothing mapped there, and nothing before and behind.
[[maybe_unused]] static long free_place(long pages)
{
    long at = map(nullptr, (pages + 1024) * PAGE, PROT_NONE, ANON | MAP_NORESERVE);
    CHECK(at > 0);
    CHECK_EQ(unmap(at, (pages + 1024) * PAGE), 0);
    return at + 512 * PAGE;
}
