// SPDX-License-Identifier: Apache-2.0
// wait(2): what a parent learns of its children.
#include "kernel/linux/process/family.h"
#include "kernel/linux/process/signals.h"
#include "kernel/linux/process/usage.h"

static bool is_named(const struct process *c, const struct wait_request *r) REQUIRES(lc_processes)
{
    if ((r->pid != 0 && c->pid != r->pid) || (r->group != 0 && c->group->nr != r->group))
        return false;
    return r->all || (c->end_signal != SIGCHLD) == r->clones;
}

// Whether a child has something to say that is asked for.
static bool has_news(const struct process *c, const struct wait_request *r) REQUIRES(lc_processes)
{
    if (c->ended)
        return r->ended;
    return c->news == WAIT_CONTINUED ? r->continued : c->news != 0 && r->stopped;
}

// A child that the request names and that has news; null if there is none. `*any`: one that it
// names exists.
static struct process *find_child(struct process *p, const struct wait_request *r, bool *any)
    REQUIRES(lc_processes)
{
    *any = false;
    struct kinship *k = children_first(&p->children);
    for (; k != nullptr; k = children_next(&p->children, k)) {
        struct process *c = k->process;
        if (!is_named(c, r))
            continue;
        *any = true;
        if (has_news(c, r))
            return c;
    }
    return nullptr;
}

// True: there is an answer.
static bool reap(struct process *p, const struct wait_request *r, struct wait_answer *a,
                 enum err *err)
{
    bool any, gone = false;
    family_lock(&family);
    struct process *c = find_child(p, r, &any);
    if (c != nullptr) {
        a->pid = c->pid;
        a->wait_status = c->ended ? c->wait_status : c->news;
        a->info = process_info(c, a->wait_status);
        gone = c->ended && !r->keep;
        if (!r->keep)
            c->news = 0;
        // One that has stopped goes on to use more.
        a->used = c->ended ? usage_of_ended(c) : (struct usage){};
        if (gone) {
            p->children_used = usage_sum(p->children_used, a->used);
            process_leave(c);
        }
    }
    family_unlock(&family);
    *err = any ? ERR_OK : ERR_CHILD;
    if (gone)
        process_put(c);
    return c != nullptr || !any;
}

enum err process_wait(struct process *p, const struct wait_request *r, struct wait_answer *a)
{
    static const struct wait_limits limits = {.cancelled = signal_is_due};
    enum err err;
    *a = (struct wait_answer){};
    for (;;) {
        uint32_t seen = load_acquire(&p->changes);
        if (reap(p, r, a, &err) || r->poll)
            return err;
        waitq_until_or(&p->child_changed, load_acquire(&p->changes) != seen, &limits, err);
        if (err != ERR_OK)
            return err;
    }
}
