// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/process/traits.h"
#include "kernel/linux/process/family.h"
#include <linux/prctl.h>

// As a Linux that starts has it.
constexpr uint64_t SLACK_NS = 50'000;

struct thread_name thread_name(struct thread *t)
{
    signals_lock(t->process);
    struct thread_name name = t->name;
    signals_unlock(t->process);
    return name;
}

void thread_set_name(struct thread *t, struct cspan name)
{
    struct thread_name new = {};
    size_t len = min_u64(cspan_len(name), sizeof(new.bytes) - 1);
    span_copy(SPAN_OF(new.bytes), cspan_sub(name, 0, len));
    signals_lock(t->process);
    t->name = new;
    signals_unlock(t->process);
}

uint32_t thread_death_signal(struct thread *t)
{
    family_lock(&family);
    uint32_t signal = t->death_signal;
    family_unlock(&family);
    return signal;
}

void thread_set_death_signal(struct thread *t, uint32_t signal)
{
    family_lock(&family);
    t->death_signal = signal;
    family_unlock(&family);
}

bool process_is_reaper(struct process *p)
{
    family_lock(&family);
    bool is = p->is_reaper;
    family_unlock(&family);
    return is;
}

void process_set_reaper(struct process *p, bool on)
{
    family_lock(&family);
    p->is_reaper = on;
    family_unlock(&family);
}

void traits_begin(struct thread *t)
{
    t->traits = (struct thread_traits){
        .slack_ns = SLACK_NS,
        .usual_slack_ns = SLACK_NS,
        .memory_errors = PR_MCE_KILL_DEFAULT,
    };
}

void traits_inherit(struct thread *t, struct thread *by)
{
    struct thread_name name = thread_name(by);
    t->traits = by->traits;
    t->traits.usual_slack_ns = by->traits.slack_ns;
    thread_set_name(t, CSPAN_OF(name.bytes));
}
