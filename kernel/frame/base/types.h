// SPDX-License-Identifier: Apache-2.0
// Integers, addresses and page arithmetic.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include <stddef.h>
#include <stdint.h>

// Addresses of other worlds are structures, so that dereferencing one or mixing the two
// does not compile.
typedef struct {
    uint64_t raw;
} paddr_t; // physical
typedef struct {
    uint64_t raw;
} uaddr_t; // virtual, in a user address space; any value, nothing is promised

constexpr uint64_t PAGE_SHIFT = 12;
constexpr uint64_t PAGE_SIZE = 1ull << PAGE_SHIFT;
constexpr uint64_t PAGE_MASK = PAGE_SIZE - 1;

constexpr uint64_t KIB = 1024;
constexpr uint64_t MIB = 1024 * KIB;
constexpr uint64_t GIB = 1024 * MIB;

// `to` is a power of two.
static inline uint64_t align_down(uint64_t x, uint64_t to) { return x & ~(to - 1); }

// As above; wraps to 0 when the result does not fit.
static inline uint64_t align_up(uint64_t x, uint64_t to) { return (x + to - 1) & ~(to - 1); }

// Pages that hold `bytes` bytes; no overflow whatever the argument.
static inline uint64_t pages_for(uint64_t bytes)
{
    return (bytes >> PAGE_SHIFT) + ((bytes & PAGE_MASK) != 0);
}

static inline uint64_t min_u64(uint64_t a, uint64_t b) { return a < b ? a : b; }
static inline uint64_t max_u64(uint64_t a, uint64_t b) { return a > b ? a : b; }
