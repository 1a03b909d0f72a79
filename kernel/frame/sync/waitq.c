// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/sync/waitq.h"
#include "kernel/frame/time/clock.h"
#include "kernel/frame/time/timer.h"

SPINLOCK_IRQ_OPS(waitq, struct waitq, lock, lc_waitq)

static void link(struct waitq *q, struct waiter *w) REQUIRES(lc_waitq)
{
    if (q->waiters.next == nullptr)
        list_init(&q->waiters);
    list_push_back(&q->waiters, &w->link);
}

void waitq_begin(struct waitq *q, struct waiter *w)
{
    might_sleep("waiting");
    *w = (struct waiter){.task = task_current()};
    uint64_t flags = waitq_lock_irq(q);
    // Before the condition is looked at: who makes it true afterwards finds somebody waiting.
    __atomic_fetch_add(&q->count, 1, __ATOMIC_SEQ_CST);
    link(q, w);
    waitq_unlock_irq(q, flags);
}

static bool is_woken(const struct waiter *w)
{
    return __atomic_load_n(&w->woken, __ATOMIC_ACQUIRE);
}

// Back into the queue, at its end, for the next look at the condition.
static void rearm(struct waitq *q, struct waiter *w)
{
    if (!is_woken(w))
        return;
    uint64_t flags = waitq_lock_irq(q);
    __atomic_store_n(&w->woken, false, __ATOMIC_RELAXED);
    link(q, w);
    waitq_unlock_irq(q, flags);
}

void waitq_sleep(struct waitq *q, struct waiter *w)
{
    while (!is_woken(w))
        task_park();
    rearm(q, w);
}

static void time_out(void *task) { task_unpark(task); }

static enum err sleep_until(struct waiter *w, const struct wait_limits *limits)
{
    while (!is_woken(w)) {
        if (limits->cancelled != nullptr && limits->cancelled())
            return ERR_INTR;
        if (limits->deadline_ns != 0 && clock_mono_ns() >= limits->deadline_ns)
            return ERR_TIMEDOUT;
        task_park();
    }
    return ERR_OK;
}

enum err waitq_sleep_limited(struct waitq *q, struct waiter *w, const struct wait_limits *limits)
{
    struct timer timer;
    if (limits->deadline_ns != 0) {
        timer_init(&timer, time_out, w->task);
        timer_arm_ns(&timer, limits->deadline_ns);
    }
    enum err err = sleep_until(w, limits);
    if (limits->deadline_ns != 0)
        timer_cancel(&timer);
    // Who was woken looks at the condition, whatever else has happened.
    if (is_woken(w))
        err = ERR_OK;
    rearm(q, w);
    return err;
}

void waitq_end(struct waitq *q, struct waiter *w)
{
    // With the lock even if woken: the waker may not be done with this waiter.
    uint64_t flags = waitq_lock_irq(q);
    if (w->link.next != nullptr)
        list_remove(&w->link);
    bool woken = is_woken(w);
    __atomic_fetch_sub(&q->count, 1, __ATOMIC_RELAXED);
    waitq_unlock_irq(q, flags);
    // A wake-up that came after the last look at the condition was for somebody else.
    if (woken)
        waitq_wake_one(q);
}

static bool wake(struct waitq *q, bool all)
{
    bool any = false;
    // What makes the condition true comes before the look at who waits.
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&q->count, __ATOMIC_RELAXED) == 0)
        return false;
    uint64_t flags = waitq_lock_irq(q);
    struct list *l;
    while (q->waiters.next != nullptr && (l = list_pop_front(&q->waiters)) != nullptr) {
        struct waiter *w = LIST_ENTRY(l, struct waiter, link);
        __atomic_store_n(&w->woken, true, __ATOMIC_RELEASE);
        task_unpark(w->task);
        any = true;
        if (!all)
            break;
    }
    waitq_unlock_irq(q, flags);
    return any;
}

bool waitq_wake_one(struct waitq *q) { return wake(q, false); }
bool waitq_wake_all(struct waitq *q) { return wake(q, true); }
