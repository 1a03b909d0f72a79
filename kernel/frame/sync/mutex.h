// SPDX-License-Identifier: Apache-2.0
// Mutexes: locks whose holder may sleep. Task context. Like spin locks they have classes, and a
// room makes its own operations:
//
//     struct inode { struct mutex mutex; uint64_t size GUARDED_BY(lc_inode); };
//     MUTEX_OPS(inode, struct inode, mutex, lc_inode)    // inode_lock(i), inode_unlock(i)
#pragma once
#include "kernel/frame/sync/waitq.h"

C_BEGIN

// All zero is unlocked.
struct FRAME_PINNED mutex {
    uint32_t state FRAME_PRIVATE;      // atomic: 0 free, 1 held, 2 held and perhaps waited for
    struct task *holder FRAME_PRIVATE; // atomic
    struct waitq waiters FRAME_PRIVATE;
};

FRAME_ONLY void mutex_lock(struct mutex *m, const struct lock_class *c);
FRAME_ONLY bool mutex_try_lock(struct mutex *m, const struct lock_class *c);

// By the task that locked it; another panics.
FRAME_ONLY void mutex_unlock(struct mutex *m, const struct lock_class *c);

#define MUTEX_OPS(room, type, field, class)                                                        \
    LOCK_OP(room##_lock, type, ACQUIRE(class), mutex_lock(&x->field, &(class)))                    \
    LOCK_OP(room##_unlock, type, RELEASE(class), mutex_unlock(&x->field, &(class)))

C_END
