// SPDX-License-Identifier: Apache-2.0
// From whoever sends a signal to the thread that it waits for.
#include "kernel/linux/process/limits.h"
#include "kernel/linux/process/signals.h"

HEAP_DEFINE(handlers, struct signal_handlers);

static uint64_t serials; // of handlers; atomic

struct signal_action *signal_action_of(struct process *p, uint32_t signal)
{
    return &ELEM(p->handlers->actions, signal - 1);
}

static void look(struct thread *t) REQUIRES(lc_signals)
{
    store_release(&t->signals.look, true);
    // It stays while the lock is held, since it is in its process's list.
    task_kick(t->task);
}

void signals_look_all(struct process *p)
{
    struct thread *t = threads_first(&p->threads);
    for (; t != nullptr; t = threads_next(&p->threads, t))
        look(t);
}

// ---- sending -----------------------------------------------------------------------------------

static bool wants(const struct thread *t, uint32_t signal) REQUIRES(lc_signals)
{
    const struct thread_signals *s = &t->signals;
    return !sigset_has(s->blocked, signal) || sigset_has(s->awaited, signal);
}

// The thread that is to see to a signal for all of them: the first that does not block it.
static struct thread *chosen(struct process *p, uint32_t signal) REQUIRES(lc_signals)
{
    struct thread *t = threads_first(&p->threads);
    while (t != nullptr && !wants(t, signal))
        t = threads_next(&p->threads, t);
    return t;
}

// One that `t` blocks or waits for is kept: its action may change until it is delivered.
static bool is_ignored(struct process *p, const struct thread *t, uint32_t signal)
    REQUIRES(lc_signals)
{
    if (sigset_has(t->signals.blocked, signal))
        return false;
    uint64_t handler = signal_action_of(p, signal)->handler;
    if (handler != SIGNAL_DEFAULT)
        return handler == SIGNAL_IGNORE;
    // The first process is not ended or stopped by what it does not handle.
    enum signal_default what = signal_default_of(signal);
    return p->pid == 1 ? what != SIGNAL_CONTINUES : what == SIGNAL_IGNORED;
}

void signals_take_back(struct process *p, struct sigset set)
{
    sigpending_discard(&p->pending, set);
    struct thread *t = threads_first(&p->threads);
    for (; t != nullptr; t = threads_next(&p->threads, t))
        sigpending_discard(&t->signals.pending, set);
}

static void end_stop(struct process *p, bool continues) REQUIRES(lc_signals)
{
    struct process_stop *s = &p->stop;
    s->continued = s->continued || (continues && s->on && s->stopped == p->thread_count);
    s->on = s->taken = false;
    waitq_wake_all(&p->go_on);
}

// What a signal does as it comes, whatever becomes of it: whoever continues takes back what would
// stop, and the other way round.
static void prepare(struct process *p, uint32_t signal) REQUIRES(lc_signals)
{
    if (signal == SIGCONT) {
        signals_take_back(p, (struct sigset){SIGNALS_STOP});
        end_stop(p, true);
    } else if (sigset_has((struct sigset){SIGNALS_STOP}, signal)) {
        signals_take_back(p, sigset_of(SIGCONT));
    } else if (signal == SIGKILL) {
        end_stop(p, false);
    }
}

// To `p`, or to `t` of it if that is not null. `*waits`: it has been kept.
static enum err send(struct process *p, struct thread *t, const struct signal_info *info,
                     bool *waits)
{
    uint32_t signal = (uint32_t)info->signal;
    enum err err = ERR_OK;
    *waits = false;
    signals_lock(p);
    struct thread *by = t == nullptr ? threads_first(&p->threads) : threads_has(t) ? t : nullptr;
    // One that has ended, and not been waited for, has no use for it.
    if (by != nullptr) {
        prepare(p, signal);
        if (!is_ignored(p, by, signal)) {
            // The kernel's own always come.
            uint64_t limit = info->code > 0 ? UINT64_MAX : limit_of_signals(p);
            err = sigpending_add(t != nullptr ? &t->signals.pending : &p->pending, info, limit);
            *waits = err == ERR_OK;
            struct thread *to = t == nullptr ? chosen(p, signal) : wants(t, signal) ? t : nullptr;
            if (to != nullptr)
                look(to);
        }
    }
    signals_unlock(p);
    return err;
}

enum err signal_send(struct process *p, const struct signal_info *info)
{
    bool waits;
    return send(p, nullptr, info, &waits);
}

enum err signal_send_thread(struct thread *t, const struct signal_info *info)
{
    bool waits;
    return send(t->process, t, info, &waits);
}

bool signal_send_timer(struct process *p, struct thread *t, const struct signal_info *info)
{
    bool waits;
    return send(p, t, info, &waits) == ERR_OK && waits;
}

void signal_force(struct thread *t, const struct signal_info *info)
{
    struct process *p = t->process;
    uint32_t signal = (uint32_t)info->signal;
    signals_lock(p);
    struct signal_action *a = signal_action_of(p, signal);
    if (sigset_has(t->signals.blocked, signal) || a->handler == SIGNAL_IGNORE)
        a->handler = SIGNAL_DEFAULT;
    bool ends = a->handler == SIGNAL_DEFAULT && p->pid == 1;
    t->signals.blocked = sigset_without(t->signals.blocked, sigset_of(signal));
    enum err err = sigpending_add(&t->signals.pending, info, UINT64_MAX);
    store_release(&t->signals.look, true);
    signals_unlock(p);
    // Standard signals need no memory to wait.
    ASSERT(err == ERR_OK);
    // The first process cannot go on either, although its signals do not end it.
    if (ends)
        process_end(t, signal);
}

// ---- masks -------------------------------------------------------------------------------------

struct sigset signal_set_mask(struct thread *t, struct sigset mask)
{
    struct process *p = t->process;
    signals_lock(p);
    struct sigset before = t->signals.blocked;
    t->signals.blocked = sigset_without(mask, (struct sigset){SIGNALS_ALWAYS});
    store_release(&t->signals.look, true);
    // What this thread was to see to is another's now.
    struct sigset others = {p->pending.set.bits & t->signals.blocked.bits & ~before.bits};
    struct thread *o = sigset_is_empty(others) ? nullptr : threads_first(&p->threads);
    for (; o != nullptr; o = threads_next(&p->threads, o)) {
        if (o != t && !sigset_is_empty(sigset_without(others, o->signals.blocked)))
            look(o);
    }
    signals_unlock(p);
    return before;
}

// ---- handlers ----------------------------------------------------------------------------------

enum err handlers_make(struct signal_handlers *from, const struct clone_request *r,
                       struct signal_handlers **out)
{
    if (r->share_handlers) {
        refcount_get(&from->refs);
        *out = from;
        return ERR_OK;
    }
    struct signal_handlers *h = handlers_new();
    if (h == nullptr)
        return ERR_NOMEM;
    refcount_init(&h->refs);
    h->serial = atomic_add(&serials, 1);
    if (from != nullptr) {
        handlers_lock(from);
        for (uint32_t i = 0; i < SIGNAL_MAX; i++) {
            struct signal_action a = ELEM(from->actions, i);
            // Those that are ignored stay so (clone(2), CLONE_CLEAR_SIGHAND).
            if (!r->clear_handlers || a.handler == SIGNAL_IGNORE)
                ELEM(h->actions, i) = a;
        }
        handlers_unlock(from);
    }
    *out = h;
    return ERR_OK;
}

void handlers_put(struct signal_handlers *h)
{
    if (refcount_put(&h->refs))
        handlers_delete(h);
}

static bool child_action_says(struct process *parent, uint64_t flag, bool or_ignored)
{
    signals_lock(parent);
    const struct signal_action *a = signal_action_of(parent, SIGCHLD);
    bool says = (a->flags & flag) != 0 || (or_ignored && a->handler == SIGNAL_IGNORE);
    signals_unlock(parent);
    return says;
}

bool signals_ignore_children(struct process *parent)
{
    return child_action_says(parent, SA_NOCLDWAIT, true);
}

bool signals_ignore_stops(struct process *parent)
{
    return child_action_says(parent, SA_NOCLDSTOP, true);
}

void signals_discard(struct process *p)
{
    signals_lock(p);
    sigpending_discard(&p->pending, (struct sigset){~0ull});
    signals_unlock(p);
}
