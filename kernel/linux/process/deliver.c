// SPDX-License-Identifier: Apache-2.0
// What waits for a process happens when it enters user mode (signal(7), "Execution of signal
// handlers"; sigreturn(2)).
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

// Takes the next one, and what is to be done with it.
static bool take(struct process *p, struct signal_info *info, struct signal_action *action)
{
    struct process_signals *s = &p->signals;
    signals_lock(s);
    bool found = sigpending_take(&s->pending, s->blocked, info);
    if (found) {
        struct signal_action *a = &ELEM(s->actions, (uint32_t)info->signal - 1);
        *action = *a;
        bool handled = a->handler != SIGNAL_DEFAULT && a->handler != SIGNAL_IGNORE;
        if (handled && (a->flags & SA_RESETHAND) != 0)
            a->handler = SIGNAL_DEFAULT;
        // Now, so that a SIGCONT that comes before it has stopped is not lost.
        s->stopped = p->pid != 1 && a->handler == SIGNAL_DEFAULT && !handled &&
                     signal_default_of((uint32_t)info->signal) == SIGNAL_STOPS;
    } else {
        store_release(&s->look, false);
    }
    signals_unlock(s);
    return found;
}

bool signal_is_due(void)
{
    struct process *p = process_running();
    signals_lock(&p->signals);
    bool due = !sigset_is_empty(sigset_without(
        p->signals.pending.set, sigset_without(p->signals.blocked, p->signals.awaited)));
    signals_unlock(&p->signals);
    return due;
}

bool signal_has_event(void)
{
    struct process *p = process_running();
    return p != nullptr && load_acquire(&p->signals.look);
}

// ---- calls that were ended ---------------------------------------------------------------------

// With a handler, the call fails or is made again when that returns; without one it goes on.
static void settle_call(struct process *p, struct user_regs *regs, bool handled, bool restarts)
{
    enum call_restart how = p->restart;
    p->restart = RESTART_NOTHING;
    // Its result is EINTR so far.
    if (how == RESTART_NOTHING || (handled && !(how == RESTART_CALL && restarts)))
        return;
    // The instruction, of two bytes, is to be executed again.
    regs->rip -= 2;
    regs->rax = how == RESTART_REST ? __NR_restart_syscall : p->call_nr;
}

// ---- handlers ----------------------------------------------------------------------------------

bool signal_on_stack(const struct signal_stack *s, uint64_t sp)
{
    return s->size != 0 && sp > s->start && sp - s->start <= s->size;
}

struct signal_stack signal_stack_told(const struct signal_stack *s, uint64_t sp)
{
    uint32_t flags = s->size == 0              ? SIGNAL_STACK_OFF
                     : signal_on_stack(s, sp) ? SIGNAL_STACK_ON
                                               : 0;
    return (struct signal_stack){.start = s->start, .size = s->size, .flags = flags};
}

static uint64_t stack_top(struct process *p, const struct signal_action *a, uint64_t sp)
{
    const struct signal_stack *s = &p->signals.stack;
    bool other = (a->flags & SA_ONSTACK) != 0 && s->size != 0 && !signal_on_stack(s, sp);
    return other ? s->start + s->size : sp - RED_ZONE;
}

static enum err write_fpu(struct process *p, uint64_t at)
{
    size_t size = user_ctx_fpu_size(), marked = size > 512 ? size + SIGFRAME_MAGIC_SIZE : size;
    struct fpu_image *image = fpu_image_new();
    if (image == nullptr)
        return ERR_NOMEM;
    struct span all = span_sub(SPAN_OF(image->bytes), 0, marked);
    enum err err = user_ctx_get_fpu(p->ctx, span_sub(all, 0, size));
    if (err == ERR_OK) {
        sigframe_mark_fpu(all);
        err = mm_write(p->mm, (uaddr_t){at}, span_const(all));
    }
    fpu_image_delete(image);
    return err;
}

// Writes the frame and turns the registers to the handler.
static enum err enter_handler(struct process *p, const struct signal_info *info,
                              const struct signal_action *a, struct user_regs *regs,
                              struct sigset mask)
{
    uint8_t bytes[SIGFRAME_SIZE];
    if ((a->flags & SA_RESTORER) == 0)
        return ERR_FAULT;
    struct sigframe_place place = sigframe_place(stack_top(p, a, regs->rsp), user_ctx_fpu_size());
    struct sigframe frame = {.regs = *regs,
                             .exception = user_ctx_exception(p->ctx),
                             .mask = mask,
                             // As on Linux, a frame does not say whether it was used.
                             .stack = signal_stack_told(&p->signals.stack, 0),
                             .fpu = place.fpu};
    sigframe_put(&frame, info, a->restorer, SPAN_OF(bytes));
    enum err err = write_fpu(p, place.fpu);
    if (err == ERR_OK)
        err = mm_write(p->mm, (uaddr_t){place.sp}, CSPAN_OF(bytes));
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

static void handle(struct process *p, const struct signal_info *info, const struct signal_action *a)
{
    struct process_signals *s = &p->signals;
    struct user_regs regs;
    user_ctx_get_regs(p->ctx, &regs);
    settle_call(p, &regs, true, (a->flags & SA_RESTART) != 0);
    signals_lock(s);
    struct sigset before = s->restores ? s->restored : s->blocked, during = s->blocked;
    signals_unlock(s);
    s->restores = false;
    enum err err = enter_handler(p, info, a, &regs, before);
    user_ctx_set_regs(p->ctx, &regs);
    if (err != ERR_OK) {
        struct signal_info broken = siginfo_sent(SIGSEGV, SI_KERNEL, 0, 0);
        if (info->signal == SIGSEGV)
            process_end(p, SIGSEGV);
        signal_force(p, &broken);
        return;
    }
    during = sigset_or(during, a->mask);
    if ((a->flags & SA_NODEFER) == 0)
        during = sigset_or(during, sigset_of((uint32_t)info->signal));
    signal_set_mask(p, during);
}

// ---- without one -------------------------------------------------------------------------------

static void do_default(struct process *p, uint32_t signal)
{
    switch (signal_default_of(signal)) {
    case SIGNAL_TERMINATES:
    case SIGNAL_DUMPS:
        // What the first process causes itself has ended it already.
        if (p->pid != 1)
            process_end(p, signal);
        return;
    case SIGNAL_STOPS:
        if (p->pid != 1)
            process_stop(p, signal);
        return;
    case SIGNAL_IGNORED:
    case SIGNAL_CONTINUES:
        return;
    }
}

void signal_deliver(struct process *p)
{
    struct process_signals *s = &p->signals;
    struct signal_info info;
    struct signal_action action;
    if (!load_acquire(&s->look) && p->restart == RESTART_NOTHING)
        return;
    while (load_acquire(&s->look) && take(p, &info, &action)) {
        if (action.handler == SIGNAL_DEFAULT)
            do_default(p, (uint32_t)info.signal);
        else if (action.handler != SIGNAL_IGNORE)
            handle(p, &info, &action);
    }
    if (p->restart != RESTART_NOTHING) {
        struct user_regs regs;
        user_ctx_get_regs(p->ctx, &regs);
        settle_call(p, &regs, false, false);
        user_ctx_set_regs(p->ctx, &regs);
    }
    if (s->restores) {
        s->restores = false;
        signal_set_mask(p, s->restored);
    }
}

// ---- and back ----------------------------------------------------------------------------------

static enum err read_fpu(struct process *p, uint64_t at)
{
    size_t size = user_ctx_fpu_size(), marked = size > 512 ? size + SIGFRAME_MAGIC_SIZE : size;
    struct fpu_image *image = fpu_image_new();
    if (image == nullptr)
        return ERR_NOMEM;
    struct span all = span_sub(SPAN_OF(image->bytes), 0, marked);
    enum err err = mm_read(p->mm, (uaddr_t){at}, all);
    // An area that does not say what it is has the legacy registers; the others are as they were.
    if (err == ERR_OK && size > 512 && !sigframe_fpu_is_marked(span_const(all))) {
        struct fpu_image *old = fpu_image_new();
        err = old == nullptr ? ERR_NOMEM : ERR_OK;
        if (err == ERR_OK) {
            struct span now = span_sub(SPAN_OF(old->bytes), 0, size);
            err = user_ctx_get_fpu(p->ctx, now);
            span_copy(span_sub(now, 0, 416), span_const(span_sub(all, 0, 416)));
            if (err == ERR_OK)
                err = user_ctx_set_fpu(p->ctx, span_const(now));
            fpu_image_delete(old);
        }
    } else if (err == ERR_OK) {
        err = user_ctx_set_fpu(p->ctx, span_const(span_sub(all, 0, size)));
    }
    fpu_image_delete(image);
    return err;
}

void signal_return(struct process *p)
{
    uint8_t bytes[SIGFRAME_SIZE];
    struct sigframe f = {};
    user_ctx_get_regs(p->ctx, &f.regs);
    // The handler's return has taken its address off the stack.
    enum err err = mm_read(p->mm, (uaddr_t){f.regs.rsp - 8}, SPAN_OF(bytes));
    if (err == ERR_OK) {
        sigframe_get(CSPAN_OF(bytes), &f);
        if (f.fpu != 0)
            err = read_fpu(p, f.fpu);
    }
    if (err != ERR_OK) {
        struct signal_info broken = siginfo_sent(SIGSEGV, SI_KERNEL, 0, 0);
        signal_force(p, &broken);
        return;
    }
    user_ctx_set_regs(p->ctx, &f.regs);
    // A stack that was switched off, or is one to be switched off, is none.
    p->signals.stack = (f.stack.flags & SIGNAL_STACK_OFF) == 0
                           ? (struct signal_stack){.start = f.stack.start, .size = f.stack.size}
                           : (struct signal_stack){};
    signal_set_mask(p, f.mask);
}
