// SPDX-License-Identifier: Apache-2.0
// Locks for many readers or one writer, whose holders may sleep. Task context. A writer that waits
// keeps new readers out, so that it comes to its turn; a reader therefore must not lock again.
#pragma once
#include "kernel/frame/sync/waitq.h"

C_BEGIN

// All zero is unlocked.
struct FRAME_PINNED rwmutex {
    uint32_t state FRAME_PRIVATE;           // atomic: readers, or all ones for a writer
    uint32_t writers_waiting FRAME_PRIVATE; // atomic
    struct waitq readers FRAME_PRIVATE, writers FRAME_PRIVATE;
};

FRAME_ONLY void rwmutex_read_lock(struct rwmutex *m, const struct lock_class *c);
FRAME_ONLY void rwmutex_read_unlock(struct rwmutex *m, const struct lock_class *c);
FRAME_ONLY void rwmutex_write_lock(struct rwmutex *m, const struct lock_class *c);
FRAME_ONLY void rwmutex_write_unlock(struct rwmutex *m, const struct lock_class *c);

// The writer becomes a reader, with nobody between.
void rwmutex_downgrade(struct rwmutex *m, const struct lock_class *c);

#define RWMUTEX_OPS(room, type, field, class)                                                      \
    LOCK_OP(room##_read_lock, type, ACQUIRE_SHARED(class), rwmutex_read_lock(&x->field, &(class))) \
    LOCK_OP(room##_read_unlock, type, RELEASE_SHARED(class),                                       \
            rwmutex_read_unlock(&x->field, &(class)))                                              \
    LOCK_OP(room##_write_lock, type, ACQUIRE(class), rwmutex_write_lock(&x->field, &(class)))      \
    LOCK_OP(room##_write_unlock, type, RELEASE(class), rwmutex_write_unlock(&x->field, &(class)))

C_END
