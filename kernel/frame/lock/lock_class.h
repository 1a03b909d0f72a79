// SPDX-License-Identifier: Apache-2.0
// Lock classes, and the check of their use at run time.
//
// A class is a kind of lock: every page allocator lock is lc_pmm. Classes are ordered; a lock may
// be taken only while every lock held comes before it in the order. Two locks of one class may
// be held together only by functions that lock a pair in address order.
//
// In test builds (docs/sanitizers.md) each CPU and task keeps what it holds, and a breach panics
// with the backtraces of both acquisitions.
#pragma once
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/lock/annotations.h"

C_BEGIN

struct CAPABILITY lock_class {
    const char *name;
    uint32_t rank; // ascending inwards
};

C_END
