// SPDX-License-Identifier: Apache-2.0
// Process groups and sessions (credentials(7), setpgid(2), setsid(2)).
#include "kernel/linux/process/credentials.h"
#include "kernel/linux/process/family.h"
#include "kernel/linux/process/signals.h"

void group_enter(struct process *p, struct pid *group)
{
    pid_use(group);
    p->group = group;
    fellows_push_back(&group->group, &p->kinship);
}

void group_leave(struct process *p)
{
    fellows_remove(&p->kinship);
    pid_leave(p->group);
}

// ---- asking and changing -----------------------------------------------------------------------

static struct process *named(uint64_t nr) REQUIRES(lc_processes)
{
    struct pid *pid = pid_find(nr);
    return pid != nullptr ? pid->process : nullptr;
}

enum err process_group(uint64_t pid, uint64_t *group)
{
    family_lock(&family);
    struct process *p = named(pid);
    if (p != nullptr)
        *group = p->group->nr;
    family_unlock(&family);
    return p != nullptr ? ERR_OK : ERR_SRCH;
}

enum err process_session(uint64_t pid, uint64_t *session)
{
    family_lock(&family);
    struct process *p = named(pid);
    if (p != nullptr)
        *session = p->session->nr;
    family_unlock(&family);
    return p != nullptr ? ERR_OK : ERR_SRCH;
}

// By whom and of whom a group may be changed, and to which.
static enum err may_set_group(struct process *p, struct process *of, uint64_t group)
    REQUIRES(lc_processes)
{
    if (of == nullptr || (of != p && of->parent != p))
        return ERR_SRCH;
    if (of->session != p->session || of->session == of->id)
        return ERR_PERM;
    if (of != p && of->executes)
        return ERR_ACCES;
    if (group == of->pid)
        return ERR_OK;
    // Another's has to be there, in the same session.
    struct pid *to = pid_find(group);
    struct kinship *member = to != nullptr ? fellows_first(&to->group) : nullptr;
    return member != nullptr && member->process->session == p->session ? ERR_OK : ERR_PERM;
}

enum err process_set_group(struct process *p, uint64_t pid, uint64_t group)
{
    family_lock(&family);
    struct process *of = named(pid != 0 ? pid : p->pid);
    uint64_t to = group != 0 ? group : of != nullptr ? of->pid : 0;
    enum err err = may_set_group(p, of, to);
    struct pid *target = err == ERR_OK ? pid_find(to) : nullptr;
    if (err == ERR_OK && target != of->group) {
        group_leave(of);
        group_enter(of, target);
    }
    family_unlock(&family);
    return err;
}

enum err process_start_session(struct process *p)
{
    family_lock(&family);
    bool free = fellows_first(&p->id->group) == nullptr;
    if (free) {
        group_leave(p);
        group_enter(p, p->id);
        pid_use(p->id);
        pid_leave(p->session);
        p->session = p->id;
    }
    family_unlock(&family);
    return free ? ERR_OK : ERR_PERM;
}

// ---- signals to many ---------------------------------------------------------------------------

static enum err send(struct thread *by, struct process *p, const struct cred *to,
                     const struct signal_info *info) REQUIRES(lc_processes)
{
    if (!thread_may_signal(by, p, to, (uint32_t)info->signal))
        return ERR_PERM;
    return info->signal != 0 ? signal_send(p, info) : ERR_OK;
}

// A thread's number will do for its process.
enum err process_signal(struct thread *by, uint64_t nr, const struct signal_info *info)
{
    enum err err = ERR_SRCH;
    family_lock(&family);
    struct pid *pid = pid_find(nr);
    if (pid != nullptr && pid->thread != nullptr)
        err = send(by, pid->thread->process, pid->thread->cred, info);
    else if (pid != nullptr && pid->process != nullptr)
        err = send(by, pid->process, pid->process->cred, info);
    family_unlock(&family);
    return err;
}

enum err process_signal_thread(struct thread *by, uint64_t tgid, uint64_t tid,
                               const struct signal_info *info)
{
    enum err err = ERR_SRCH;
    family_lock(&family);
    struct pid *pid = pid_find(tid);
    struct thread *t = pid != nullptr ? pid->thread : nullptr;
    if (t != nullptr && (tgid == 0 || t->process->pid == tgid)) {
        bool may = thread_may_signal(by, t->process, t->cred, (uint32_t)info->signal);
        err = !may ? ERR_PERM : info->signal != 0 ? signal_send_thread(t, info) : ERR_OK;
    }
    family_unlock(&family);
    return err;
}

enum err process_signal_group(struct thread *by, uint64_t group, const struct signal_info *info)
{
    enum err err = ERR_SRCH;
    bool sent = false;
    family_lock(&family);
    struct pid *pid = pid_find(group);
    struct kinship *k = pid != nullptr ? fellows_first(&pid->group) : nullptr;
    for (; k != nullptr; k = fellows_next(&pid->group, k)) {
        err = send(by, k->process, k->process->cred, info);
        sent = sent || err == ERR_OK;
    }
    family_unlock(&family);
    return sent ? ERR_OK : err;
}

// Those that may not be sent it are passed over, without an error even if all are.
enum err process_signal_all(struct thread *by, const struct signal_info *info)
{
    enum err err = ERR_OK;
    bool any = false;
    family_lock(&family);
    for (struct pid *pid = pid_first(); pid != nullptr; pid = pid_next(pid)) {
        struct process *p = pid->process;
        if (p == nullptr || p->pid == 1 || p == by->process)
            continue;
        any = true;
        enum err one = send(by, p, p->cred, info);
        err = one != ERR_PERM ? one : err;
    }
    family_unlock(&family);
    return any ? err : ERR_SRCH;
}

// ---- orphaned groups ---------------------------------------------------------------------------

bool group_is_orphaned(struct pid *group, struct process *but)
{
    struct kinship *k = fellows_first(&group->group);
    for (; k != nullptr; k = fellows_next(&group->group, k)) {
        struct process *p = k->process, *parent = p->parent;
        if (p == but || p->ended || parent == nullptr || parent == family.first)
            continue;
        if (parent->group != group && parent->session == p->session)
            return false;
    }
    return true;
}

static bool has_stopped(struct pid *group) REQUIRES(lc_processes)
{
    struct kinship *k = fellows_first(&group->group);
    for (; k != nullptr; k = fellows_next(&group->group, k)) {
        if (signals_are_stopped(k->process))
            return true;
    }
    return false;
}

void group_orphan(struct process *p, struct process *parent, struct process *but)
{
    static const uint32_t signals[] = {SIGHUP, SIGCONT};
    struct pid *group = p->group;
    if (parent->group == group || parent->session != p->session || !group_is_orphaned(group, but) ||
        !has_stopped(group))
        return;
    for (uint32_t i = 0; i < 2; i++) {
        struct signal_info info = siginfo_kernel(ELEM(signals, i));
        struct kinship *k = fellows_first(&group->group);
        for (; k != nullptr; k = fellows_next(&group->group, k))
            must(signal_send(k->process, &info));
    }
}
