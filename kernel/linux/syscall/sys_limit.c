// SPDX-License-Identifier: Apache-2.0
// getrlimit(2), setrlimit(2), prlimit(2).
#include "kernel/linux/process/credentials.h"
#include "kernel/linux/process/limits.h"
#include "kernel/linux/syscall/sys.h"

static enum err get(struct process *p, uint32_t resource, struct limit *out)
{
    if (resource >= LIMITS)
        return ERR_INVAL;
    *out = limit_of(p, resource);
    return ERR_OK;
}

sysret_t sys_getrlimit(struct thread *t, const struct sys_args *a)
{
    struct limit now;
    enum err err = get(t->process, (uint32_t)a->arg[0], &now);
    return err == ERR_OK ? mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(now)) : err;
}

sysret_t sys_setrlimit(struct thread *t, const struct sys_args *a)
{
    struct limit new, old;
    enum err err = mm_read(t->mm, (uaddr_t){a->arg[1]}, SPAN_OF(new));
    if (err == ERR_OK && (uint32_t)a->arg[0] >= LIMITS)
        err = ERR_INVAL;
    return err == ERR_OK ? limit_set(t, t->process, (uint32_t)a->arg[0], &new, &old) : err;
}

// Those of another, even of another thread, go by who that is.
static enum err permit(struct thread *t, uint64_t tid)
{
    if (tid == t->tid)
        return ERR_OK;
    struct cred *c = cred_find(tid);
    if (c == nullptr)
        return ERR_SRCH;
    bool may = identity_may_limit(&t->cred->is, &c->is);
    cred_put(c);
    return may ? ERR_OK : ERR_PERM;
}

sysret_t sys_prlimit64(struct thread *t, const struct sys_args *a)
{
    uint32_t resource = (uint32_t)a->arg[1];
    struct limit new, old;
    uint64_t tid = (int32_t)a->arg[0] == 0 ? t->tid : (uint64_t)(int32_t)a->arg[0];
    enum err err = a->arg[2] != 0 ? mm_read(t->mm, (uaddr_t){a->arg[2]}, SPAN_OF(new)) : ERR_OK;
    if (err == ERR_OK)
        err = permit(t, tid);
    if (err != ERR_OK)
        return err;
    struct process *p = process_find(tid);
    if (p == nullptr)
        return ERR_SRCH;
    err = resource < LIMITS && a->arg[2] != 0 ? limit_set(t, p, resource, &new, &old)
                                              : get(p, resource, &old);
    process_put(p);
    if (err == ERR_OK && a->arg[3] != 0)
        err = mm_write(t->mm, (uaddr_t){a->arg[3]}, CSPAN_OF(old));
    return err;
}
