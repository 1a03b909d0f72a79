// SPDX-License-Identifier: Apache-2.0
// Words that several CPUs use at once, and counts of references.
//
// Loads acquire and stores release; what changes a word does both.
#pragma once
#include "kernel/frame/base/assert.h"
#include "kernel/frame/base/types.h"

C_BEGIN

#define load_acquire(at) __atomic_load_n((at), __ATOMIC_ACQUIRE)
#define store_release(at, value) __atomic_store_n((at), (value), __ATOMIC_RELEASE)
#define atomic_swap(at, value) __atomic_exchange_n((at), (value), __ATOMIC_ACQ_REL)

// These return the value from before.
#define atomic_add(at, value) __atomic_fetch_add((at), (value), __ATOMIC_ACQ_REL)
#define atomic_sub(at, value) __atomic_fetch_sub((at), (value), __ATOMIC_ACQ_REL)
#define atomic_or(at, value) __atomic_fetch_or((at), (value), __ATOMIC_ACQ_REL)
#define atomic_and(at, value) __atomic_fetch_and((at), (value), __ATOMIC_ACQ_REL)

// Replaces `*expected` by `value`. False, and `*expected` set to what is there, if it is another.
#define atomic_compare_swap(at, expected, value)                                                   \
    __atomic_compare_exchange_n((at), (expected), (value), false, __ATOMIC_ACQ_REL,                \
                                __ATOMIC_ACQUIRE)

// Everything before comes before everything behind, for all CPUs.
static inline void atomic_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

// How many owners something has.
struct FRAME_PINNED refcount {
    uint32_t count FRAME_PRIVATE; // atomic
};

static inline void refcount_init(struct refcount *r) { r->count = 1; }

// One more. The caller has a reference.
static inline void refcount_get(struct refcount *r)
{
    uint32_t before = __atomic_fetch_add(&r->count, 1, __ATOMIC_RELAXED);
    ASSERT(before != 0 && before < INT32_MAX);
}

// One more, unless there is none left: for whoever finds it in a table. False if so.
static inline bool refcount_get_unless_zero(struct refcount *r)
{
    uint32_t count = __atomic_load_n(&r->count, __ATOMIC_RELAXED);
    while (count != 0) {
        ASSERT(count < INT32_MAX);
        if (__atomic_compare_exchange_n(&r->count, &count, count + 1, true, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            return true;
    }
    return false;
}

// One less. True if it was the last.
static inline bool refcount_put(struct refcount *r)
{
    uint32_t before = __atomic_fetch_sub(&r->count, 1, __ATOMIC_ACQ_REL);
    ASSERT(before != 0);
    return before == 1;
}

static inline uint32_t refcount_read(const struct refcount *r)
{
    return __atomic_load_n(&r->count, __ATOMIC_RELAXED);
}

C_END
