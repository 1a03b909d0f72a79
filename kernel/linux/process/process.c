// SPDX-License-Identifier: Apache-2.0
// Processes: from their making to the moment when nobody waits for them any more.
#include "kernel/linux/process/family.h"
#include "kernel/linux/process/limits.h"
#include "kernel/linux/process/signals.h"
#include <asm/siginfo.h>

HEAP_DEFINE(process, struct process);

struct family family;

void process_put(struct process *p)
{
    if (!refcount_put(&p->refs))
        return;
    signals_discard(p);
    handlers_put(p->handlers);
    if (p->exe != nullptr)
        exec_file_put(p->exe);
    if (p->cred != nullptr)
        cred_put(p->cred);
    process_delete(p);
}

struct process *process_find(uint64_t nr)
{
    family_lock(&family);
    struct pid *pid = pid_find(nr);
    struct process *p = pid == nullptr            ? nullptr
                        : pid->process != nullptr ? pid->process
                        : pid->thread != nullptr  ? pid->thread->process
                                                  : nullptr;
    if (p != nullptr)
        refcount_get(&p->refs);
    family_unlock(&family);
    return p;
}

uint64_t process_parent_pid(struct process *p)
{
    family_lock(&family);
    uint64_t pid = p->parent != nullptr ? p->parent->pid : 0;
    family_unlock(&family);
    return pid;
}

// ---- beginning ---------------------------------------------------------------------------------

enum err process_make(struct thread *by, const struct clone_request *r, struct process **out)
{
    struct process *p = process_new();
    if (p == nullptr)
        return ERR_NOMEM;
    enum err err = handlers_make(by != nullptr ? by->process->handlers : nullptr, r, &p->handlers);
    if (err != ERR_OK) {
        process_delete(p);
        return err;
    }
    p->barriers = by != nullptr ? load_acquire(&by->process->barriers) : 0;
    limits_init(p, by != nullptr ? by->process : nullptr);
    refcount_init(&p->refs);
    p->kinship.process = p;
    p->end_signal = r->end_signal;
    *out = p;
    return ERR_OK;
}

void process_join(struct process *p, struct thread *maker, bool sibling, struct pid *id)
{
    struct process *by = maker != nullptr ? maker->process : nullptr;
    p->id = id;
    p->pid = id->nr;
    id->process = p;
    pid_use(id);
    p->session = by != nullptr ? by->session : id;
    pid_use(p->session);
    group_enter(p, by != nullptr ? by->group : id);
    if (by == nullptr) {
        family.first = p;
        return;
    }
    p->exe = exec_file_get(by->exe);
    p->parent = sibling ? by->parent : by;
    p->maker = sibling ? by->maker : maker;
    children_push_back(&p->parent->children, &p->kinship);
}

// ---- ending ------------------------------------------------------------------------------------

void process_leave(struct process *p)
{
    if (children_has(&p->kinship))
        children_remove(&p->kinship);
    group_leave(p);
    pid_leave(p->session);
    p->id->process = nullptr;
    pid_leave(p->id);
}

void process_end_machine(uint32_t wait_status)
{
    uint32_t signal = wait_status & 0x7f;
    power_off(signal != 0 ? 128 + (int)signal : (int)(wait_status >> 8 & 0xff));
}

static void tell_of_change(struct process *parent)
{
    atomic_add(&parent->changes, 1);
    waitq_wake_all(&parent->child_changed);
}

struct signal_info process_info(struct process *p, uint32_t wait_status)
{
    uint32_t signal = wait_status & 0x7f, high = wait_status >> 8 & 0xff;
    uint32_t uid = p->cred->is.uid.real;
    if (wait_status == WAIT_CONTINUED)
        return siginfo_child(CLD_CONTINUED, p->pid, uid, SIGCONT);
    if (signal == WAIT_STOPPED)
        return siginfo_child(CLD_STOPPED, p->pid, uid, (int32_t)high);
    if (signal != 0)
        return siginfo_child(CLD_KILLED, p->pid, uid, (int32_t)signal);
    return siginfo_child(CLD_EXITED, p->pid, uid, (int32_t)high);
}

// Tells the parent that it has ended. True: that one does not wait for it.
static bool report_end(struct process *p) REQUIRES(lc_processes)
{
    struct signal_info info = process_info(p, p->wait_status);
    bool unwanted = p->end_signal == SIGCHLD && signals_ignore_children(p->parent);
    info.signal = (int32_t)p->end_signal;
    if (p->end_signal != 0 && signal_send(p->parent, &info) != ERR_OK)
        log_debug("process %lu: no memory for the signal at its end", p->pid);
    tell_of_change(p->parent);
    return unwanted;
}

// One whose parent has ended becomes another's child, whose end SIGCHLD tells.
static void adopt(struct process *p, struct process *reaper) REQUIRES(lc_processes)
{
    struct process *before = p->parent;
    p->parent = reaper;
    p->maker = maker_of(reaper);
    p->end_signal = SIGCHLD;
    children_push_back(&p->parent->children, &p->kinship);
    if (!p->ended) {
        group_orphan(p, before, nullptr);
    } else if (report_end(p)) {
        process_leave(p);
        process_put(p);
    }
}

bool process_ended(struct process *p, uint32_t wait_status)
{
    if (p->pid == 1)
        process_end_machine(wait_status);
    group_orphan(p, p->parent, p);
    struct process *reaper = process_reaper(p);
    for (struct kinship *k; (k = children_pop_front(&p->children)) != nullptr;)
        adopt(k->process, reaper);
    exec_file_put(p->exe); // which may be written to again
    p->exe = nullptr;
    p->wait_status = wait_status;
    p->ended = true;
    bool unwanted = report_end(p);
    if (unwanted)
        process_leave(p);
    return unwanted;
}

// ---- stopping ----------------------------------------------------------------------------------

// What wait(2) says of one that has been stopped, and of one that has gone on.
static void report_news(struct process *p, uint32_t news) REQUIRES(lc_processes)
{
    struct signal_info info = process_info(p, news);
    p->news = news;
    // A standard signal needs no memory to wait.
    if (!signals_ignore_stops(p->parent))
        must(signal_send(p->parent, &info));
    tell_of_change(p->parent);
}

void process_tell_stop(struct process *p)
{
    signals_lock(p);
    uint32_t signal = p->stop.signal;
    signals_unlock(p);
    report_news(p, WAIT_STOPPED | signal << 8);
}

void process_tell_continue(struct process *p) { report_news(p, WAIT_CONTINUED); }
