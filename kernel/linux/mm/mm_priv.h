// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernel/linux/lock_classes.h"
#include "kernel/linux/mm/mm.h"

struct mm {
    struct refcount refs;
    struct vm_space *space; // constant
    struct rwmutex lock;
    struct areas areas GUARDED_BY(lc_mm);
    uint64_t top GUARDED_BY(lc_mm); // of mappings that may go anywhere
    uint64_t brk_start GUARDED_BY(lc_mm), brk GUARDED_BY(lc_mm);
};
RWMUTEX_OPS(mm, struct mm, lock, lc_mm)
