// SPDX-License-Identifier: Apache-2.0
// Lock classes, and the check of their use at run time.
//
// A class is a kind of lock: every page allocator lock is lc_pmm. Classes are ordered; a lock may
// be taken only while every lock held comes before it in the order. Two locks of one class may
// be held together only by functions that lock a pair in address order.
//
// In builds with KEEL_LOCK_DEBUG each CPU and task keeps what it holds, and a breach panics with
// the backtraces of both acquisitions.
#pragma once
#include "kernel/frame/base/types.h"
#include "kernel/frame/lock/annotations.h"

#ifndef KEEL_LOCK_DEBUG
#define KEEL_LOCK_DEBUG 0
#endif

C_BEGIN

struct CAPABILITY lock_class {
    const char *name;
    uint32_t rank; // ascending inwards
};

#if KEEL_LOCK_DEBUG
// Called by the lock operations, before and after.
void lock_debug_acquire(const struct lock_class *c, const void *lock);
void lock_debug_release(const struct lock_class *c, const void *lock);
#else
static inline void lock_debug_acquire(const struct lock_class *, const void *) {}
static inline void lock_debug_release(const struct lock_class *, const void *) {}
#endif

C_END
