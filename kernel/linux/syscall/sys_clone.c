// SPDX-License-Identifier: Apache-2.0
// clone(2), fork(2), vfork(2), and the words that tell of a thread's end.
#include "kernel/linux/process/credentials.h"
#include "kernel/linux/syscall/sys.h"
#include <asm/signal.h>
#include <linux/futex.h>
#include <linux/sched.h>

// What both calls know. Of these, I/O context and semaphores' undo lists are nobody's yet, and
// nobody traces; CLONE_DETACHED has meant nothing for long.
constexpr uint64_t CLONE_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_PTRACE |
                                 CLONE_VFORK | CLONE_PARENT | CLONE_THREAD | CLONE_SYSVSEM |
                                 CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID |
                                 CLONE_DETACHED | CLONE_UNTRACED | CLONE_CHILD_SETTID | CLONE_IO;

static enum err check(struct thread *t, uint64_t flags)
{
    if ((flags & ~(CLONE_FLAGS | CLONE_CLEAR_SIGHAND)) != 0)
        return ERR_INVAL;
    if ((flags & CLONE_THREAD) != 0 && (flags & CLONE_SIGHAND) == 0)
        return ERR_INVAL;
    if ((flags & CLONE_SIGHAND) != 0 && ((flags & CLONE_VM) == 0 || (flags & CLONE_CLEAR_SIGHAND)))
        return ERR_INVAL;
    // The first process has no parent that could have another child.
    return (flags & CLONE_PARENT) != 0 && t->process->pid == 1 ? ERR_INVAL : ERR_OK;
}

static sysret_t make(struct thread *t, const struct clone_args *c, uint64_t wanted)
{
    uint64_t flags = c->flags, tid;
    enum err err = check(t, flags);
    if (err != ERR_OK)
        return err;
    struct clone_request r = {
        .thread = (flags & CLONE_THREAD) != 0,
        .share_memory = (flags & CLONE_VM) != 0,
        .share_files = (flags & CLONE_FILES) != 0,
        .share_places = (flags & CLONE_FS) != 0,
        .share_handlers = (flags & CLONE_SIGHAND) != 0,
        .clear_handlers = (flags & CLONE_CLEAR_SIGHAND) != 0,
        .sibling = (flags & CLONE_PARENT) != 0,
        .wait = (flags & CLONE_VFORK) != 0,
        .sets_tls = (flags & CLONE_SETTLS) != 0,
        // One that is no signal is none (clone(2), "The child termination signal").
        .end_signal = c->exit_signal <= SIGNAL_MAX ? (uint32_t)c->exit_signal : 0,
        .stack = c->stack,
        .tls = c->tls,
        .clear_tid = (flags & CLONE_CHILD_CLEARTID) != 0 ? c->child_tid : 0,
        .tell_child = (flags & CLONE_CHILD_SETTID) != 0 ? c->child_tid : 0,
        .tell_parent = (flags & CLONE_PARENT_SETTID) != 0 ? c->parent_tid : 0,
        .tid = wanted,
    };
    if (r.sets_tls && r.tls >= USER_END)
        return ERR_PERM;
    err = thread_clone(t, &r, &tid);
    return err == ERR_OK ? (sysret_t)tid : err == ERR_INTR ? (sysret_t)RESTART_ALWAYS : err;
}

sysret_t sys_fork(struct thread *t, const struct sys_args *)
{
    static const struct clone_args fork = {.exit_signal = SIGCHLD};
    return make(t, &fork, 0);
}

sysret_t sys_vfork(struct thread *t, const struct sys_args *)
{
    static const struct clone_args vfork = {.flags = CLONE_VFORK | CLONE_VM,
                                            .exit_signal = SIGCHLD};
    return make(t, &vfork, 0);
}

sysret_t sys_clone(struct thread *t, const struct sys_args *a)
{
    uint32_t flags = (uint32_t)a->arg[0];
    struct clone_args c = {
        .flags = flags & ~(uint32_t)CSIGNAL,
        .exit_signal = flags & CSIGNAL,
        .stack = a->arg[1],
        .parent_tid = a->arg[2],
        .child_tid = a->arg[3],
        .tls = a->arg[4],
    };
    return make(t, &c, 0);
}

// ---- clone3 ------------------------------------------------------------------------------------

static enum err check3(const struct clone_args *c)
{
    if ((c->flags & (CLONE_DETACHED | CSIGNAL)) != 0 || c->exit_signal > SIGNAL_MAX)
        return ERR_INVAL;
    if ((c->flags & (CLONE_THREAD | CLONE_PARENT)) != 0 && c->exit_signal != 0)
        return ERR_INVAL;
    if ((c->stack == 0) != (c->stack_size == 0))
        return ERR_INVAL;
    if (c->stack >= USER_END || c->stack_size > USER_END - c->stack)
        return ERR_INVAL;
    // One identifier, of the only namespace.
    return (c->set_tid == 0) != (c->set_tid_size == 0) || c->set_tid_size > 1 ? ERR_INVAL : ERR_OK;
}

// What the caller's structure has beyond ours must be zero.
static enum err read_args(struct thread *t, uint64_t at, uint64_t size, struct clone_args *c)
{
    uint8_t beyond[64];
    *c = (struct clone_args){};
    uint64_t known = min_u64(size, sizeof(*c));
    if (size < CLONE_ARGS_SIZE_VER0)
        return ERR_INVAL;
    if (size > PAGE_SIZE)
        return ERR_2BIG;
    enum err err = mm_read(t->mm, (uaddr_t){at}, span_sub(SPAN_OF(*c), 0, known));
    for (uint64_t done = known; err == ERR_OK && done < size;) {
        struct span piece = span_sub(SPAN_OF(beyond), 0, min_u64(sizeof(beyond), size - done));
        err = mm_read(t->mm, (uaddr_t){at + done}, piece);
        for (size_t i = 0; err == ERR_OK && i < span_len(piece); i++)
            err = cspan_u8(span_const(piece), i) == 0 ? ERR_OK : ERR_2BIG;
        done += span_len(piece);
    }
    return err;
}

sysret_t sys_clone3(struct thread *t, const struct sys_args *a)
{
    struct clone_args c;
    int32_t wanted = 0;
    enum err err = read_args(t, a->arg[0], a->arg[1], &c);
    if (err == ERR_OK)
        err = check3(&c);
    if (err == ERR_OK && c.set_tid != 0) {
        err = mm_read(t->mm, (uaddr_t){c.set_tid}, SPAN_OF(wanted));
        if (err == ERR_OK && (wanted < 1 || wanted >= PID_MAX))
            err = ERR_INVAL;
        if (err == ERR_OK && !thread_has(t, CAP_CHECKPOINT_RESTORE) &&
            !thread_has(t, CAP_SYS_ADMIN))
            err = ERR_PERM;
    }
    if (err != ERR_OK)
        return err;
    c.stack += c.stack_size;
    return make(t, &c, (uint64_t)wanted);
}

// ---- a thread's end ----------------------------------------------------------------------------

sysret_t sys_set_tid_address(struct thread *t, const struct sys_args *a)
{
    t->clear_tid = a->arg[0];
    return (sysret_t)t->tid;
}

sysret_t sys_set_robust_list(struct thread *t, const struct sys_args *a)
{
    if (a->arg[1] != sizeof(struct robust_list_head))
        return ERR_INVAL;
    t->robust_list = a->arg[0];
    return ERR_OK;
}

sysret_t sys_get_robust_list(struct thread *t, const struct sys_args *a)
{
    int32_t tid = (int32_t)a->arg[0];
    uint64_t size = sizeof(struct robust_list_head);
    if (tid < 0)
        return ERR_SRCH;
    struct thread *of = thread_find(tid == 0 ? t->tid : (uint64_t)tid);
    if (of == nullptr)
        return ERR_SRCH;
    bool may = thread_may_look(t, of);
    uint64_t head = of->robust_list;
    thread_put(of);
    if (!may)
        return ERR_PERM;
    enum err err = mm_write(t->mm, (uaddr_t){a->arg[2]}, CSPAN_OF(size));
    return err == ERR_OK ? mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(head)) : err;
}
