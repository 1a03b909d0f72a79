// SPDX-License-Identifier: Apache-2.0
// fork(2), wait4(2), exit(2), getpid(2) and the like.
#include "kernel/linux/syscall/sys.h"
#include <asm/prctl.h>
#include <linux/utsname.h>
#include <linux/wait.h>

sysret_t sys_fork(struct process *p, const struct sys_args *)
{
    uint64_t pid;
    enum err err = process_fork(p, &pid);
    return err == ERR_OK ? (sysret_t)pid : err;
}

sysret_t sys_exit(struct process *p, const struct sys_args *a)
{
    process_end(p, (uint32_t)(a->arg[0] & 0xff) << 8);
}

// A process has one thread.
sysret_t sys_exit_group(struct process *p, const struct sys_args *a) { return sys_exit(p, a); }

constexpr uint64_t WAIT_OPTIONS = WNOHANG | WUNTRACED | WCONTINUED | __WALL;

sysret_t sys_wait4(struct process *p, const struct sys_args *a)
{
    int32_t pid = (int32_t)a->arg[0];
    uint32_t options = (uint32_t)a->arg[2], status;
    uaddr_t to = {a->arg[1]};
    uint64_t found;
    if ((options & ~WAIT_OPTIONS) != 0 || a->arg[3] != 0)
        return ERR_INVAL;
    if (pid == 0 || pid < -1)
        return ERR_INVAL; // a process group
    struct wait_request request = {
        .pid = pid == -1 ? 0 : (uint64_t)pid,
        .poll = (options & WNOHANG) != 0,
        .stopped = (options & WUNTRACED) != 0,
        .continued = (options & WCONTINUED) != 0,
    };
    enum err err = process_wait(p, &request, &found, &status);
    if (err == ERR_INTR)
        return RESTART_CALL;
    if (err == ERR_OK && found != 0 && to.raw != 0)
        err = mm_write(p->mm, to, CSPAN_OF(status));
    return err == ERR_OK ? (sysret_t)found : err;
}

sysret_t sys_getpid(struct process *p, const struct sys_args *) { return (sysret_t)p->pid; }

// The only thread's identifier is the process's.
sysret_t sys_gettid(struct process *p, const struct sys_args *) { return (sysret_t)p->pid; }

sysret_t sys_getppid(struct process *p, const struct sys_args *)
{
    return (sysret_t)process_parent_pid(p);
}

// The word is cleared at the end of a thread whose memory others still have: none has.
sysret_t sys_set_tid_address(struct process *p, const struct sys_args *)
{
    return (sysret_t)p->pid;
}

sysret_t sys_getuid(struct process *, const struct sys_args *) { return 0; }
sysret_t sys_geteuid(struct process *, const struct sys_args *) { return 0; }
sysret_t sys_getgid(struct process *, const struct sys_args *) { return 0; }
sysret_t sys_getegid(struct process *, const struct sys_args *) { return 0; }

sysret_t sys_sched_yield(struct process *, const struct sys_args *)
{
    task_yield();
    return 0;
}

sysret_t sys_getcpu(struct process *p, const struct sys_args *a)
{
    uint32_t cpu = task_cpu(), node = 0;
    enum err err = ERR_OK;
    if (a->arg[0] != 0)
        err = mm_write(p->mm, (uaddr_t){a->arg[0]}, CSPAN_OF(cpu));
    if (err == ERR_OK && a->arg[1] != 0)
        err = mm_write(p->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(node));
    return err;
}

static void put_name(struct span field, struct cspan name) { span_copy(field, name); }

// The version is that of the interface (the pinned headers').
sysret_t sys_uname(struct process *p, const struct sys_args *a)
{
    struct new_utsname name = {};
    put_name(SPAN_OF(name.sysname), SPAN_TEXT("Linux"));
    put_name(SPAN_OF(name.nodename), SPAN_TEXT("keel"));
    put_name(SPAN_OF(name.release), SPAN_TEXT("6.1.0-keel"));
    put_name(SPAN_OF(name.version), SPAN_TEXT("#1 SMP"));
    put_name(SPAN_OF(name.machine), SPAN_TEXT("x86_64"));
    put_name(SPAN_OF(name.domainname), SPAN_TEXT("(none)"));
    return mm_write(p->mm, (uaddr_t){a->arg[0]}, CSPAN_OF(name));
}

static enum err set_base(struct process *p, uint64_t base, bool fs)
{
    if (base >= USER_END)
        return ERR_PERM;
    struct user_regs regs;
    user_ctx_get_regs(p->ctx, &regs);
    if (fs)
        regs.fs_base = base;
    else
        regs.gs_base = base;
    user_ctx_set_regs(p->ctx, &regs);
    return ERR_OK;
}

sysret_t sys_arch_prctl(struct process *p, const struct sys_args *a)
{
    struct user_regs regs;
    switch (a->arg[0]) {
    case ARCH_SET_FS:
        return set_base(p, a->arg[1], true);
    case ARCH_SET_GS:
        return set_base(p, a->arg[1], false);
    case ARCH_GET_FS:
        user_ctx_get_regs(p->ctx, &regs);
        return mm_write(p->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(regs.fs_base));
    case ARCH_GET_GS:
        user_ctx_get_regs(p->ctx, &regs);
        return mm_write(p->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(regs.gs_base));
    }
    return ERR_INVAL;
}
