// SPDX-License-Identifier: Apache-2.0
// Allocations that fail on purpose, to test what callers make of it. heap_fail_nth sets this up.
#pragma once
#include "kernel/frame/cpu/cpu.h"

C_BEGIN

struct alloc_fault {
    const struct task *task; // whose allocations count; null: it is switched off
    uint64_t left;           // how many more may succeed
    bool hit;
};
extern struct alloc_fault alloc_fault;

// Whether this allocation is the one that fails. Called once for each, where no cache has
// served it: while this is on the caches are empty.
static inline bool alloc_fault_now(void)
{
    if (likely(alloc_fault.task == nullptr) || alloc_fault.task != cpu_read(current))
        return false;
    if (alloc_fault.left-- != 0)
        return false;
    alloc_fault.hit = true;
    return true;
}

C_END
