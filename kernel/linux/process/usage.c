// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/process/usage.h"
#include "kernel/linux/process/family.h"

struct usage usage_of_thread(struct thread *t)
{
    return (struct usage){
        .cpu_ns = clock_cycles_to_ns(task_used_cycles(t->task)),
        .faults = load_acquire(&t->faults),
    };
}

struct usage usage_of_process(struct process *p)
{
    signals_lock(p);
    struct usage all = p->used;
    struct thread *t = threads_first(&p->threads);
    for (; t != nullptr; t = threads_next(&p->threads, t))
        all = usage_sum(all, usage_of_thread(t));
    signals_unlock(p);
    return all;
}

struct usage usage_of_children(struct process *p)
{
    family_lock(&family);
    struct usage all = p->children_used;
    family_unlock(&family);
    return all;
}

struct usage usage_of_ended(const struct process *p)
{
    return usage_sum(p->used, p->children_used);
}

uint32_t process_thread_count(struct process *p)
{
    signals_lock(p);
    uint32_t count = p->thread_count;
    signals_unlock(p);
    return count;
}

uint32_t thread_total(void)
{
    uint32_t count = 0;
    family_lock(&family);
    for (struct pid *pid = pid_first(); pid != nullptr; pid = pid_next(pid))
        count += pid->thread != nullptr;
    family_unlock(&family);
    return count;
}
