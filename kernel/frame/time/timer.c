// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/time/timer.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/lock/lock_classes.h"
#include "kernel/frame/lock/spinlock.h"
#include "kernel/frame/time/clock.h"
#include "kernel/frame/time/event.h"

// A CPU's timers, by deadline.
struct timer_queue {
    struct spinlock lock;
    struct tree armed GUARDED_BY(lc_timer);
    struct timer *running; // atomic: whose function is being called
    uint64_t slice_end;    // this CPU's own; zero stands for never
    uint64_t event;        // this CPU's own: what event_set was last told; zero stands for never
};
SPINLOCK_IRQ_OPS(timer_queue, struct timer_queue, lock, lc_timer)

static PERCPU(struct timer_queue, queues);
static void (*on_slice_end)(void);

void timer_init(struct timer *t, void (*fn)(void *arg), void *arg)
{
    *t = (struct timer){.fn = fn, .arg = arg};
}

static struct timer *first(struct timer_queue *q) REQUIRES(lc_timer)
{
    return TREE_ENTRY(tree_first(&q->armed), struct timer, node);
}

// Sets this CPU's interrupt for whatever comes first. Interrupts off.
static void set_event(struct timer_queue *q) REQUIRES(lc_timer)
{
    struct timer *t = first(q);
    uint64_t at = t != nullptr ? t->deadline : 0;
    if (q->slice_end != 0 && (at == 0 || q->slice_end < at))
        at = q->slice_end;
    if (at == q->event)
        return;
    q->event = at;
    event_set(at != 0 ? at : EVENT_NEVER);
}

void timer_arm_cycles(struct timer *t, uint64_t cycles)
{
    uint64_t flags = irq_save();
    struct timer_queue *q = percpu_this(queues);
    uint64_t inner = timer_queue_lock_irq(q);
    ASSERT(!tree_is_linked(&t->node) && t->fn != nullptr);
    t->deadline = max_u64(cycles, 1);
    struct tree_node *parent = nullptr, **link = &q->armed.root;
    while (*link != nullptr) {
        parent = *link;
        // Behind those of the same time: first armed, first called.
        bool before = t->deadline < TREE_ENTRY(parent, struct timer, node)->deadline;
        link = before ? &parent->left : &parent->right;
    }
    tree_insert(&q->armed, parent, link, &t->node);
    __atomic_store_n(&t->cpu, cpu_this()->id + 1, __ATOMIC_RELEASE);
    set_event(q);
    timer_queue_unlock_irq(q, inner);
    irq_restore(flags);
}

void timer_arm_ns(struct timer *t, uint64_t mono_ns)
{
    timer_arm_cycles(t, clock_cycles_at(mono_ns));
}

bool timer_cancel(struct timer *t)
{
    for (;;) {
        uint32_t cpu = __atomic_load_n(&t->cpu, __ATOMIC_ACQUIRE);
        if (cpu == 0)
            return false;
        struct timer_queue *q = percpu_on(queues, cpu_block(cpu - 1));
        uint64_t flags = timer_queue_lock_irq(q);
        bool moved = __atomic_load_n(&t->cpu, __ATOMIC_RELAXED) != cpu;
        bool armed = !moved && tree_is_linked(&t->node);
        // Its CPU's interrupt may now come for nothing, which does no harm.
        if (armed)
            tree_remove(&q->armed, &t->node);
        bool running = __atomic_load_n(&q->running, __ATOMIC_RELAXED) == t;
        // If it is this timer's own function that calls us there is nothing to wait for.
        bool own = running && q == percpu_this(queues);
        timer_queue_unlock_irq(q, flags);
        if (armed)
            return true;
        if (!moved && (!running || own))
            return false;
        // It may arm itself again: look once more when it has run.
        while (__atomic_load_n(&q->running, __ATOMIC_ACQUIRE) == t)
            cpu_pause();
    }
}

void timer_set_slice_end(uint64_t cycles)
{
    struct timer_queue *q = percpu_this(queues);
    uint64_t flags = timer_queue_lock_irq(q);
    q->slice_end = cycles == EVENT_NEVER ? 0 : max_u64(cycles, 1);
    set_event(q);
    timer_queue_unlock_irq(q, flags);
}

// Takes the first timer that is due out of the queue; null if there is none.
static struct timer *take_due(struct timer_queue *q, uint64_t now)
{
    uint64_t flags = timer_queue_lock_irq(q);
    struct timer *t = first(q);
    if (t != nullptr && t->deadline <= now) {
        tree_remove(&q->armed, &t->node);
        __atomic_store_n(&q->running, t, __ATOMIC_RELEASE);
    } else {
        t = nullptr;
        q->event = 0; // it has come
        set_event(q);
    }
    timer_queue_unlock_irq(q, flags);
    return t;
}

static void on_event(void)
{
    struct timer_queue *q = percpu_this(queues);
    uint64_t now = clock_cycles();
    if (q->slice_end != 0 && q->slice_end <= now) {
        q->slice_end = 0;
        on_slice_end();
    }
    for (struct timer *t; (t = take_due(q, now)) != nullptr;) {
        t->fn(t->arg); // it may free the timer
        __atomic_store_n(&q->running, nullptr, __ATOMIC_RELEASE);
    }
}

void timer_start(void (*slice_end)(void))
{
    on_slice_end = slice_end;
    event_init(on_event);
}
