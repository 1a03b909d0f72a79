// SPDX-License-Identifier: Apache-2.0
// getrlimit(2), setrlimit(2), prlimit(2).
#include "kernel/linux/process/limits.h"
#include "kernel/linux/syscall/sys.h"

static enum err set(struct thread *t, uint32_t resource, uint64_t at, struct limit *old)
{
    struct limit new;
    if (resource >= LIMITS)
        return ERR_INVAL;
    enum err err = mm_read(t->mm, (uaddr_t){at}, SPAN_OF(new));
    return err == ERR_OK ? limit_set(t, resource, &new, old) : err;
}

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
    struct limit old;
    return set(t, (uint32_t)a->arg[0], a->arg[1], &old);
}

// Of another process they are told, but not set.
sysret_t sys_prlimit64(struct thread *t, const struct sys_args *a)
{
    int32_t pid = (int32_t)a->arg[0];
    uint32_t resource = (uint32_t)a->arg[1];
    struct limit old;
    if (resource >= LIMITS)
        return ERR_INVAL;
    struct process *p = process_find(pid == 0 ? t->process->pid : (uint64_t)pid);
    if (p == nullptr)
        return ERR_SRCH;
    enum err err = a->arg[2] == 0      ? get(p, resource, &old)
                   : p == t->process ? set(t, resource, a->arg[2], &old)
                                       : ERR_PERM;
    process_put(p);
    if (err == ERR_OK && a->arg[3] != 0)
        err = mm_write(t->mm, (uaddr_t){a->arg[3]}, CSPAN_OF(old));
    return err;
}
