// SPDX-License-Identifier: Apache-2.0
// exit(2), getpid(2), setpgid(2) and the like.
#include "kernel/linux/syscall/sys.h"
#include <asm/prctl.h>

sysret_t sys_exit(struct thread *t, const struct sys_args *a)
{
    thread_end(t, (uint32_t)(a->arg[0] & 0xff) << 8);
}

sysret_t sys_exit_group(struct thread *t, const struct sys_args *a)
{
    process_end(t, (uint32_t)(a->arg[0] & 0xff) << 8);
}

// ---- who is who --------------------------------------------------------------------------------

sysret_t sys_getpid(struct thread *t, const struct sys_args *) { return (sysret_t)t->process->pid; }

sysret_t sys_gettid(struct thread *t, const struct sys_args *) { return (sysret_t)t->tid; }

sysret_t sys_getppid(struct thread *t, const struct sys_args *)
{
    return (sysret_t)process_parent_pid(t->process);
}

// 0 is the caller.
static uint64_t pid_or_own(struct thread *t, uint64_t arg)
{
    int32_t pid = (int32_t)arg;
    return pid == 0 ? t->process->pid : pid > 0 ? (uint64_t)pid : 0;
}

sysret_t sys_getpgid(struct thread *t, const struct sys_args *a)
{
    uint64_t group;
    enum err err = process_group(pid_or_own(t, a->arg[0]), &group);
    return err == ERR_OK ? (sysret_t)group : err;
}

sysret_t sys_getpgrp(struct thread *t, const struct sys_args *)
{
    uint64_t group;
    must(process_group(t->process->pid, &group));
    return (sysret_t)group;
}

sysret_t sys_getsid(struct thread *t, const struct sys_args *a)
{
    uint64_t session;
    enum err err = process_session(pid_or_own(t, a->arg[0]), &session);
    return err == ERR_OK ? (sysret_t)session : err;
}

sysret_t sys_setpgid(struct thread *t, const struct sys_args *a)
{
    int32_t pid = (int32_t)a->arg[0], group = (int32_t)a->arg[1];
    if (group < 0 || (group == 0 && pid < 0))
        return ERR_INVAL;
    if (pid < 0)
        return ERR_SRCH;
    return process_set_group(t->process, (uint64_t)pid, (uint64_t)group);
}

sysret_t sys_setsid(struct thread *t, const struct sys_args *)
{
    enum err err = process_start_session(t->process);
    return err == ERR_OK ? (sysret_t)t->process->pid : err;
}

sysret_t sys_sched_yield(struct thread *, const struct sys_args *)
{
    task_yield();
    return 0;
}

sysret_t sys_getcpu(struct thread *t, const struct sys_args *a)
{
    uint32_t cpu = task_cpu(), node = 0;
    enum err err = ERR_OK;
    if (a->arg[0] != 0)
        err = mm_write(t->mm, (uaddr_t){a->arg[0]}, CSPAN_OF(cpu));
    if (err == ERR_OK && a->arg[1] != 0)
        err = mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(node));
    return err;
}

static enum err set_base(struct thread *t, uint64_t base, bool fs)
{
    if (base >= USER_END)
        return ERR_PERM;
    struct user_regs regs;
    user_ctx_get_regs(t->ctx, &regs);
    if (fs)
        regs.fs_base = base;
    else
        regs.gs_base = base;
    user_ctx_set_regs(t->ctx, &regs);
    return ERR_OK;
}

sysret_t sys_arch_prctl(struct thread *t, const struct sys_args *a)
{
    struct user_regs regs;
    switch (a->arg[0]) {
    case ARCH_SET_FS:
        return set_base(t, a->arg[1], true);
    case ARCH_SET_GS:
        return set_base(t, a->arg[1], false);
    case ARCH_GET_FS:
        user_ctx_get_regs(t->ctx, &regs);
        return mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(regs.fs_base));
    case ARCH_GET_GS:
        user_ctx_get_regs(t->ctx, &regs);
        return mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(regs.gs_base));
    }
    return ERR_INVAL;
}
