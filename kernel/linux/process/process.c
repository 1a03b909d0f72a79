// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/process/signals.h"
#include <asm/siginfo.h>

HEAP_DEFINE(process, struct process);
TTREE_DEFINE(process_table, struct process, by_pid, pid);

static struct family {
    struct mutex lock;
    struct process_table table GUARDED_BY(lc_processes);
    uint64_t last_pid GUARDED_BY(lc_processes);
    struct process *first GUARDED_BY(lc_processes);
} family;
MUTEX_OPS(family, struct family, lock, lc_processes)

static const struct process_ops *ops;

void process_init(const struct process_ops *o) { ops = o; }

// ---- beginning -------------------------------------------------------------------------------

TASK_DEFINE(process_main, struct process, p)
{
    static const struct user_hooks hooks = {signal_has_event};
    task_set_space(mm_space(p->mm));
    for (;;) {
        signal_deliver(p);
        switch (user_mode_run(p->ctx, &hooks)) {
        case USER_SYSCALL:
            ops->serve_syscall(p);
            break;
        case USER_EXCEPTION:
            ops->serve_exception(p);
            break;
        case USER_KERNEL_EVENT:
            break;
        }
    }
}

struct process *process_running(void) { return process_main_current(); }

void process_put(struct process *p)
{
    if (!refcount_put(&p->refs))
        return;
    signals_discard(p);
    task_put(p->task);
    process_delete(p);
}

struct process *process_find(uint64_t pid)
{
    family_lock(&family);
    struct process *p = process_table_find(&family.table, pid);
    if (p != nullptr)
        refcount_get(&p->refs);
    family_unlock(&family);
    return p;
}

enum err process_signal_all(struct process *but, const struct signal_info *info)
{
    enum err err = ERR_SRCH;
    family_lock(&family);
    struct process *p = process_table_first(&family.table);
    for (; p != nullptr; p = process_table_next(p)) {
        if (p->pid != 1 && p != but)
            err = signal_send(p, info);
    }
    family_unlock(&family);
    return err;
}

// The next identifier that is free, in turn. False if all are taken.
static bool take_pid(uint64_t *pid) REQUIRES(lc_processes)
{
    for (int32_t tries = 0; tries < PID_MAX; tries++) {
        family.last_pid = family.last_pid % PID_MAX + 1;
        if (process_table_find(&family.table, family.last_pid) == nullptr) {
            *pid = family.last_pid;
            return true;
        }
    }
    return false;
}

// Enters a process into the family, and starts it.
static enum err join_family(struct process *p, struct process *parent)
{
    family_lock(&family);
    bool found = take_pid(&p->pid);
    if (found) {
        refcount_init(&p->refs);
        p->kinship.process = p;
        process_table_insert(&family.table, p);
        p->parent = parent;
        if (parent == nullptr)
            family.first = p;
        else
            children_push_back(&parent->children, &p->kinship);
    }
    family_unlock(&family);
    return found ? ERR_OK : ERR_AGAIN;
}

enum err process_start_first(const struct exec_image *image)
{
    struct process *p = process_new();
    if (p == nullptr)
        return ERR_NOMEM;
    p->mm = image->mm;
    enum err err = user_ctx_create(image->entry, image->sp, &p->ctx);
    if (err != ERR_OK)
        goto free_process;
    err = process_main_create(p, &p->task);
    if (err != ERR_OK)
        goto destroy_context;
    must(join_family(p, nullptr));
    task_start(p->task);
    return ERR_OK;

destroy_context:
    user_ctx_destroy(p->ctx);
free_process:
    process_delete(p);
    return err;
}

enum err process_fork(struct process *parent, uint64_t *pid)
{
    struct process *child = process_new();
    if (child == nullptr)
        return ERR_NOMEM;
    enum err err = mm_clone(parent->mm, &child->mm);
    if (err != ERR_OK)
        goto free_process;
    err = user_ctx_create((uaddr_t){}, (uaddr_t){}, &child->ctx);
    if (err != ERR_OK)
        goto put_mm;
    user_ctx_copy(child->ctx, parent->ctx);
    user_ctx_set_result(child->ctx, 0);
    signals_copy(child, parent);
    err = process_main_create(child, &child->task);
    if (err != ERR_OK)
        goto destroy_context;
    err = join_family(child, parent);
    if (err != ERR_OK)
        goto put_task;
    // Read before it runs: it may end, and be gone, at once.
    *pid = child->pid;
    task_start(child->task);
    return ERR_OK;

put_task:
    task_put(child->task);
destroy_context:
    user_ctx_destroy(child->ctx);
put_mm:
    mm_put(child->mm);
free_process:
    process_delete(child);
    return err;
}

// ---- ending ----------------------------------------------------------------------------------

// A process that nobody will wait for any more, or that has been waited for.
static void leave_family(struct process *p) REQUIRES(lc_processes)
{
    process_table_remove(&family.table, p);
    if (children_has(&p->kinship))
        children_remove(&p->kinship);
}

// The children go to the first process. True if it has something to wait for.
static bool hand_over_children(struct process *p) REQUIRES(lc_processes)
{
    bool any_ended = false;
    for (struct kinship *k; (k = children_pop_front(&p->children)) != nullptr;) {
        k->process->parent = family.first;
        children_push_back(&family.first->children, k);
        any_ended = any_ended || k->process->ended;
    }
    return any_ended;
}

// The machine's status is the first process's, as a shell would report it.
[[noreturn]] static void end_machine(uint32_t wait_status)
{
    uint32_t signal = wait_status & 0x7f;
    power_off(signal != 0 ? 128 + (int)signal : (int)(wait_status >> 8 & 0xff));
}

static void tell_of_change(struct process *parent)
{
    atomic_add(&parent->changes, 1);
    waitq_wake_all(&parent->child_changed);
}

static void send_child_signal(struct process *p, int32_t code, uint32_t status)
    REQUIRES(lc_processes)
{
    struct signal_info info = siginfo_child(code, p->pid, 0, (int32_t)status);
    // A standard signal needs no memory to wait.
    must(signal_send(p->parent, &info));
}

// Tells the parent that it has ended. True: that one does not wait for its children.
static bool report_end(struct process *p) REQUIRES(lc_processes)
{
    uint32_t signal = p->wait_status & 0x7f;
    bool unwanted = signals_ignore_children(p->parent);
    if (signal != 0)
        send_child_signal(p, CLD_KILLED, signal);
    else
        send_child_signal(p, CLD_EXITED, p->wait_status >> 8);
    return unwanted;
}

void process_end(struct process *p, uint32_t wait_status)
{
    if (p->pid == 1)
        end_machine(wait_status);
    task_set_space(nullptr);
    mm_put(p->mm);
    user_ctx_destroy(p->ctx);

    family_lock(&family);
    struct process *first = family.first, *parent = p->parent;
    bool wake_first = hand_over_children(p);
    p->wait_status = wait_status;
    p->ended = true;
    bool unwanted = report_end(p);
    if (unwanted)
        leave_family(p);
    // The parent cannot go while the lock is held.
    tell_of_change(parent);
    if (wake_first)
        tell_of_change(first);
    family_unlock(&family);
    // From here on `p` may be gone, if it is not ours to put.
    if (unwanted)
        process_put(p);
    task_exit();
}

// What wait(2) says of one that has been stopped, and of one that has gone on.
static void report_news(struct process *p, uint32_t news, int32_t code, uint32_t signal)
{
    family_lock(&family);
    p->news = news;
    if (!signals_ignore_stops(p->parent))
        send_child_signal(p, code, signal);
    tell_of_change(p->parent);
    family_unlock(&family);
}

void process_stop(struct process *p, uint32_t signal)
{
    report_news(p, 0x7f | signal << 8, CLD_STOPPED, signal);
    waitq_until(&p->signals.go_on, !signals_are_stopped(p));
    report_news(p, 0xffff, CLD_CONTINUED, SIGCONT);
}

// Whether a child has something to say that is asked for.
static bool has_news(const struct process *c, const struct wait_request *r)
{
    return c->news == 0xffff ? r->continued : c->news != 0 && r->stopped;
}

// A child that the request names and that has ended, or has news; null if there is none. `*any`:
// one that it names exists.
static struct process *find_child(struct process *p, const struct wait_request *r, bool *any)
    REQUIRES(lc_processes)
{
    *any = false;
    struct kinship *k = children_first(&p->children);
    for (; k != nullptr; k = children_next(&p->children, k)) {
        struct process *c = k->process;
        if (r->pid != 0 && c->pid != r->pid)
            continue;
        *any = true;
        if (c->ended || has_news(c, r))
            return c;
    }
    return nullptr;
}

// True: there is an answer.
static bool reap(struct process *p, const struct wait_request *r, uint64_t *found, uint32_t *status,
                 enum err *err)
{
    bool any, gone = false;
    family_lock(&family);
    struct process *c = find_child(p, r, &any);
    if (c != nullptr) {
        gone = c->ended;
        *found = c->pid;
        *status = gone ? c->wait_status : c->news;
        c->news = 0;
        if (gone)
            leave_family(c);
    }
    family_unlock(&family);
    *err = any ? ERR_OK : ERR_CHILD;
    if (gone)
        process_put(c);
    return c != nullptr || !any;
}

enum err process_wait(struct process *p, const struct wait_request *r, uint64_t *found,
                      uint32_t *wait_status)
{
    static const struct wait_limits limits = {.cancelled = signal_is_due};
    enum err err;
    *found = 0;
    for (;;) {
        uint32_t seen = load_acquire(&p->changes);
        if (reap(p, r, found, wait_status, &err) || r->poll)
            return err;
        waitq_until_or(&p->child_changed, load_acquire(&p->changes) != seen, &limits, err);
        if (err != ERR_OK)
            return err;
    }
}

uint64_t process_parent_pid(struct process *p)
{
    family_lock(&family);
    uint64_t pid = p->parent != nullptr ? p->parent->pid : 0;
    family_unlock(&family);
    return pid;
}
