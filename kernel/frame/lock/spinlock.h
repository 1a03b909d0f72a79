// SPDX-License-Identifier: Apache-2.0
// Spin locks. Holding one switches preemption off; never sleep, copy user memory or call back
// under one. A lock that interrupt handlers take too is taken with interrupts off everywhere (the
// _irq operations).
//
// On hardware, CPUs that wait queue up and are served in order (J. Mellor-Crummey, M. Scott,
// "Algorithms for Scalable Synchronization on Shared-Memory Multiprocessors", 1991). On virtual
// CPUs, of which the next in order may not be running, whoever runs takes it.
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
struct FRAME_PINNED spinlock {
    uint32_t word; // bit 0: it is held; bits 16 to 31: the last that waits, see spin_queue.c
};

constexpr uint32_t SPIN_HELD = 1;

// Lets CPUs that wait queue up from now on, by `wait`. Boot CPU, before there are others.
FRAME_ONLY void spin_use_queues(void (*wait)(struct spinlock *));

// Takes a lock that was not free.
FRAME_ONLY SLOW_PATH void spin_wait(struct spinlock *l);

FRAME_ONLY static inline void spin_lock(struct spinlock *l, const struct lock_class *c)
{
    preempt_disable();
    lock_debug_acquire(c, l);
    uint32_t unlocked = 0;
    if (unlikely(!__atomic_compare_exchange_n(&l->word, &unlocked, SPIN_HELD, false,
                                              __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
        spin_wait(l);
    lock_debug_acquired(c, l);
}

// Preemption stays off.
FRAME_ONLY static inline void spin_unlock_no_preempt(struct spinlock *l, const struct lock_class *c)
{
    lock_debug_release(c, l);
    // The lower half alone: whoever waits is in the upper.
    __atomic_store_n((uint16_t *)&l->word, 0, __ATOMIC_RELEASE);
}

FRAME_ONLY static inline void spin_unlock(struct spinlock *l, const struct lock_class *c)
{
    spin_unlock_no_preempt(l, c);
    preempt_enable();
}

// False, and nothing done, if the lock is held or waited for.
FRAME_ONLY static inline bool spin_try_lock(struct spinlock *l, const struct lock_class *c)
{
    preempt_disable();
    uint32_t unlocked = 0;
    if (__atomic_compare_exchange_n(&l->word, &unlocked, SPIN_HELD, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED)) {
        lock_debug_acquired(c, l);
        return true;
    }
    preempt_enable();
    return false;
}

static inline bool spin_is_locked(const struct spinlock *l)
{
    return (__atomic_load_n(&l->word, __ATOMIC_RELAXED) & SPIN_HELD) != 0;
}

// room_lock(x), room_unlock(x) for the lock in `field` of a `type`.
#define SPINLOCK_OPS(room, type, field, class)                                                     \
    LOCK_OP(room##_lock, type, ACQUIRE(class), spin_lock(&x->field, &(class)))                     \
    LOCK_OP(room##_unlock, type, RELEASE(class), spin_unlock(&x->field, &(class)))

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
