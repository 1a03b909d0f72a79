// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/sync/once.h"

enum {
    NOT_BEGUN,
    GOING_ON,
    DONE
};

static bool is_done(const struct once *o)
{
    return __atomic_load_n(&o->state, __ATOMIC_ACQUIRE) == DONE;
}

void once_run(struct once *o, void (*fn)(void))
{
    if (likely(is_done(o)))
        return;
    uint32_t not_begun = NOT_BEGUN;
    if (__atomic_compare_exchange_n(&o->state, &not_begun, GOING_ON, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED)) {
        fn();
        __atomic_store_n(&o->state, DONE, __ATOMIC_SEQ_CST);
        waitq_wake_all(&o->waiters);
        return;
    }
    waitq_until(&o->waiters, is_done(o));
}
