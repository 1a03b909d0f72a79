// SPDX-License-Identifier: Apache-2.0
// Spin locks: ticket locks, first come first served. Holding one switches preemption off; never
// sleep, copy user memory or call back under one. A lock that interrupt handlers take too is
// taken with interrupts off everywhere (the _irq operations).
//
// A room does not use these functions directly but makes its own with SPINLOCK_OPS, which tell
// the analysis what class they take:
//
//     struct pipe { struct spinlock lock; uint32_t readers GUARDED_BY(lc_pipe); };
//     SPINLOCK_OPS(pipe, struct pipe, lock, lc_pipe)   // pipe_lock(p), pipe_unlock(p)
#pragma once
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/lock/lock_class.h"

C_BEGIN

// All zero is unlocked.
struct spinlock {
    union {
        uint32_t word; // both, for taking a ticket
        struct {
            uint16_t serving; // written by the holder only
            uint16_t next;
        };
    };
};

// Waits until `ticket` is served.
void spin_wait(struct spinlock *l, uint16_t ticket);

static inline void spin_lock(struct spinlock *l, const struct lock_class *c)
{
    preempt_disable();
    lock_debug_acquire(c, l);
    uint32_t word = __atomic_fetch_add(&l->word, 1u << 16, __ATOMIC_ACQUIRE);
    uint16_t ticket = (uint16_t)(word >> 16);
    if (unlikely((uint16_t)word != ticket))
        spin_wait(l, ticket);
}

// Preemption stays off.
static inline void spin_unlock_no_preempt(struct spinlock *l, const struct lock_class *c)
{
    lock_debug_release(c, l);
    __atomic_store_n(&l->serving, (uint16_t)(l->serving + 1), __ATOMIC_RELEASE);
}

static inline void spin_unlock(struct spinlock *l, const struct lock_class *c)
{
    spin_unlock_no_preempt(l, c);
    preempt_enable();
}

// False, and nothing done, if the lock is held.
static inline bool spin_try_lock(struct spinlock *l, const struct lock_class *c)
{
    preempt_disable();
    uint32_t word = __atomic_load_n(&l->word, __ATOMIC_RELAXED);
    if ((uint16_t)word == (uint16_t)(word >> 16) &&
        __atomic_compare_exchange_n(&l->word, &word, word + (1u << 16), false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED)) {
        lock_debug_acquire(c, l);
        return true;
    }
    preempt_enable();
    return false;
}

static inline bool spin_is_locked(const struct spinlock *l)
{
    uint32_t word = __atomic_load_n(&l->word, __ATOMIC_RELAXED);
    return (uint16_t)word != (uint16_t)(word >> 16);
}

// room_lock(x), room_unlock(x) for the lock in `field` of a `type`.
#define SPINLOCK_OPS(room, type, field, class)                                                     \
    [[maybe_unused]] NO_LOCK_ANALYSIS static inline void room##_lock(type *x) ACQUIRE(class)       \
    {                                                                                              \
        spin_lock(&x->field, &(class));                                                            \
    }                                                                                              \
    [[maybe_unused]] NO_LOCK_ANALYSIS static inline void room##_unlock(type *x) RELEASE(class)     \
    {                                                                                              \
        spin_unlock(&x->field, &(class));                                                          \
    }

// The same with interrupts off while it is held: flags = room_lock_irq(x),
// room_unlock_irq(x, flags).
#define SPINLOCK_IRQ_OPS(room, type, field, class)                                                 \
    [[maybe_unused]] NO_LOCK_ANALYSIS static inline uint64_t room##_lock_irq(type *x)              \
        ACQUIRE(class)                                                                             \
    {                                                                                              \
        uint64_t flags = irq_save();                                                               \
        spin_lock(&x->field, &(class));                                                            \
        return flags;                                                                              \
    }                                                                                              \
    [[maybe_unused]] NO_LOCK_ANALYSIS static inline void room##_unlock_irq(                        \
        type *x, uint64_t flags) RELEASE(class)                                                    \
    {                                                                                              \
        spin_unlock_no_preempt(&x->field, &(class));                                               \
        irq_restore(flags);                                                                        \
        preempt_enable();                                                                          \
    }

C_END
