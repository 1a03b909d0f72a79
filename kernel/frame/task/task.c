// SPDX-License-Identifier: Apache-2.0
// Tasks as objects: made, counted, freed. Switching between them is in switch.c.
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/entropy/entropy.h"
#include "kernel/frame/heap/heap.h"
#include "kernel/frame/task/stack.h"
#include "kernel/frame/task/task_priv.h"

// A policy may have kept a pointer to a task that has ended: tasks' memory is never anything
// else's.
HEAP_TYPE_FOREVER(task_type, struct task);

static uint32_t alive; // atomic: tasks that were started and have not been buried

static uint64_t new_canary(void) { return entropy_u64() & CANARY_MASK; }

enum err task_create(void (*fn)(void *), void *arg, struct task **out)
{
    static const struct sched_attr attr = {
        .kind = SCHED_FAIR, .weight = SCHED_WEIGHT_DEFAULT, .affinity = {~0ull}};
    struct task *task = heap_alloc(&task_type);
    if (task == nullptr)
        return ERR_NOMEM;
    struct kva *stack;
    enum err err = stack_alloc(&stack);
    if (err != ERR_OK) {
        heap_free(&task_type, task);
        return err;
    }
    // Field by field: until sched_node_init the node is still the last owner's.
    task->state = TASK_NEW;
    task->refs = 1;
    task->queued_on = 0;
    task->used_cycles = 0;
    task->switches = 0;
    task->stack = stack;
    task->space = nullptr;
    task->fn = fn;
    task->arg = arg;
    task->attr_changed = false;
    task->sp = stack_prepare(kva_end(stack), task_main, task, new_canary());
    sched_node_init(&task->sched, &attr);
    *out = task;
    return ERR_OK;
}

void *task_current_argument(void (*fn)(void *))
{
    const struct task *self = task_current();
    return self != nullptr && self->fn == fn ? self->arg : nullptr;
}

void task_get(struct task *task)
{
    uint32_t before = __atomic_fetch_add(&task->refs, 1, __ATOMIC_RELAXED);
    ASSERT(before != 0 && before != UINT32_MAX);
}

void task_put(struct task *task)
{
    uint32_t before = __atomic_fetch_sub(&task->refs, 1, __ATOMIC_ACQ_REL);
    ASSERT(before != 0);
    if (before != 1)
        return;
    stack_free(task->stack);
    if (task->space != nullptr)
        vm_space_put(task->space);
    // One that a policy has hidden in a container after its end stays there for ever.
    if (sched_node_retire(&task->sched))
        heap_free(&task_type, task);
}

void task_bury(struct task *dead)
{
    task_put(dead);
    __atomic_fetch_sub(&alive, 1, __ATOMIC_RELEASE);
}

uint32_t task_count(void) { return __atomic_load_n(&alive, __ATOMIC_ACQUIRE); }

void task_check_alive(void)
{
    if (task_count() == 0)
        panic("every task has ended, and none called power_off()");
}

void task_start(struct task *task)
{
    bool first = task_change_state(task, TASK_NEW, TASK_MOVING);
    ASSERT(first);
    task_get(task);
    __atomic_fetch_add(&alive, 1, __ATOMIC_RELAXED);
    task_enqueue(task, SCHED_NEW);
}

static bool attr_is_valid(const struct sched_attr *a)
{
    switch (a->kind) {
    case SCHED_FAIR:
        return a->weight >= SCHED_WEIGHT_MIN && a->weight <= SCHED_WEIGHT_MAX;
    case SCHED_FIFO:
    case SCHED_RR:
        return a->priority >= 1 && a->priority <= SCHED_PRIORITY_MAX;
    }
    return false;
}

enum err task_set_sched(struct task *task, struct sched_attr attr)
{
    if (cpuset_is_empty(attr.affinity))
        attr.affinity = (struct cpuset){~0ull};
    if (!attr_is_valid(&attr) || cpuset_is_empty(cpuset_and(attr.affinity, cpuset_all())))
        return ERR_INVAL;
    uint64_t flags = task_lock_irq(task);
    task->next_attr = attr;
    __atomic_store_n(&task->attr_changed, true, __ATOMIC_RELEASE);
    task_unlock_irq(task, flags);
    task_requeue(task);
    return ERR_OK;
}

struct sched_attr task_sched(struct task *t)
{
    uint64_t flags = task_lock_irq(t);
    struct sched_attr attr = t->attr_changed ? t->next_attr : t->sched.attr;
    task_unlock_irq(t, flags);
    return attr;
}

struct vm_space *task_space(void) { return task_current()->space; }

uint64_t task_switches(void) { return task_current()->switches; }

uint32_t task_cpu(void) { return cpu_this()->id; }

void task_set_space(struct vm_space *space)
{
    struct task *self = task_current();
    ASSERT(self != nullptr);
    if (space != nullptr)
        vm_space_get(space);
    preempt_disable();
    struct vm_space *old = self->space;
    self->space = space;
    vm_space_activate(space);
    preempt_enable();
    if (old != nullptr)
        vm_space_put(old);
}
