// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/task/task.h"
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/heap/heap.h"
#include "kernel/frame/sched/sched.h"
#include "kernel/frame/vmm/kva.h"

constexpr size_t STACK_PAGES = 4;

struct task {
    struct sched_entity sched;
    uint32_t refs; // atomic
    bool started;
    uint64_t sp; // while it does not run
    struct kva *stack;
    struct vm_space *space; // null: none
    void (*fn)(void *);
    void *arg;
};

HEAP_TYPE(task_type, struct task);

static struct run_queue queue = {.tasks = LIST_INIT(queue.tasks)};
static uint64_t idle_sp;

// The task that just exited. Its stack is in use until the switch away from it, so whoever
// runs next drops the reference.
static struct task *exited;

static void after_switch(void)
{
    struct task *dead = exited;
    exited = nullptr;
    if (dead != nullptr)
        task_put(dead);
    struct task *now = task_current();
    if (now != nullptr)
        vm_space_activate(now->space);
}

// Goes on with `next`, or the idle loop if null; `save` receives this stack's position.
static void switch_to(struct task *next, uint64_t *save)
{
    cpu_this()->current = next;
    stack_switch(save, next != nullptr ? next->sp : idle_sp);
    after_switch();
}

static struct task *pick(void)
{
    struct sched_entity *e = run_queue_pop(&queue);
    return e != nullptr ? LIST_ENTRY(e, struct task, sched) : nullptr;
}

static void task_main(void *arg)
{
    struct task *self = arg;
    after_switch();
    self->fn(self->arg);
    task_exit();
}

enum err task_create(void (*fn)(void *), void *arg, struct task **out)
{
    struct task *task = heap_alloc(&task_type);
    if (task == nullptr)
        return ERR_NOMEM;
    enum err err = kva_alloc(STACK_PAGES, &task->stack);
    if (err != ERR_OK) {
        heap_free(&task_type, task);
        return err;
    }
    task->refs = 1;
    task->fn = fn;
    task->arg = arg;
    task->sp = stack_prepare(kva_end(task->stack), task_main, task);
    *out = task;
    return ERR_OK;
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
    kva_free(task->stack);
    if (task->space != nullptr)
        vm_space_put(task->space);
    heap_free(&task_type, task);
}

void task_start(struct task *task)
{
    ASSERT(!task->started);
    task->started = true;
    task_get(task);
    run_queue_push(&queue, &task->sched);
}

struct task *task_current(void) { return cpu_this()->current; }

void task_yield(void)
{
    struct task *self = task_current();
    ASSERT(self != nullptr);
    struct task *next = pick();
    if (next == nullptr)
        return;
    run_queue_push(&queue, &self->sched);
    switch_to(next, &self->sp);
}

void task_exit(void)
{
    struct task *self = task_current();
    ASSERT(self != nullptr);
    exited = self;
    switch_to(pick(), &self->sp);
    panic("an exited task was run");
}

void task_set_space(struct vm_space *space)
{
    struct task *self = task_current();
    ASSERT(self != nullptr);
    if (space != nullptr)
        vm_space_get(space);
    struct vm_space *old = self->space;
    self->space = space;
    vm_space_activate(space);
    if (old != nullptr)
        vm_space_put(old);
}

void task_run_all(void)
{
    for (;;) {
        struct task *next = pick();
        // Nothing else makes a task ready: without one now there will never be one.
        if (next == nullptr)
            panic("every task has ended, and none called power_off()");
        switch_to(next, &idle_sp);
    }
}
