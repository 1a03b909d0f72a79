// SPDX-License-Identifier: Apache-2.0
// Switching tasks: states, run queues, and what holds a policy to them.
#include "kernel/frame/arch/x86_64/user_state.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/assert.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/lock/lock_classes.h"
#include "kernel/frame/lock/spinlock.h"
#include "kernel/frame/rcu/rcu.h"
#include "kernel/frame/smp/call.h"
#include "kernel/frame/task/idle.h"
#include "kernel/frame/task/task_priv.h"
#include "kernel/frame/time/clock.h"
#include "kernel/frame/time/event.h"
#include "kernel/frame/time/timer.h"

// How often a policy may offer a task that cannot run before it counts as having none.
constexpr int BAD_PICKS_MAX = 8;

// One CPU's. The lock is held from before a switch until after it, so that nobody sees a task
// whose CPU is still on its stack.
struct runqueue {
    struct spinlock lock;
    struct task *prev;    // during a switch: who ran before; null for the idle loop
    uint32_t ready;       // atomic: how many are queued, as far as the policy is honest
    bool slice_armed;     // atomic: the slice timer is set
    uint64_t switched_at; // in clock_cycles(): when the running task was last charged
    uint64_t idle_sp;
    struct task *dead; // this CPU's own: ended tasks to be buried
};

static PERCPU(struct runqueue, runqueues);
static const struct sched_ops *ops = &sched_default_ops;

static struct runqueue *runqueue_of(uint32_t cpu) { return percpu_on(runqueues, cpu_block(cpu)); }

static void runqueue_lock(struct runqueue *rq, uint32_t cpu) NO_LOCK_ANALYSIS
{
    spin_lock(&rq->lock, &lc_runqueue);
    cpu_this()->queue_held = cpu + 1;
}

static void runqueue_unlock(struct runqueue *rq) NO_LOCK_ANALYSIS
{
    cpu_this()->queue_held = 0;
    spin_unlock_no_preempt(&rq->lock, &lc_runqueue);
    preempt_enable_no_resched();
}

// Not by cpu + 1, which wraps: a service chooses its containers' numbers.
bool run_queue_is_mine(uint32_t cpu)
{
    uint32_t held = cpu_read(queue_held);
    return held != 0 && held - 1 == cpu;
}

// `ready` is written under the lock only.
static void count_ready(struct runqueue *rq, uint32_t ready)
{
    __atomic_store_n(&rq->ready, ready, __ATOMIC_RELAXED);
}

void sched_inject(const struct sched_ops *policy)
{
    // Nobody else is ready, so the old policy holds nobody.
    ASSERT(cpu_this()->current != nullptr && task_count() == 1);
    __atomic_store_n(&ops, policy, __ATOMIC_RELEASE);
}

// ---- states ----------------------------------------------------------------------------------

static enum task_state state_of(const struct task *t)
{
    return (enum task_state)(__atomic_load_n(&t->state, __ATOMIC_ACQUIRE) & ~TASK_NOTIFIED);
}

bool task_change_state(struct task *t, enum task_state from, enum task_state to)
{
    uint32_t old = __atomic_load_n(&t->state, __ATOMIC_RELAXED);
    while ((old & ~TASK_NOTIFIED) == (uint32_t)from) {
        if (__atomic_compare_exchange_n(&t->state, &old, (uint32_t)to | (old & TASK_NOTIFIED), true,
                                        __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return true;
    }
    return false;
}

static struct task *task_of(struct sched_node *n)
{
    return n != nullptr ? LIST_ENTRY(n, struct task, sched) : nullptr;
}

// ---- queueing --------------------------------------------------------------------------------

static void set_slice(struct runqueue *rq, uint32_t cpu, struct task *running)
{
    if (__atomic_load_n(&rq->slice_armed, __ATOMIC_RELAXED) || running == nullptr)
        return;
    uint64_t cycles = ops->slice(cpu, &running->sched);
    if (cycles == 0)
        return;
    __atomic_store_n(&rq->slice_armed, true, __ATOMIC_RELAXED);
    timer_set_slice_end(clock_cycles() + cycles);
}

static uint32_t select_cpu(struct task *t, enum sched_why why)
{
    struct cpuset allowed = cpuset_and(t->sched.attr.affinity, cpuset_all());
    uint32_t cpu = ops->select(&t->sched, why, cpu_this()->id);
    return cpu < cpu_count() && cpuset_has(allowed, cpu) ? cpu : cpuset_first(allowed);
}

// New attributes take effect while the task is in no queue.
static void apply_attr(struct task *t)
{
    if (!__atomic_load_n(&t->attr_changed, __ATOMIC_ACQUIRE))
        return;
    uint64_t flags = task_lock_irq(t);
    t->sched.attr = t->next_attr;
    __atomic_store_n(&t->attr_changed, false, __ATOMIC_RELAXED);
    task_unlock_irq(t, flags);
}

// The last that is done to a task in a queue's name: another CPU's policy may have it run to its
// end at once.
static void make_ready(struct task *t)
{
    __atomic_fetch_sub(&t->state, TASK_MOVING - TASK_READY, __ATOMIC_RELEASE);
}

// The running task's time up to now goes to its account.
static void charge(struct runqueue *rq, uint32_t cpu, struct task *running)
{
    uint64_t now = clock_cycles(), used = now - min_u64(now, rq->switched_at);
    __atomic_store_n(&running->used_cycles, running->used_cycles + used, __ATOMIC_RELAXED);
    ops->charge(cpu, &running->sched, used);
    rq->switched_at = now;
}

uint64_t task_used_cycles(struct task *t)
{
    uint32_t cpu = __atomic_load_n(&t->sched.cpu, __ATOMIC_RELAXED);
    struct runqueue *rq = runqueue_of(cpu);
    uint64_t flags = irq_save();
    runqueue_lock(rq, cpu);
    if (cpu_block(cpu)->current == t)
        charge(rq, cpu, t);
    runqueue_unlock(rq);
    irq_restore(flags);
    return __atomic_load_n(&t->used_cycles, __ATOMIC_RELAXED);
}

void task_enqueue(struct task *t, enum sched_why why)
{
    uint64_t flags = irq_save();
    apply_attr(t);
    uint32_t cpu = select_cpu(t, why);
    bool here = cpu == cpu_this()->id;
    struct runqueue *rq = runqueue_of(cpu);
    runqueue_lock(rq, cpu);
    // The two are compared as they are now.
    struct task *running = cpu_block(cpu)->current;
    if (running != nullptr)
        charge(rq, cpu, running);
    __atomic_store_n(&t->queued_on, cpu, __ATOMIC_RELAXED);
    bool give_way = ops->enqueue(cpu, &t->sched, why);
    make_ready(t);
    count_ready(rq, rq->ready + 1);
    bool no_end = !__atomic_load_n(&rq->slice_armed, __ATOMIC_RELAXED);
    if (here && !give_way)
        set_slice(rq, cpu, running);
    runqueue_unlock(rq);
    if (here)
        give_way = give_way || cpu_this()->current == nullptr;
    if (here && give_way)
        preempt_ask();
    // A CPU that idles, one that should give way, and one whose task runs without an end.
    if (!here && !idle_kick(cpu) && (give_way || no_end))
        smp_reschedule(cpu);
    irq_restore(flags);
    if (here && give_way && preempt_word() == 0)
        preempt_schedule();
}

// What the policy offers and can run on `cpu`, made RUNNING; null if nothing.
static struct task *pick(struct runqueue *rq, uint32_t cpu)
{
    for (int i = 0; i < BAD_PICKS_MAX; i++) {
        struct task *t = task_of(ops->pick(cpu));
        if (t == nullptr)
            return nullptr;
        // Only this CPU may take up again who is still on its stack.
        bool runs = t == rq->prev && task_change_state(t, TASK_LEAVING, TASK_RUNNING);
        if (!runs && !task_change_state(t, TASK_READY, TASK_RUNNING))
            continue;
        // Looked at now that it is ours: until then it may be changing. Who is here against its
        // affinity is in no queue: the policy has lost it.
        if (!runs && !cpuset_has(t->sched.attr.affinity, cpu)) {
            task_change_state(t, TASK_RUNNING, TASK_READY);
            continue;
        }
        // Who changes its attributes sees that it runs, and where, or we see that they change.
        __atomic_store_n(&t->sched.cpu, cpu, __ATOMIC_SEQ_CST);
        if (unlikely(__atomic_load_n(&t->attr_changed, __ATOMIC_RELAXED)))
            preempt_ask();
        if (rq->ready > 0)
            count_ready(rq, rq->ready - 1);
        return t;
    }
    return nullptr;
}

// ---- switching -------------------------------------------------------------------------------

// What becomes of the task that ran until now. `to` is what it asks for.
static void leave(struct runqueue *rq, uint32_t cpu, struct task *t, enum task_state to,
                  enum sched_why why)
{
    charge(rq, cpu, t);
    if (to == TASK_LEAVING && __atomic_load_n(&t->attr_changed, __ATOMIC_RELAXED))
        to = TASK_MOVING;
    if (!task_change_state(t, TASK_RUNNING, to))
        panic("a task that runs is in state %u", t->state);
    if (to == TASK_LEAVING) {
        ops->enqueue(cpu, &t->sched, why);
        count_ready(rq, rq->ready + 1);
    }
}

// What becomes of the task that gave way, now that its stack is free. True if it has to be queued
// anew.
static bool settle(struct runqueue *rq, struct task *prev, enum sched_why *why)
{
    uint32_t parking = TASK_PARKING;
    switch (state_of(prev)) {
    case TASK_LEAVING:
        task_change_state(prev, TASK_LEAVING, TASK_READY);
        return false;
    case TASK_MOVING:
        *why = SCHED_MOVED;
        return true;
    case TASK_PARKING:
        if (__atomic_compare_exchange_n(&prev->state, &parking, TASK_PARKED, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return false;
        // A wake-up came meanwhile.
        __atomic_store_n(&prev->state, TASK_MOVING, __ATOMIC_RELEASE);
        *why = SCHED_WOKEN;
        return true;
    case TASK_DEAD:
        prev->next_dead = rq->dead;
        rq->dead = prev;
        // Its address space is not kept for a CPU that may have no use for another for long.
        vm_space_activate(nullptr);
        return false;
    default:
        panic("a task that gave way is in state %u", prev->state);
    }
}

static void irq_enable_and_give_way(void)
{
    irq_enable();
    if (preempt_word() == 0)
        preempt_schedule();
}

// On the new stack: the old one and the run queue are free.
static void arrive(void)
{
    struct runqueue *rq = percpu_this(runqueues);
    struct task *prev = rq->prev, *now = cpu_this()->current;
    enum sched_why why;
    rq->prev = nullptr;
    bool again = prev != nullptr && settle(rq, prev, &why);
    runqueue_unlock(rq);
    // The idle loop leaves the last one's in place, until it halts.
    if (now != nullptr && now->space != cpu_this()->active)
        vm_space_activate(now->space);
    if (again)
        task_enqueue(prev, why);
}

// Gives the CPU to whom the policy picks. The running task, if there is one, goes to state `to`.
// Interrupts and preemption: off and on.
static void schedule(enum task_state to, enum sched_why why) NO_LOCK_ANALYSIS
{
    struct cpu *cpu = cpu_this();
    struct runqueue *rq = percpu_this(runqueues);
    struct task *prev = cpu->current;
    ASSERT(preempt_depth() == 0);
    rcu_quiescent();
    runqueue_lock(rq, cpu->id);
    preempt_answer();
    rq->prev = prev;
    if (prev != nullptr)
        leave(rq, cpu->id, prev, to, why);
    struct task *next = pick(rq, cpu->id);
    if (next == prev) {
        // Also when the idle loop finds nothing.
        rq->prev = nullptr;
        set_slice(rq, cpu->id, next);
        runqueue_unlock(rq);
        return;
    }
    if (prev == nullptr)
        rq->switched_at = clock_cycles();
    else
        prev->switches++;
    set_slice(rq, cpu->id, next);
    user_state_save();
    cpu->current = next;
    stack_switch(prev != nullptr ? &prev->sp : &rq->idle_sp,
                 next != nullptr ? next->sp : rq->idle_sp);
    arrive();
}

void task_main(void *arg)
{
    struct task *self = arg;
    arrive();
    irq_enable_and_give_way();
    self->fn(self->arg);
    task_exit();
}

static void slice_end(void)
{
    __atomic_store_n(&percpu_this(runqueues)->slice_armed, false, __ATOMIC_RELAXED);
    preempt_ask();
    // Who waits here may have been waited for elsewhere.
    struct cpuset idle = sched_idle_cpus();
    if (!cpuset_is_empty(idle))
        idle_kick(cpuset_first(idle));
}

void task_init(void) { timer_start(slice_end); }

// ---- giving way ------------------------------------------------------------------------------

void task_tidy(void)
{
    uint64_t flags = irq_save();
    struct runqueue *rq = percpu_this(runqueues);
    struct task *dead = rq->dead;
    rq->dead = nullptr;
    irq_restore(flags);
    while (dead != nullptr) {
        struct task *next = dead->next_dead;
        task_bury(dead);
        dead = next;
    }
    rcu_poll();
}

void preempt_schedule_irq(void)
{
    // The idle loop looks for work by itself.
    while (cpu_this()->current != nullptr && preempt_word() == 0)
        schedule(TASK_LEAVING, SCHED_PREEMPTED);
}

SLOW_PATH void preempt_schedule(void)
{
    if (!irq_is_enabled())
        return;
    irq_disable();
    preempt_schedule_irq();
    irq_enable();
}

void task_yield(void)
{
    might_sleep("task_yield");
    irq_disable();
    schedule(TASK_LEAVING, SCHED_YIELDED);
    irq_enable_and_give_way();
    task_tidy();
}

void task_park(void)
{
    might_sleep("task_park");
    struct task *self = task_current();
    irq_disable();
    // A wake-up that has already come.
    uint32_t notified = TASK_RUNNING | TASK_NOTIFIED;
    if (!__atomic_compare_exchange_n(&self->state, &notified, TASK_RUNNING, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        schedule(TASK_PARKING, SCHED_WOKEN);
    irq_enable_and_give_way();
    task_tidy();
}

bool task_unpark(struct task *t)
{
    uint32_t old = __atomic_fetch_or(&t->state, TASK_NOTIFIED, __ATOMIC_ACQ_REL);
    if (old != TASK_PARKED)
        return false;
    // Nobody else gets here: they find the notification.
    __atomic_store_n(&t->state, TASK_MOVING, __ATOMIC_RELEASE);
    task_enqueue(t, SCHED_WOKEN);
    return true;
}

void task_kick(struct task *t)
{
    uint32_t cpu = __atomic_load_n(&t->sched.cpu, __ATOMIC_SEQ_CST);
    if (!task_unpark(t) && state_of(t) == TASK_RUNNING && cpu != cpu_this()->id)
        smp_reschedule(cpu);
}

void task_exit(void)
{
    might_sleep("task_exit");
    lock_debug_task_exit();
    irq_disable();
    schedule(TASK_DEAD, SCHED_WOKEN);
    panic("an ended task was run");
}

// A ready task leaves its queue. False if it was not ready, or is no longer where it was.
static bool take_ready(struct task *t)
{
    uint64_t flags = irq_save();
    uint32_t cpu = __atomic_load_n(&t->queued_on, __ATOMIC_RELAXED);
    struct runqueue *rq = runqueue_of(cpu);
    runqueue_lock(rq, cpu);
    bool taken = state_of(t) == TASK_READY &&
                 __atomic_load_n(&t->queued_on, __ATOMIC_RELAXED) == cpu &&
                 ops->dequeue(cpu, &t->sched) && task_change_state(t, TASK_READY, TASK_MOVING);
    if (taken && rq->ready > 0)
        count_ready(rq, rq->ready - 1);
    runqueue_unlock(rq);
    irq_restore(flags);
    return taken;
}

void task_requeue(struct task *t)
{
    preempt_disable();
    if (take_ready(t)) {
        task_enqueue(t, SCHED_MOVED);
    } else if (state_of(t) == TASK_RUNNING) {
        // Its CPU looks at it again when it gives way. One that waits is looked at when it wakes.
        uint32_t cpu = __atomic_load_n(&t->sched.cpu, __ATOMIC_RELAXED);
        if (cpu == cpu_this()->id)
            preempt_ask();
        else
            smp_reschedule(cpu);
    }
    preempt_enable();
}

struct task *task_current(void) { return cpu_read(current); }

// ---- the idle loop ---------------------------------------------------------------------------

// Takes a task from a CPU that has more than it runs. Interrupts off.
static struct task *steal(uint32_t self)
{
    for (uint32_t i = 1; i < cpu_count(); i++) {
        uint32_t from = (self + i) % cpu_count();
        struct runqueue *rq = runqueue_of(from);
        if (__atomic_load_n(&rq->ready, __ATOMIC_RELAXED) == 0)
            continue;
        runqueue_lock(rq, from);
        struct task *t = task_of(ops->steal(from, self));
        bool good = t != nullptr && task_change_state(t, TASK_READY, TASK_MOVING);
        if (good && rq->ready > 0)
            count_ready(rq, rq->ready - 1);
        runqueue_unlock(rq);
        if (good)
            return t;
    }
    return nullptr;
}

static void take_stolen(struct task *t, uint32_t self)
{
    struct runqueue *rq = runqueue_of(self);
    runqueue_lock(rq, self);
    ops->enqueue(self, &t->sched, SCHED_MOVED);
    __atomic_store_n(&t->queued_on, self, __ATOMIC_RELAXED);
    make_ready(t);
    count_ready(rq, rq->ready + 1);
    runqueue_unlock(rq);
}

bool idle_find_work(void)
{
    uint32_t self = cpu_this()->id;
    if (__atomic_load_n(&runqueue_of(self)->ready, __ATOMIC_RELAXED) > 0)
        return true;
    struct task *t = steal(self);
    if (t == nullptr)
        return false;
    take_stolen(t, self);
    return true;
}

void idle_run_work(void)
{
    schedule(TASK_DEAD, SCHED_WOKEN);
    irq_enable();
    task_tidy();
    irq_disable();
}
