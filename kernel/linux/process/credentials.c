// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/process/credentials.h"
#include "kernel/linux/process/family.h"
#include "kernel/linux/process/limits.h"
#include <asm/resource.h>

// What an identifier names: a thread of the process, or one that has ended.
static struct cred *named(const struct pid *pid) REQUIRES(lc_processes)
{
    return pid->thread != nullptr    ? pid->thread->cred
           : pid->process != nullptr ? pid->process->cred
                                     : nullptr;
}

struct cred *cred_find(uint64_t tid)
{
    family_lock(&family);
    struct pid *pid = pid_find(tid);
    struct cred *c = pid != nullptr ? named(pid) : nullptr;
    if (c != nullptr)
        cred_get(c);
    family_unlock(&family);
    return c;
}

void thread_set_cred(struct thread *t, struct cred *new)
{
    struct process *p = t->process;
    struct cred *old = t->cred, *process_old = nullptr;
    bool other = identity_is_other(&old->is, &new->is);
    family_lock(&family);
    signals_lock(p);
    t->cred = new;
    if (t->tid == p->pid) {
        process_old = p->cred;
        cred_get(new);
        p->cred = new;
    }
    signals_unlock(p);
    if (other)
        t->death_signal = 0;
    family_unlock(&family);
    if (other)
        mm_mark(t->mm, MM_DUMPABLE, false);
    limits_apply(t);
    cred_put(old);
    if (process_old != nullptr)
        cred_put(process_old);
}

enum err thread_finish_cred(struct thread *t, struct cred *new, enum err err)
{
    if (err == ERR_OK)
        thread_set_cred(t, new);
    else
        cred_put(new);
    return err;
}

void cred_inherit(struct thread *t, struct cred *from)
{
    struct process *p = t->process;
    cred_get(from);
    t->cred = from;
    if (p->cred == nullptr) {
        cred_get(from);
        p->cred = from;
    }
}

bool thread_may_look(struct thread *by, struct thread *of)
{
    if (by->process == of->process)
        return true;
    signals_lock(of->process);
    struct cred *c = of->cred;
    cred_get(c);
    signals_unlock(of->process);
    struct mm *mm = thread_mm(of);
    bool dumpable = mm == nullptr || mm_is_marked(mm, MM_DUMPABLE);
    if (mm != nullptr)
        mm_put(mm);
    bool may = identity_may_look(&by->cred->is, &c->is, dumpable);
    cred_put(c);
    return may;
}

bool thread_may_signal(struct thread *by, struct process *p, const struct cred *to, uint32_t signal)
{
    return by->process == p || identity_may_signal(&by->cred->is, &to->is) ||
           (signal == SIGCONT && by->process->session == p->session);
}

// How many threads a user has; a process that has ended counts for one until it has been waited
// for.
static uint64_t tasks_of(uint32_t uid) REQUIRES(lc_processes)
{
    uint64_t count = 0;
    for (struct pid *pid = pid_first(); pid != nullptr; pid = pid_next(pid)) {
        const struct cred *c = named(pid);
        count += c != nullptr && c->is.uid.real == uid;
    }
    return count;
}

bool thread_may_clone(struct thread *by)
{
    uint32_t uid = by->cred->is.uid.real;
    return uid == 0 || thread_has(by, CAP_SYS_RESOURCE) || thread_has(by, CAP_SYS_ADMIN) ||
           tasks_of(uid) < limit_of(by->process, RLIMIT_NPROC).soft;
}
