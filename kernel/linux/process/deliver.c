// SPDX-License-Identifier: Apache-2.0
// What waits for a process happens when it enters user mode (signal(7), "Execution of signal
// handlers"; sigreturn(2)).
#include "kernel/linux/process/rseq.h"
#include "kernel/linux/process/signals.h"
#include <asm/siginfo.h>
#include <asm/unistd.h>

// Below the stack pointer a function's own data may lie (psABI, "The Stack Frame").
constexpr uint64_t RED_ZONE = 128;

// With room for the vector registers of any CPU, and the magic behind them.
struct fpu_image {
    uint8_t bytes[4096 - 64];
};
HEAP_DEFINE(fpu_image, struct fpu_image);

// ---- what is due -------------------------------------------------------------------------------

// What a thread is to do.
enum duty : int {
    DUTY_NONE,
    DUTY_END,
    DUTY_STOP,
    DUTY_SIGNAL
};

// Another one of its process executes a program.
static bool is_superfluous(struct thread *t) REQUIRES(lc_signals)
{
    return t->process->sole != nullptr && t->process->sole != t;
}

bool signal_is_due_for(struct thread *t)
{
    struct process *p = t->process;
    struct sigset waiting = sigset_or(t->signals.pending.set, p->pending.set),
                  kept = sigset_without(t->signals.blocked, t->signals.awaited);
    return p->ending || is_superfluous(t) || p->stop.on ||
           !sigset_is_empty(sigset_without(waiting, kept));
}

bool signal_is_due(void)
{
    struct thread *t = thread_running();
    signals_lock(t->process);
    bool due = signal_is_due_for(t);
    signals_unlock(t->process);
    return due;
}

bool thread_is_killed(void)
{
    struct thread *t = thread_running();
    signals_lock(t->process);
    struct sigset waiting = sigset_or(t->signals.pending.set, t->process->pending.set);
    bool killed = t->process->ending || is_superfluous(t) || sigset_has(waiting, SIGKILL);
    signals_unlock(t->process);
    return killed;
}

bool signal_has_event(void)
{
    struct thread *t = thread_running();
    return t != nullptr && (load_acquire(&t->signals.look) || rseq_has_event(t));
}

static bool take(struct thread *t, struct sigset mask, struct signal_info *info)
    REQUIRES(lc_signals)
{
    return sigpending_take(&t->signals.pending, mask, info) ||
           sigpending_take(&t->process->pending, mask, info);
}

bool signal_take(struct thread *t, struct sigset set, struct signal_info *info)
{
    signals_lock(t->process);
    bool found = take(t, (struct sigset){~set.bits}, info);
    signals_unlock(t->process);
    if (found && info->timer != 0)
        process_take_timer(t->process, info);
    return found;
}

// What to do with a signal that has been taken.
static struct signal_action act(struct process *p, uint32_t signal) REQUIRES(lc_signals)
{
    struct signal_action *a = signal_action_of(p, signal), action = *a;
    if (action.handler != SIGNAL_DEFAULT) {
        if (action.handler != SIGNAL_IGNORE && (action.flags & SA_RESETHAND) != 0)
            a->handler = SIGNAL_DEFAULT;
    } else if (p->pid != 1 && signal_default_of(signal) == SIGNAL_STOPS) {
        // Now, so that a SIGCONT that comes before it has stopped is not lost.
        p->stop.taken = true;
    }
    return action;
}

static enum duty next_duty(struct thread *t, struct signal_info *info, struct signal_action *action)
{
    struct process *p = t->process;
    enum duty duty = DUTY_NONE;
    signals_lock(p);
    if (p->ending || is_superfluous(t)) {
        duty = DUTY_END;
    } else if (p->stop.on) {
        duty = DUTY_STOP;
    } else if (take(t, t->signals.blocked, info)) {
        duty = DUTY_SIGNAL;
        *action = act(p, (uint32_t)info->signal);
    } else {
        store_release(&t->signals.look, false);
    }
    signals_unlock(p);
    return duty;
}

// ---- calls that were ended ---------------------------------------------------------------------

// With a handler, the call fails or is made again when that returns; without one it goes on.
static void settle_call(struct thread *t, struct user_regs *regs, bool handled, bool restarts)
{
    enum call_restart how = t->restart;
    t->restart = RESTART_NOTHING;
    // Its result is EINTR so far.
    bool again = !handled || how == RESTART_ALWAYS || (how == RESTART_CALL && restarts);
    if (how == RESTART_NOTHING || !again)
        return;
    // The instruction, of two bytes, is to be executed again.
    regs->rip -= 2;
    regs->rax = how == RESTART_REST ? __NR_restart_syscall : t->call_nr;
}

// ---- handlers ----------------------------------------------------------------------------------

static bool on_stack(const struct signal_stack *s, uint64_t sp)
{
    return s->size != 0 && sp > s->start && sp - s->start <= s->size;
}

struct signal_stack signal_stack_told(const struct signal_stack *s, uint64_t sp)
{
    uint32_t flags = s->size == 0 ? SIGNAL_STACK_OFF : on_stack(s, sp) ? SIGNAL_STACK_ON : 0;
    return (struct signal_stack){.start = s->start, .size = s->size, .flags = flags};
}

static uint64_t stack_top(struct thread *t, const struct signal_action *a, uint64_t sp)
{
    const struct signal_stack *s = &t->signals.stack;
    bool other = (a->flags & SA_ONSTACK) != 0 && s->size != 0 && !on_stack(s, sp);
    return other ? s->start + s->size : sp - RED_ZONE;
}

static enum err write_fpu(struct thread *t, uint64_t at)
{
    size_t size = user_ctx_fpu_size(), marked = size > 512 ? size + SIGFRAME_MAGIC_SIZE : size;
    struct fpu_image *image = fpu_image_new();
    if (image == nullptr)
        return ERR_NOMEM;
    struct span all = span_sub(SPAN_OF(image->bytes), 0, marked);
    enum err err = user_ctx_get_fpu(t->ctx, span_sub(all, 0, size));
    if (err == ERR_OK) {
        sigframe_mark_fpu(all);
        err = mm_write(t->mm, (uaddr_t){at}, span_const(all));
    }
    fpu_image_delete(image);
    return err;
}

// Writes the frame and turns the registers to the handler.
static enum err enter_handler(struct thread *t, const struct signal_info *info,
                              const struct signal_action *a, struct user_regs *regs,
                              struct sigset mask)
{
    uint8_t bytes[SIGFRAME_SIZE];
    if ((a->flags & SA_RESTORER) == 0)
        return ERR_FAULT;
    struct sigframe_place place = sigframe_place(stack_top(t, a, regs->rsp), user_ctx_fpu_size());
    struct sigframe frame = {.regs = *regs,
                             .exception = user_ctx_exception(t->ctx),
                             .mask = mask,
                             // As on Linux, a frame does not say whether it was used.
                             .stack = signal_stack_told(&t->signals.stack, 0),
                             .fpu = place.fpu};
    sigframe_put(&frame, info, a->restorer, SPAN_OF(bytes));
    enum err err = write_fpu(t, place.fpu);
    if (err == ERR_OK)
        err = mm_write(t->mm, (uaddr_t){place.sp}, CSPAN_OF(bytes));
    if (err != ERR_OK)
        return err;
    regs->rdi = (uint64_t)info->signal;
    regs->rsi = place.sp + SIGFRAME_INFO;
    regs->rdx = place.sp + SIGFRAME_CONTEXT;
    regs->rax = 0;
    regs->rsp = place.sp;
    regs->rip = a->handler;
    regs->rflags &= ~SIGFRAME_FLAGS_CLEARED;
    return ERR_OK;
}

static void handle(struct thread *t, const struct signal_info *info, const struct signal_action *a)
{
    struct thread_signals *s = &t->signals;
    struct user_regs regs;
    user_ctx_get_regs(t->ctx, &regs);
    settle_call(t, &regs, true, (a->flags & SA_RESTART) != 0);
    signals_lock(t->process);
    struct sigset before = s->restores ? s->restored : s->blocked, during = s->blocked;
    signals_unlock(t->process);
    s->restores = false;
    enum err err = rseq_interrupt(t, &regs);
    if (err == ERR_OK)
        err = enter_handler(t, info, a, &regs, before);
    user_ctx_set_regs(t->ctx, &regs);
    if (err != ERR_OK) {
        struct signal_info broken = siginfo_kernel(SIGSEGV);
        if (info->signal == SIGSEGV)
            process_end(t, SIGSEGV);
        signal_force(t, &broken);
        return;
    }
    during = sigset_or(during, a->mask);
    if ((a->flags & SA_NODEFER) == 0)
        during = sigset_or(during, sigset_of((uint32_t)info->signal));
    signal_set_mask(t, during);
}

// ---- without one -------------------------------------------------------------------------------

static void do_default(struct thread *t, uint32_t signal)
{
    // What the first process causes itself has ended it already.
    if (t->process->pid == 1)
        return;
    switch (signal_default_of(signal)) {
    case SIGNAL_TERMINATES:
    case SIGNAL_DUMPS:
        process_end(t, signal);
    case SIGNAL_STOPS:
        process_stop(t, signal);
        return;
    case SIGNAL_IGNORED:
    case SIGNAL_CONTINUES:
        return;
    }
}

static void do_duties(struct thread *t)
{
    struct signal_info info;
    struct signal_action action;
    while (load_acquire(&t->signals.look)) {
        switch (next_duty(t, &info, &action)) {
        case DUTY_NONE:
            break;
        case DUTY_END:
            thread_end(t, 0);
        case DUTY_STOP:
            thread_stop(t);
            break;
        case DUTY_SIGNAL:
            if (info.timer != 0)
                process_take_timer(t->process, &info);
            if (action.handler == SIGNAL_DEFAULT)
                do_default(t, (uint32_t)info.signal);
            else if (action.handler != SIGNAL_IGNORE)
                handle(t, &info, &action);
        }
    }
}

void signal_deliver(struct thread *t)
{
    if (!load_acquire(&t->signals.look) && t->restart == RESTART_NOTHING)
        return;
    do_duties(t);
    if (t->restart != RESTART_NOTHING) {
        struct user_regs regs;
        user_ctx_get_regs(t->ctx, &regs);
        settle_call(t, &regs, false, false);
        user_ctx_set_regs(t->ctx, &regs);
    }
    if (t->signals.restores) {
        t->signals.restores = false;
        signal_set_mask(t, t->signals.restored);
    }
}

// ---- and back ----------------------------------------------------------------------------------

static enum err read_fpu(struct thread *t, uint64_t at)
{
    size_t size = user_ctx_fpu_size(), marked = size > 512 ? size + SIGFRAME_MAGIC_SIZE : size;
    struct fpu_image *image = fpu_image_new();
    if (image == nullptr)
        return ERR_NOMEM;
    struct span all = span_sub(SPAN_OF(image->bytes), 0, marked);
    enum err err = mm_read(t->mm, (uaddr_t){at}, all);
    // An area that does not say what it is has the legacy registers; the others are as they were.
    if (err == ERR_OK && size > 512 && !sigframe_fpu_is_marked(span_const(all))) {
        struct fpu_image *old = fpu_image_new();
        err = old == nullptr ? ERR_NOMEM : ERR_OK;
        if (err == ERR_OK) {
            struct span now = span_sub(SPAN_OF(old->bytes), 0, size);
            err = user_ctx_get_fpu(t->ctx, now);
            span_copy(span_sub(now, 0, 416), span_const(span_sub(all, 0, 416)));
            if (err == ERR_OK)
                err = user_ctx_set_fpu(t->ctx, span_const(now));
            fpu_image_delete(old);
        }
    } else if (err == ERR_OK) {
        err = user_ctx_set_fpu(t->ctx, span_const(span_sub(all, 0, size)));
    }
    fpu_image_delete(image);
    return err;
}

void signal_return(struct thread *t)
{
    uint8_t bytes[SIGFRAME_SIZE];
    struct sigframe f = {};
    user_ctx_get_regs(t->ctx, &f.regs);
    // The handler's return has taken its address off the stack.
    enum err err = mm_read(t->mm, (uaddr_t){f.regs.rsp - 8}, SPAN_OF(bytes));
    if (err == ERR_OK) {
        sigframe_get(CSPAN_OF(bytes), &f);
        if (f.fpu != 0)
            err = read_fpu(t, f.fpu);
    }
    if (err != ERR_OK) {
        struct signal_info broken = siginfo_kernel(SIGSEGV);
        signal_force(t, &broken);
        return;
    }
    user_ctx_set_regs(t->ctx, &f.regs);
    // A stack that was switched off, or is one to be switched off, is none.
    t->signals.stack = (f.stack.flags & SIGNAL_STACK_OFF) == 0
                           ? (struct signal_stack){.start = f.stack.start, .size = f.stack.size}
                           : (struct signal_stack){};
    signal_set_mask(t, f.mask);
}
