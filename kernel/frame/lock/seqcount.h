// SPDX-License-Identifier: Apache-2.0
// Sequence counters: readers of a small value take no lock but try again when a writer was at
// it. Writers are serialised by a lock of their own and have preemption off.
//
//     do { seq = seqcount_begin(&c); copy = value; } while (seqcount_retry(&c, seq));
#pragma once
#include "kernel/frame/arch/x86_64/x86.h"

C_BEGIN

struct seqcount {
    uint32_t value; // odd while a writer is at it
};

static inline uint32_t seqcount_begin(const struct seqcount *c)
{
    uint32_t value;
    while (((value = __atomic_load_n(&c->value, __ATOMIC_ACQUIRE)) & 1) != 0)
        cpu_pause();
    return value;
}

// Whether what was read since seqcount_begin may be torn.
static inline bool seqcount_retry(const struct seqcount *c, uint32_t begun)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&c->value, __ATOMIC_RELAXED) != begun;
}

static inline void seqcount_write_begin(struct seqcount *c)
{
    __atomic_store_n(&c->value, c->value + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline void seqcount_write_end(struct seqcount *c)
{
    __atomic_store_n(&c->value, c->value + 1, __ATOMIC_RELEASE);
}

C_END
