// SPDX-License-Identifier: Apache-2.0
// What becomes of a process whose maker ends: the signal that it has asked for, and who its parent
// is then (prctl(2), PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER).
#include "kernel/linux/process/credentials.h"
#include "kernel/linux/process/family.h"
#include "kernel/linux/process/signals.h"
#include <asm/siginfo.h>

// The nearest one above that wants them; else the first. Whoever has children has not ended.
struct process *process_reaper(struct process *p)
{
    struct process *reaper = p->parent;
    while (reaper != family.first && !reaper->is_reaper)
        reaper = reaper->parent;
    return reaper;
}

// Threads come and go with lc_processes held only, so that the list stays as it is in between.
static struct thread *next_thread(struct process *p, struct thread *t) REQUIRES(lc_processes)
{
    signals_lock(p);
    t = t == nullptr ? threads_first(&p->threads) : threads_next(&p->threads, t);
    signals_unlock(p);
    return t;
}

struct thread *maker_of(struct process *parent) { return next_thread(parent, nullptr); }

static void send_death_signals(struct process *p, struct thread *maker) REQUIRES(lc_processes)
{
    struct thread *t = nullptr;
    while ((t = next_thread(p, t)) != nullptr) {
        if (t->death_signal == 0 || !thread_may_signal(maker, p, p->cred, t->death_signal))
            continue;
        struct signal_info info =
            siginfo_sent(t->death_signal, SI_USER, maker->process->pid, maker->cred->is.uid.real);
        if (signal_send(p, &info) != ERR_OK)
            log_debug("process %lu: no memory for the signal at its maker's end", p->pid);
    }
}

void makers_leave(struct thread *t)
{
    struct process *p = t->process;
    struct thread *other = next_thread(p, nullptr);
    if (other == t)
        other = next_thread(p, t);
    struct kinship *k = children_first(&p->children);
    for (; k != nullptr; k = children_next(&p->children, k)) {
        if (k->process->maker != t)
            continue;
        send_death_signals(k->process, t);
        k->process->maker = other;
    }
}
