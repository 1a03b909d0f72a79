// SPDX-License-Identifier: Apache-2.0
// Stops of a process: by a signal that one of its threads takes, for all of them, until SIGCONT
// comes (signal(7), "Signal dispositions"). The parent is told when the last has stopped.
#include "kernel/linux/process/family.h"
#include "kernel/linux/process/signals.h"

bool signals_are_stopped(struct process *p)
{
    signals_lock(p);
    bool on = p->stop.on;
    signals_unlock(p);
    return on;
}

// Nobody could have an orphaned group go on; only SIGSTOP stops it.
static bool is_held(struct process *p, uint32_t signal)
{
    family_lock(&family);
    bool held = signal == SIGSTOP || !group_is_orphaned(p->group, nullptr);
    family_unlock(&family);
    return held;
}

void process_stop(struct thread *t, uint32_t signal)
{
    struct process *p = t->process;
    bool held = is_held(p, signal);
    signals_lock(p);
    if (held && p->stop.taken && !p->ending) {
        p->stop.on = true;
        p->stop.signal = signal;
        signals_look_all(p);
    }
    p->stop.taken = false;
    signals_unlock(p);
}

static void begin(struct process *p)
{
    family_lock(&family);
    signals_lock(p);
    p->stop.stopped++;
    bool all = p->stop.on && p->stop.stopped == p->thread_count;
    signals_unlock(p);
    if (all)
        process_tell_stop(p);
    family_unlock(&family);
}

static void go_on(struct process *p)
{
    family_lock(&family);
    signals_lock(p);
    p->stop.stopped--;
    bool tell = p->stop.continued;
    p->stop.continued = false;
    signals_unlock(p);
    if (tell)
        process_tell_continue(p);
    family_unlock(&family);
}

void thread_stop(struct thread *t)
{
    struct process *p = t->process;
    begin(p);
    waitq_until(&p->go_on, !signals_are_stopped(p));
    go_on(p);
}
