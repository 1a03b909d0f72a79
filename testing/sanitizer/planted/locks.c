// SPDX-License-Identifier: Apache-2.0
// Locks that are used wrongly, in ways that the compiler's analysis is told not to look at.
#include "kernel/frame/base/assert.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/lock/lock_class.h"
#include "kernel/frame/lock/spinlock.h"
#include "kernel/frame/sync/mutex.h"
#include "kernel/frame/sync/rwmutex.h"
#include "kernel/frame/task/task.h"
#include "testing/sanitizer/planted/planted.h"

static struct lock_class lc_outer = {"outer", 10}, lc_inner = {"inner", 20};

static struct spinlock outer, inner, pair[2];
static struct mutex outer_mutex, inner_mutex;
static struct rwmutex rw;

NO_LOCK_ANALYSIS static void lock_order(void)
{
    spin_lock(&inner, &lc_inner);
    spin_lock(&outer, &lc_outer);
}

NO_LOCK_ANALYSIS static void mutex_order(void)
{
    mutex_lock(&inner_mutex, &lc_inner);
    mutex_lock(&outer_mutex, &lc_outer);
}

NO_LOCK_ANALYSIS static void spin_under_mutex_order(void)
{
    mutex_lock(&inner_mutex, &lc_inner);
    spin_lock(&outer, &lc_outer);
}

NO_LOCK_ANALYSIS static void same_class(void)
{
    spin_lock(&pair[0], &lc_inner);
    spin_lock(&pair[1], &lc_inner); // as x_lock_pair would
    spin_unlock(&pair[0], &lc_inner);
    spin_lock(&pair[0], &lc_inner); // and not
}

NO_LOCK_ANALYSIS static void recursion(void)
{
    spin_lock(&inner, &lc_inner);
    spin_lock(&inner, &lc_inner);
}

NO_LOCK_ANALYSIS static void read_recursion(void)
{
    rwmutex_read_lock(&rw, &lc_outer);
    rwmutex_read_lock(&rw, &lc_outer);
}

NO_LOCK_ANALYSIS static void not_held(void) { spin_unlock(&inner, &lc_inner); }

NO_LOCK_ANALYSIS static void mutex_not_held(void) { rwmutex_read_unlock(&rw, &lc_outer); }

NO_LOCK_ANALYSIS static void leave_with_lock(void *) { mutex_lock(&inner_mutex, &lc_inner); }

static void leaked(void)
{
    struct task *t;
    must(task_create(leave_with_lock, nullptr, &t));
    task_start(t);
    task_put(t);
    for (int i = 0; i < 1000; i++)
        task_yield();
}

NO_LOCK_ANALYSIS static void sleep_under_spin(void)
{
    spin_lock(&inner, &lc_inner);
    task_yield();
}

// All of this is as it should be.
NO_LOCK_ANALYSIS static void no_breach(void)
{
    mutex_lock(&outer_mutex, &lc_outer);
    rwmutex_write_lock(&rw, &lc_inner);
    rwmutex_downgrade(&rw, &lc_inner);
    mutex_unlock(&outer_mutex, &lc_outer);
    task_yield();
    rwmutex_read_unlock(&rw, &lc_inner);
    spin_lock(&outer, &lc_outer);
    spin_lock(&inner, &lc_inner);
    spin_unlock(&outer, &lc_outer);
    spin_unlock(&inner, &lc_inner);
    // One that is tried for may be out of order: nobody waits.
    spin_lock(&inner, &lc_inner);
    ASSERT(spin_try_lock(&outer, &lc_outer));
    spin_unlock(&outer, &lc_outer);
    spin_unlock(&inner, &lc_inner);
}

const struct planted planted_locks[] = {
    {"lock_order", lock_order},
    {"mutex_order", mutex_order},
    {"spin_under_mutex_order", spin_under_mutex_order},
    {"same_class", same_class},
    {"recursion", recursion},
    {"read_recursion", read_recursion},
    {"not_held", not_held},
    {"mutex_not_held", mutex_not_held},
    {"leaked", leaked},
    {"sleep_under_spin", sleep_under_spin},
    {"no_breach", no_breach},
    {},
};
