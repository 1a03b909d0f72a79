// SPDX-License-Identifier: Apache-2.0
// From whoever sends a signal to the process that it waits for.
#include "kernel/linux/process/signals.h"

static struct signal_action *action_of(struct process_signals *s, uint32_t signal)
    REQUIRES(lc_signals)
{
    return &ELEM(s->actions, signal - 1);
}

// One that is blocked is kept: its action may change until it is delivered.
static bool is_ignored(struct process *p, uint32_t signal) REQUIRES(lc_signals)
{
    struct process_signals *s = &p->signals;
    if (sigset_has(s->blocked, signal) || sigset_has(s->awaited, signal))
        return false;
    uint64_t handler = action_of(s, signal)->handler;
    if (handler != SIGNAL_DEFAULT)
        return handler == SIGNAL_IGNORE;
    // The first process is not ended or stopped by what it does not handle.
    enum signal_default what = signal_default_of(signal);
    return p->pid == 1 ? what != SIGNAL_CONTINUES : what == SIGNAL_IGNORED;
}

// Whoever continues takes back what would stop, and the other way round. True: a stop ends.
static bool take_back(struct process_signals *s, uint32_t signal) REQUIRES(lc_signals)
{
    if (signal == SIGCONT)
        sigpending_discard(&s->pending, (struct sigset){SIGNALS_STOP});
    else if (sigset_has((struct sigset){SIGNALS_STOP}, signal))
        sigpending_discard(&s->pending, sigset_of(SIGCONT));
    bool ends = s->stopped && (signal == SIGCONT || signal == SIGKILL);
    s->stopped = s->stopped && !ends;
    return ends;
}

enum err signal_send(struct process *p, const struct signal_info *info)
{
    struct process_signals *s = &p->signals;
    uint32_t signal = (uint32_t)info->signal;
    enum err err = ERR_OK;
    bool due = false;
    signals_lock(s);
    bool goes_on = take_back(s, signal);
    if (!is_ignored(p, signal)) {
        err = sigpending_add(&s->pending, info);
        due = !sigset_has(s->blocked, signal) || sigset_has(s->awaited, signal);
    }
    if (due)
        store_release(&s->look, true);
    signals_unlock(s);
    if (goes_on)
        waitq_wake_all(&s->go_on);
    if (due)
        task_kick(p->task);
    return err;
}

static bool child_action_says(struct process *parent, uint64_t flag, bool or_ignored)
{
    struct process_signals *s = &parent->signals;
    signals_lock(s);
    const struct signal_action *a = action_of(s, SIGCHLD);
    bool says = (a->flags & flag) != 0 || (or_ignored && a->handler == SIGNAL_IGNORE);
    signals_unlock(s);
    return says;
}

bool signals_ignore_children(struct process *parent)
{
    return child_action_says(parent, SA_NOCLDWAIT, true);
}

bool signals_ignore_stops(struct process *parent)
{
    return child_action_says(parent, SA_NOCLDSTOP, false);
}

bool signals_are_stopped(struct process *p)
{
    signals_lock(&p->signals);
    bool stopped = p->signals.stopped;
    signals_unlock(&p->signals);
    return stopped;
}

void signal_force(struct process *p, const struct signal_info *info)
{
    struct process_signals *s = &p->signals;
    uint32_t signal = (uint32_t)info->signal;
    signals_lock(s);
    struct signal_action *a = action_of(s, signal);
    if (sigset_has(s->blocked, signal) || a->handler == SIGNAL_IGNORE)
        a->handler = SIGNAL_DEFAULT;
    bool ends = a->handler == SIGNAL_DEFAULT;
    s->blocked = sigset_without(s->blocked, sigset_of(signal));
    enum err err = sigpending_add(&s->pending, info);
    store_release(&s->look, true);
    signals_unlock(s);
    // Standard signals need no memory to wait. Nor may the first process go on.
    ASSERT(err == ERR_OK);
    if (ends)
        process_end(p, signal);
}

void signals_copy(struct process *child, struct process *parent)
{
    struct process_signals *from = &parent->signals, *to = &child->signals;
    signals_lock(from);
    for (uint32_t signal = 1; signal <= SIGNAL_MAX; signal++)
        *action_of(to, signal) = *action_of(from, signal);
    to->blocked = from->blocked;
    signals_unlock(from);
    to->stack = from->stack;
}

void signals_discard(struct process *p)
{
    signals_lock(&p->signals);
    sigpending_discard(&p->signals.pending, (struct sigset){~0ull});
    signals_unlock(&p->signals);
}

struct sigset signal_set_mask(struct process *p, struct sigset mask)
{
    struct process_signals *s = &p->signals;
    signals_lock(s);
    struct sigset before = s->blocked;
    s->blocked = sigset_without(mask, (struct sigset){SIGNALS_ALWAYS});
    store_release(&s->look, true);
    signals_unlock(s);
    return before;
}
