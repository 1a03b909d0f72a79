// SPDX-License-Identifier: Apache-2.0
// sigaction(2), sigprocmask(2), kill(2) and what belongs to them. A process has one thread.
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
    struct process_signals *s = &p->signals;
    signals_lock(s);
    struct signal_action *a = &ELEM(s->actions, signal - 1), before = *a;
    if (new != nullptr) {
        *a = *new;
        // One that waits is dropped if it is ignored from now on.
        if (new->handler == SIGNAL_IGNORE ||
            (new->handler == SIGNAL_DEFAULT &&signal_default_of(signal) == SIGNAL_IGNORED))
            sigpending_discard(&s->pending, sigset_of(signal));
    }
    signals_unlock(s);
    return before;
}

// Flags that there are not are cleared, which is how a program finds out (sigaction(2),
// "Dynamically probing for flag bit support").
sysret_t sys_rt_sigaction(struct process *p, const struct sys_args *a)
{
    uint32_t signal = (uint32_t)a->arg[0];
    struct user_action user;
    struct signal_action new;
    if (a->arg[3] != sizeof(struct sigset) || !is_signal(signal))
        return ERR_INVAL;
    if (a->arg[1] != 0) {
        enum err err = mm_read(p->mm, (uaddr_t){a->arg[1]}, SPAN_OF(user));
        if (err != ERR_OK)
            return err;
        if (sigset_has((struct sigset){SIGNALS_ALWAYS}, signal))
            return ERR_INVAL;
        new = (struct signal_action){
            user.handler, user.flags & ACTION_FLAGS, user.restorer, {user.mask & ~SIGNALS_ALWAYS}};
    }
    struct signal_action before = exchange(p, signal, a->arg[1] != 0 ? &new : nullptr);
    user = (struct user_action){before.handler, before.flags, before.restorer, before.mask.bits};
    return a->arg[2] == 0 ? ERR_OK : mm_write(p->mm, (uaddr_t){a->arg[2]}, CSPAN_OF(user));
}

static struct sigset mask_of(struct process *p)
{
    signals_lock(&p->signals);
    struct sigset mask = p->signals.blocked;
    signals_unlock(&p->signals);
    return mask;
}

sysret_t sys_rt_sigprocmask(struct process *p, const struct sys_args *a)
{
    struct sigset now = mask_of(p), set = {};
    if (a->arg[3] != sizeof(struct sigset))
        return ERR_INVAL;
    if (a->arg[1] != 0) {
        enum err err = mm_read(p->mm, (uaddr_t){a->arg[1]}, SPAN_OF(set));
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
        signal_set_mask(p, set);
    }
    return a->arg[2] == 0 ? ERR_OK : mm_write(p->mm, (uaddr_t){a->arg[2]}, CSPAN_OF(now));
}

sysret_t sys_rt_sigpending(struct process *p, const struct sys_args *a)
{
    if (a->arg[1] > sizeof(struct sigset))
        return ERR_INVAL;
    signals_lock(&p->signals);
    struct sigset set = {p->signals.pending.set.bits & p->signals.blocked.bits};
    signals_unlock(&p->signals);
    return mm_write(p->mm, (uaddr_t){a->arg[0]}, cspan_sub(CSPAN_OF(set), 0, a->arg[1]));
}

// stack_t.
struct user_stack {
    uint64_t start;
    uint32_t flags, hole;
    uint64_t size;
};

sysret_t sys_sigaltstack(struct process *p, const struct sys_args *a)
{
    struct user_regs regs;
    user_ctx_get_regs(p->ctx, &regs);
    struct signal_stack told = signal_stack_told(&p->signals.stack, regs.rsp);
    bool on_it = told.flags == SIGNAL_STACK_ON;
    struct user_stack user,
        before = {.start = told.start, .flags = told.flags, .size = told.size};
    if (a->arg[0] != 0) {
        enum err err = mm_read(p->mm, (uaddr_t){a->arg[0]}, SPAN_OF(user));
        if (err != ERR_OK)
            return err;
        if (on_it)
            return ERR_PERM;
        if (user.flags != 0 && user.flags != SS_DISABLE && user.flags != SS_ONSTACK)
            return ERR_INVAL; // SS_AUTODISARM among them
        if (user.flags != SS_DISABLE && user.size < MINSIGSTKSZ)
            return ERR_NOMEM;
        p->signals.stack = (struct signal_stack){};
        if (user.flags != SS_DISABLE)
            p->signals.stack = (struct signal_stack){.start = user.start, .size = user.size};
    }
    return a->arg[1] == 0 ? ERR_OK : mm_write(p->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(before));
}

sysret_t sys_rt_sigreturn(struct process *p, const struct sys_args *)
{
    signal_return(p);
    // The frame's.
    return (sysret_t)user_ctx_syscall_nr(p->ctx);
}

// ---- sending -----------------------------------------------------------------------------------

// 0 only asks whether the process is there.
static sysret_t send_to(uint64_t pid, uint32_t signal, const struct signal_info *info)
{
    struct process *to = pid >= 1 ? process_find(pid) : nullptr;
    if (to == nullptr)
        return ERR_SRCH;
    enum err err = signal == 0 ? ERR_OK : signal_send(to, info);
    process_put(to);
    return err;
}

// Process groups do not exist: kill(0) is refused, and no group has a number.
sysret_t sys_kill(struct process *p, const struct sys_args *a)
{
    int32_t pid = (int32_t)a->arg[0];
    uint32_t signal = (uint32_t)a->arg[1];
    if (signal != 0 && !is_signal(signal))
        return ERR_INVAL;
    struct signal_info info = siginfo_sent(signal, SI_USER, p->pid, 0);
    if (pid > 0)
        return send_to((uint64_t)pid, signal, &info);
    if (pid == 0)
        return ERR_INVAL;
    if (pid != -1)
        return ERR_SRCH;
    return signal == 0 ? ERR_OK : process_signal_all(p, &info);
}

static sysret_t kill_thread(struct process *p, int32_t tid, uint32_t signal)
{
    struct signal_info info = siginfo_sent(signal, SI_TKILL, p->pid, 0);
    if (tid <= 0 || (signal != 0 && !is_signal(signal)))
        return ERR_INVAL;
    return send_to((uint64_t)tid, signal, &info);
}

sysret_t sys_tkill(struct process *p, const struct sys_args *a)
{
    return kill_thread(p, (int32_t)a->arg[0], (uint32_t)a->arg[1]);
}

// The only thread of a process has its number.
sysret_t sys_tgkill(struct process *p, const struct sys_args *a)
{
    int32_t tgid = (int32_t)a->arg[0], tid = (int32_t)a->arg[1];
    if (tgid <= 0)
        return ERR_INVAL;
    if (tid > 0 && tgid != tid)
        return ERR_SRCH;
    return kill_thread(p, tid, (uint32_t)a->arg[2]);
}

// Nobody may pretend to be the kernel or kill(2), but to itself.
static sysret_t queue_info(struct process *p, int32_t pid, uint64_t signal, uint64_t at)
{
    uint8_t bytes[SIGINFO_SIZE];
    enum err err = mm_read(p->mm, (uaddr_t){at}, SPAN_OF(bytes));
    if (err != ERR_OK)
        return err;
    struct signal_info info = siginfo_of(CSPAN_OF(bytes));
    if ((info.code >= 0 || info.code == SI_TKILL) && (uint64_t)pid != p->pid)
        return ERR_PERM;
    if (signal != 0 && !is_signal(signal))
        return ERR_INVAL;
    info.signal = (int32_t)signal;
    return send_to(pid > 0 ? (uint64_t)pid : 0, (uint32_t)signal, &info);
}

sysret_t sys_rt_sigqueueinfo(struct process *p, const struct sys_args *a)
{
    return queue_info(p, (int32_t)a->arg[0], (uint32_t)a->arg[1], a->arg[2]);
}

sysret_t sys_rt_tgsigqueueinfo(struct process *p, const struct sys_args *a)
{
    int32_t tgid = (int32_t)a->arg[0], tid = (int32_t)a->arg[1];
    if (tgid <= 0 || tid <= 0)
        return ERR_INVAL;
    if (tgid != tid)
        return ERR_SRCH;
    return queue_info(p, tid, (uint32_t)a->arg[2], a->arg[3]);
}

// ---- waiting for them --------------------------------------------------------------------------

static void wait_for_signal(const struct wait_limits *limits)
{
    struct waitq nobody = {};
    enum err err;
    waitq_until_or(&nobody, false, limits, err);
    ASSERT(err == ERR_INTR || err == ERR_TIMEDOUT);
}

sysret_t sys_pause(struct process *, const struct sys_args *)
{
    static const struct wait_limits limits = {.cancelled = signal_is_due};
    wait_for_signal(&limits);
    return RESTART_NOHAND;
}

sysret_t sys_rt_sigsuspend(struct process *p, const struct sys_args *a)
{
    static const struct wait_limits limits = {.cancelled = signal_is_due};
    struct sigset mask;
    if (a->arg[1] != sizeof(mask))
        return ERR_INVAL;
    enum err err = mm_read(p->mm, (uaddr_t){a->arg[0]}, SPAN_OF(mask));
    if (err != ERR_OK)
        return err;
    // The old one is back when a handler has returned.
    p->signals.restored = signal_set_mask(p, mask);
    p->signals.restores = true;
    wait_for_signal(&limits);
    return RESTART_NOHAND;
}

// Takes one of `set` that waits, blocked or not.
static bool take_awaited(struct process *p, struct sigset set, struct signal_info *info)
{
    signals_lock(&p->signals);
    bool found = sigpending_take(&p->signals.pending, (struct sigset){~set.bits}, info);
    signals_unlock(&p->signals);
    return found;
}

static void await(struct process *p, struct sigset set)
{
    signals_lock(&p->signals);
    p->signals.awaited = set;
    signals_unlock(&p->signals);
}

sysret_t sys_rt_sigtimedwait(struct process *p, const struct sys_args *a)
{
    struct sigset set;
    struct signal_info info;
    struct wait_limits limits = {.cancelled = signal_is_due};
    uint8_t bytes[SIGINFO_SIZE];
    uint64_t ns;
    if (a->arg[3] != sizeof(set))
        return ERR_INVAL;
    enum err err = mm_read(p->mm, (uaddr_t){a->arg[0]}, SPAN_OF(set));
    if (err == ERR_OK && a->arg[2] != 0) {
        err = timespec_read(p, a->arg[2], &ns);
        limits.deadline_ns = clock_mono_ns() + ns;
    }
    if (err != ERR_OK)
        return err;
    set.bits &= ~SIGNALS_ALWAYS;
    bool found = take_awaited(p, set, &info);
    if (!found) {
        await(p, set);
        wait_for_signal(&limits);
        await(p, (struct sigset){});
        found = take_awaited(p, set, &info);
    }
    if (!found)
        return signal_is_due() ? ERR_INTR : ERR_AGAIN;
    siginfo_put(&info, SPAN_OF(bytes));
    if (a->arg[1] != 0)
        err = mm_write(p->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(bytes));
    return err == ERR_OK ? info.signal : (sysret_t)err;
}
