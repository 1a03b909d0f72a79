// SPDX-License-Identifier: Apache-2.0
// The virtual address map, and physical memory as the kernel sees it.
//
//   0000000000001000 - 00007fffffffefff   user space
//   ffff800000000000 - ffffbfffffffffff   direct map: physical address p is at base + p, where
//                                         base is chosen at boot
//   ffffc00000000000 - ffffc07fffffffff   kernel virtual areas: stacks and the like (vmm/kva.h)
//   ffffffff80000000 - ffffffffffffffff   the kernel image, at image_offset() + physical address,
//                                         chosen at boot too
//
// boot/place.h chooses. The image is linked for the lowest places, and the code's own constants are
// changed to the ones chosen, so looking them up costs nothing.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/types.h"

C_BEGIN

// The page below 2^47 stays unmapped: a SYSCALL there would return to a non-canonical address,
// which some CPUs' SYSRET faults on with the user's stack pointer in ring 0 (SDM Vol. 2B, SYSRET).
constexpr uint64_t USER_START = PAGE_SIZE;
constexpr uint64_t USER_END = 0x0000'7fff'ffff'f000;

// Where the direct map begins unless boot moves it, and how much memory it can hold wherever it
// begins.
constexpr uint64_t DIRECT_MAP_BASE = 0xffff'8000'0000'0000;
constexpr uint64_t KVA_START = 0xffff'c000'0000'0000;
constexpr uint64_t DIRECT_MAP_SIZE = (KVA_START - DIRECT_MAP_BASE) / 2;
constexpr uint64_t KVA_END = KVA_START + 512 * GIB; // one top-level entry

// What the image is linked for.
constexpr uint64_t IMAGE_OFFSET = 0xffff'ffff'8000'0000;

#if __STDC_HOSTED__
// Unit tests lay physical memory into an array.
extern uint64_t direct_map_base;
static inline uint64_t direct_map_start(void) { return direct_map_base; }
static inline uint64_t image_offset(void) { return IMAGE_OFFSET; }
#else
// Of kernel.ld, with the values above; relocated like addresses of the image.
extern const char image_base[];

static inline uint64_t direct_map_start(void)
{
    uint64_t start;
    __asm__("movabs $direct_map_base, %0" : "=r"(start));
    return start;
}

// The image's virtual addresses minus its physical ones.
static inline uint64_t image_offset(void) { return (uint64_t)image_base; }
#endif

static inline uint64_t image_moved_by(void) { return image_offset() - IMAGE_OFFSET; }

// The kernel's own address of physical memory. The caller vouches that it is memory which the
// direct map covers.
static inline void *phys_to_virt(paddr_t at) { return (void *)(direct_map_start() + at.raw); }

static inline paddr_t virt_to_phys(const void *at)
{
    paddr_t p = {(uint64_t)at - direct_map_start()};
    return p;
}

// Whether bits 63 to 47 are equal, as the CPU demands of every address it uses.
static inline bool address_is_canonical(uint64_t at)
{
    return (uint64_t)((int64_t)(at << 16) >> 16) == at;
}

C_END
