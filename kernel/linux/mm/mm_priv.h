// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernel/linux/lock_classes.h"
#include "kernel/linux/mm/mm.h"

struct mm {
    struct refcount refs;
    struct vm_space *space; // constant
    uint64_t serial;        // constant
    uint32_t marks;         // atomic
    struct rwmutex lock;
    struct areas areas GUARDED_BY(lc_mm);
    uint64_t top GUARDED_BY(lc_mm); // of mappings that may go anywhere
    uint64_t brk_start GUARDED_BY(lc_mm), brk GUARDED_BY(lc_mm);
    struct mm_limits limits GUARDED_BY(lc_mm);
};
RWMUTEX_OPS(mm, struct mm, lock, lc_mm)

// Whether so many more pages of this kind are within the limits.
bool mm_may_have(const struct mm *mm, const struct area_kind *kind, uint64_t pages)
    REQUIRES_SHARED(lc_mm);
