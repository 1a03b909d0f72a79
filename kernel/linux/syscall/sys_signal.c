// SPDX-License-Identifier: Apache-2.0
// sigaction(2), sigprocmask(2), kill(2) and what belongs to them.
#include "kernel/linux/process/signals.h"
#include "kernel/linux/syscall/sys.h"
#include "kernel/linux/syscall/timespec.h"
#include <linux/signal.h>

static bool is_signal(uint64_t signal) { return signal >= 1 && signal <= SIGNAL_MAX; }

// ---- what a process does with them -------------------------------------------------------------

// struct sigaction as the kernel's callers have it.
struct user_action {
    uint64_t handler, flags, restorer, mask;
};

constexpr uint64_t ACTION_FLAGS = SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK |
                                  SA_RESTART | SA_NODEFER | SA_RESETHAND | SA_RESTORER;

static struct signal_action exchange(struct process *p, uint32_t signal,
                                     const struct signal_action *new)
{
    signals_lock(p);
    struct signal_action *a = signal_action_of(p, signal), before = *a;
    if (new != nullptr) {
        *a = *new;
        // One that waits is dropped if it is ignored from now on.
        if (new->handler == SIGNAL_IGNORE ||
            (new->handler == SIGNAL_DEFAULT &&signal_default_of(signal) == SIGNAL_IGNORED))
            signals_take_back(p, sigset_of(signal));
    }
    signals_unlock(p);
    return before;
}

// Flags that there are not are cleared, which is how a program finds out (sigaction(2),
// "Dynamically probing for flag bit support").
sysret_t sys_rt_sigaction(struct thread *t, const struct sys_args *a)
{
    uint32_t signal = (uint32_t)a->arg[0];
    struct user_action user;
    struct signal_action new;
    if (a->arg[3] != sizeof(struct sigset) || !is_signal(signal))
        return ERR_INVAL;
    if (a->arg[1] != 0) {
        enum err err = mm_read(t->mm, (uaddr_t){a->arg[1]}, SPAN_OF(user));
        if (err != ERR_OK)
            return err;
        if (sigset_has((struct sigset){SIGNALS_ALWAYS}, signal))
            return ERR_INVAL;
        new = (struct signal_action){
            user.handler, user.flags & ACTION_FLAGS, user.restorer, {user.mask & ~SIGNALS_ALWAYS}};
    }
    struct signal_action before = exchange(t->process, signal, a->arg[1] != 0 ? &new : nullptr);
    user = (struct user_action){before.handler, before.flags, before.restorer, before.mask.bits};
    return a->arg[2] == 0 ? ERR_OK : mm_write(t->mm, (uaddr_t){a->arg[2]}, CSPAN_OF(user));
}

static struct sigset mask_of(struct thread *t)
{
    signals_lock(t->process);
    struct sigset mask = t->signals.blocked;
    signals_unlock(t->process);
    return mask;
}

sysret_t sys_rt_sigprocmask(struct thread *t, const struct sys_args *a)
{
    struct sigset now = mask_of(t), set = {};
    if (a->arg[3] != sizeof(struct sigset))
        return ERR_INVAL;
    if (a->arg[1] != 0) {
        enum err err = mm_read(t->mm, (uaddr_t){a->arg[1]}, SPAN_OF(set));
        if (err != ERR_OK)
            return err;
        switch ((uint32_t)a->arg[0]) {
        case SIG_BLOCK:
            set = sigset_or(now, set);
            break;
        case SIG_UNBLOCK:
            set = sigset_without(now, set);
            break;
        case SIG_SETMASK:
            break;
        default:
            return ERR_INVAL;
        }
        signal_set_mask(t, set);
    }
    return a->arg[2] == 0 ? ERR_OK : mm_write(t->mm, (uaddr_t){a->arg[2]}, CSPAN_OF(now));
}

sysret_t sys_rt_sigpending(struct thread *t, const struct sys_args *a)
{
    if (a->arg[1] > sizeof(struct sigset))
        return ERR_INVAL;
    struct process *p = t->process;
    signals_lock(p);
    struct sigset waiting = sigset_or(t->signals.pending.set, p->pending.set);
    struct sigset set = {waiting.bits & t->signals.blocked.bits};
    signals_unlock(p);
    return mm_write(t->mm, (uaddr_t){a->arg[0]}, cspan_sub(CSPAN_OF(set), 0, a->arg[1]));
}

// stack_t.
struct user_stack {
    uint64_t start;
    uint32_t flags, hole;
    uint64_t size;
};

sysret_t sys_sigaltstack(struct thread *t, const struct sys_args *a)
{
    struct user_regs regs;
    user_ctx_get_regs(t->ctx, &regs);
    struct signal_stack told = signal_stack_told(&t->signals.stack, regs.rsp);
    bool on_it = told.flags == SIGNAL_STACK_ON;
    struct user_stack user, before = {.start = told.start, .flags = told.flags, .size = told.size};
    if (a->arg[0] != 0) {
        enum err err = mm_read(t->mm, (uaddr_t){a->arg[0]}, SPAN_OF(user));
        if (err != ERR_OK)
            return err;
        if (on_it)
            return ERR_PERM;
        if (user.flags != 0 && user.flags != SS_DISABLE && user.flags != SS_ONSTACK)
            return ERR_INVAL; // SS_AUTODISARM among them
        if (user.flags != SS_DISABLE && user.size < MINSIGSTKSZ)
            return ERR_NOMEM;
        t->signals.stack = (struct signal_stack){};
        if (user.flags != SS_DISABLE)
            t->signals.stack = (struct signal_stack){.start = user.start, .size = user.size};
    }
    return a->arg[1] == 0 ? ERR_OK : mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(before));
}

sysret_t sys_rt_sigreturn(struct thread *t, const struct sys_args *)
{
    signal_return(t);
    // The frame's.
    return (sysret_t)user_ctx_syscall_nr(t->ctx);
}

// ---- sending -----------------------------------------------------------------------------------

static struct signal_info sent(struct thread *by, uint32_t signal, int32_t code)
{
    return siginfo_sent(signal, code, by->process->pid, by->cred->is.uid.real);
}

sysret_t sys_kill(struct thread *t, const struct sys_args *a)
{
    int32_t pid = (int32_t)a->arg[0];
    uint32_t signal = (uint32_t)a->arg[1];
    uint64_t group = (uint64_t)-(int64_t)pid;
    if (signal > SIGNAL_MAX)
        return ERR_INVAL;
    struct signal_info info = sent(t, signal, SI_USER);
    if (pid > 0)
        return process_signal(t, (uint64_t)pid, &info);
    if (pid == -1)
        return process_signal_all(t, &info);
    if (pid == INT32_MIN)
        return ERR_SRCH;
    if (pid == 0)
        must(process_group(t->process->pid, &group));
    return process_signal_group(t, group, &info);
}

static sysret_t kill_thread(struct thread *t, uint64_t tgid, int32_t tid, uint32_t signal)
{
    struct signal_info info = sent(t, signal, SI_TKILL);
    if (tid <= 0 || signal > SIGNAL_MAX)
        return ERR_INVAL;
    return process_signal_thread(t, tgid, (uint64_t)tid, &info);
}

sysret_t sys_tkill(struct thread *t, const struct sys_args *a)
{
    return kill_thread(t, 0, (int32_t)a->arg[0], (uint32_t)a->arg[1]);
}

sysret_t sys_tgkill(struct thread *t, const struct sys_args *a)
{
    int32_t tgid = (int32_t)a->arg[0];
    if (tgid <= 0)
        return ERR_INVAL;
    return kill_thread(t, (uint64_t)tgid, (int32_t)a->arg[1], (uint32_t)a->arg[2]);
}

// Nobody may pretend to be the kernel or kill(2), but to itself.
static enum err read_info(struct thread *t, int32_t to, uint64_t signal, uint64_t at,
                          struct signal_info *info)
{
    uint8_t bytes[SIGINFO_SIZE];
    enum err err = mm_read(t->mm, (uaddr_t){at}, SPAN_OF(bytes));
    if (err != ERR_OK)
        return err;
    *info = siginfo_of(CSPAN_OF(bytes));
    if ((info->code >= 0 || info->code == SI_TKILL) && (uint64_t)to != t->tid)
        return ERR_PERM;
    info->signal = (int32_t)signal;
    return signal > SIGNAL_MAX ? ERR_INVAL : ERR_OK;
}

sysret_t sys_rt_sigqueueinfo(struct thread *t, const struct sys_args *a)
{
    int32_t pid = (int32_t)a->arg[0];
    struct signal_info info;
    enum err err = read_info(t, pid, (uint32_t)a->arg[1], a->arg[2], &info);
    if (err != ERR_OK)
        return err;
    return pid > 0 ? process_signal(t, (uint64_t)pid, &info) : ERR_SRCH;
}

sysret_t sys_rt_tgsigqueueinfo(struct thread *t, const struct sys_args *a)
{
    int32_t tgid = (int32_t)a->arg[0], tid = (int32_t)a->arg[1];
    struct signal_info info;
    if (tgid <= 0 || tid <= 0)
        return ERR_INVAL;
    enum err err = read_info(t, tid, (uint32_t)a->arg[2], a->arg[3], &info);
    if (err != ERR_OK)
        return err;
    return process_signal_thread(t, (uint64_t)tgid, (uint64_t)tid, &info);
}

// ---- waiting for them --------------------------------------------------------------------------

static void wait_for_signal(const struct wait_limits *limits)
{
    struct waitq nobody = {};
    enum err err;
    waitq_until_or(&nobody, false, limits, err);
    ASSERT(err == ERR_INTR || err == ERR_TIMEDOUT);
}

sysret_t sys_pause(struct thread *, const struct sys_args *)
{
    static const struct wait_limits limits = {.cancelled = signal_is_due};
    wait_for_signal(&limits);
    return RESTART_NOHAND;
}

sysret_t sys_rt_sigsuspend(struct thread *t, const struct sys_args *a)
{
    static const struct wait_limits limits = {.cancelled = signal_is_due};
    struct sigset mask;
    if (a->arg[1] != sizeof(mask))
        return ERR_INVAL;
    enum err err = mm_read(t->mm, (uaddr_t){a->arg[0]}, SPAN_OF(mask));
    if (err != ERR_OK)
        return err;
    // The old one is back when a handler has returned.
    t->signals.restored = signal_set_mask(t, mask);
    t->signals.restores = true;
    wait_for_signal(&limits);
    return RESTART_NOHAND;
}

static void await(struct thread *t, struct sigset set)
{
    signals_lock(t->process);
    t->signals.awaited = set;
    signals_unlock(t->process);
}

sysret_t sys_rt_sigtimedwait(struct thread *t, const struct sys_args *a)
{
    struct sigset set;
    struct signal_info info;
    struct wait_limits limits = {.cancelled = signal_is_due};
    uint8_t bytes[SIGINFO_SIZE];
    uint64_t ns;
    if (a->arg[3] != sizeof(set))
        return ERR_INVAL;
    enum err err = mm_read(t->mm, (uaddr_t){a->arg[0]}, SPAN_OF(set));
    if (err == ERR_OK && a->arg[2] != 0) {
        err = timespec_read(t, a->arg[2], &ns);
        limits.deadline_ns = clock_mono_ns() + ns;
    }
    if (err != ERR_OK)
        return err;
    set.bits &= ~SIGNALS_ALWAYS;
    bool found = signal_take(t, set, &info);
    if (!found) {
        await(t, set);
        wait_for_signal(&limits);
        await(t, (struct sigset){});
        found = signal_take(t, set, &info);
    }
    if (!found)
        return signal_is_due() ? ERR_INTR : ERR_AGAIN;
    siginfo_put(&info, SPAN_OF(bytes));
    if (a->arg[1] != 0)
        err = mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(bytes));
    return err == ERR_OK ? info.signal : (sysret_t)err;
}
