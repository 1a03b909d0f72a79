// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/sync/rwmutex.h"

constexpr uint32_t WRITER = UINT32_MAX;

static bool change(struct rwmutex *m, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(&m->state, &from, to, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED);
}

static bool may_read(const struct rwmutex *m, uint32_t state)
{
    return state < WRITER - 1 && __atomic_load_n(&m->writers_waiting, __ATOMIC_RELAXED) == 0;
}

static bool try_read(struct rwmutex *m)
{
    for (;;) {
        uint32_t state = __atomic_load_n(&m->state, __ATOMIC_RELAXED);
        if (!may_read(m, state))
            return false;
        if (change(m, state, state + 1))
            return true;
    }
}

void rwmutex_read_lock(struct rwmutex *m, const struct lock_class *c)
{
    might_sleep("rwmutex_read_lock");
    lock_debug_sleeping_acquire(c, m);
    if (!try_read(m))
        waitq_until(&m->readers, try_read(m));
    lock_debug_sleeping_acquired(c, m);
}

static void wake_next(struct rwmutex *m)
{
    if (__atomic_load_n(&m->writers_waiting, __ATOMIC_SEQ_CST) == 0)
        waitq_wake_all(&m->readers);
    else
        waitq_wake_one(&m->writers);
}

void rwmutex_read_unlock(struct rwmutex *m, const struct lock_class *c)
{
    lock_debug_sleeping_release(c, m);
    uint32_t before = __atomic_fetch_sub(&m->state, 1, __ATOMIC_SEQ_CST);
    ASSERT(before != 0 && before != WRITER);
    if (before == 1)
        wake_next(m);
}

static bool try_write(struct rwmutex *m) { return change(m, 0, WRITER); }

void rwmutex_write_lock(struct rwmutex *m, const struct lock_class *c)
{
    might_sleep("rwmutex_write_lock");
    lock_debug_sleeping_acquire(c, m);
    if (!try_write(m)) {
        __atomic_fetch_add(&m->writers_waiting, 1, __ATOMIC_SEQ_CST);
        waitq_until(&m->writers, try_write(m));
        __atomic_fetch_sub(&m->writers_waiting, 1, __ATOMIC_SEQ_CST);
    }
    lock_debug_sleeping_acquired(c, m);
}

void rwmutex_write_unlock(struct rwmutex *m, const struct lock_class *c)
{
    lock_debug_sleeping_release(c, m);
    bool was = change(m, WRITER, 0);
    ASSERT(was);
    wake_next(m);
}

void rwmutex_downgrade(struct rwmutex *m, const struct lock_class *)
{
    bool was = change(m, WRITER, 1);
    ASSERT(was);
    if (__atomic_load_n(&m->writers_waiting, __ATOMIC_SEQ_CST) == 0)
        waitq_wake_all(&m->readers);
}
