// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/sync/mutex.h"

enum {
    FREE,
    HELD,
    WAITED_FOR
};

static bool try_take(struct mutex *m)
{
    uint32_t free = FREE;
    return __atomic_compare_exchange_n(&m->state, &free, HELD, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

// Others look whether it is they.
static void set_holder(struct mutex *m, struct task *holder)
{
    __atomic_store_n(&m->holder, holder, __ATOMIC_RELAXED);
}

// From now on whoever unlocks it wakes.
static bool take_or_announce(struct mutex *m)
{
    return __atomic_exchange_n(&m->state, WAITED_FOR, __ATOMIC_ACQUIRE) == FREE;
}

static bool is_mine(const struct mutex *m)
{
    return __atomic_load_n(&m->holder, __ATOMIC_RELAXED) == task_current();
}

void mutex_lock(struct mutex *m, const struct lock_class *c)
{
    might_sleep("mutex_lock");
    ASSERT(!is_mine(m));
    lock_debug_sleeping_acquire(c, m);
    if (!try_take(m))
        waitq_until(&m->waiters, take_or_announce(m));
    lock_debug_sleeping_acquired(c, m);
    set_holder(m, task_current());
}

bool mutex_try_lock(struct mutex *m, const struct lock_class *c)
{
    if (!try_take(m))
        return false;
    lock_debug_sleeping_acquired(c, m);
    set_holder(m, task_current());
    return true;
}

void mutex_unlock(struct mutex *m, const struct lock_class *c)
{
    ASSERT(is_mine(m));
    lock_debug_sleeping_release(c, m);
    set_holder(m, nullptr);
    if (__atomic_exchange_n(&m->state, FREE, __ATOMIC_RELEASE) == WAITED_FOR)
        waitq_wake_one(&m->waiters);
}
