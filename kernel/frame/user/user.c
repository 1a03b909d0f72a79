// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/user/user.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/assert.h"
#include "kernel/frame/console/panic.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/smp/call.h"
#include "kernel/frame/task/task.h"
#include "kernel/frame/trap/trap.h"
#include "kernel/frame/trap/trap_name.h"
#include "kernel/frame/user/context_priv.h"

// user_enter saves into the context from its end down, where the CPU wants 16-byte alignment.
static_assert(offsetof(struct user_context, regs) == 0);
static_assert(REGS_SIZE % 16 == 0);

struct sync {
    struct user_state *state;
    bool forget;
};

static void sync_here(void *arg)
{
    const struct sync *s = arg;
    user_state_sync(s->state, s->forget);
}

void user_ctx_sync(struct user_context *ctx, bool forget)
{
    struct user_state *state = &ctx->state;
    struct cpu_arch *loaded = __atomic_load_n(&state->loaded, __ATOMIC_ACQUIRE);
    if (loaded == nullptr)
        return;
    preempt_disable();
    if (loaded == cpu_arch_this())
        user_state_sync(state, forget);
    else // arch comes first in a CPU's block
        smp_call(cpuset_of(((struct cpu *)loaded)->id), sync_here, &(struct sync){state, forget});
    preempt_enable();
}

// SYSRET puts rip into rcx and rflags into r11, cannot restore RF, and would fault in ring 0
// on a non-canonical rip. So it serves only when a system call returns and nobody has changed
// these meanwhile.
static bool can_sysret(const struct user_context *ctx)
{
    const struct trap_regs *r = &ctx->regs;
    return ctx->from_syscall && r->rcx == r->rip && r->r11 == r->rflags && r->rip < USER_END &&
           (r->rflags & (RFLAGS_RF | RFLAGS_TF)) == 0;
}

static enum user_event raise(struct user_context *ctx, uint64_t vector, uint64_t error,
                             uint64_t address)
{
    ctx->exception = (struct user_exception){vector, error, address};
    return USER_EXCEPTION;
}

enum user_event user_mode_run(struct user_context *ctx, const struct user_hooks *hooks)
{
    ASSERT(preempt_depth() == 0);
    // Whoever sets the other registers makes them harmless.
    if (!address_is_canonical(ctx->regs.rip))
        return raise(ctx, TRAP_GENERAL_PROTECTION, 0, 0);
    for (;;) {
        // From here to the program an interrupt cannot come unnoticed.
        irq_disable();
        if (unlikely(preempt_word() == 0))
            preempt_schedule_irq();
        // Asked last: others have run meanwhile, and one of them may have kicked this task.
        if (hooks != nullptr && hooks->has_kernel_event != nullptr && hooks->has_kernel_event()) {
            irq_enable();
            return USER_KERNEL_EVENT;
        }
        if (unlikely(user_state_load(&ctx->state)))
            user_enter_with(&ctx->regs);
        enum user_exit why = user_enter(&ctx->regs, can_sysret(ctx));
        ctx->from_syscall = why == USER_EXIT_SYSCALL;
        if (ctx->from_syscall) {
            irq_enable();
            return USER_SYSCALL;
        }
        uint64_t vector = ctx->regs.vector;
        uint64_t address = vector == TRAP_PAGE_FAULT ? read_cr2() : 0;
        bool interrupt = trap_handle_interrupt(vector);
        irq_enable();
        if (interrupt) {
            // A program that never calls must not keep others' memory from being freed.
            task_tidy();
            continue;
        }
        if (vector == TRAP_MACHINE_CHECK || vector == TRAP_DOUBLE_FAULT)
            panic_regs(&ctx->regs, "%s in user mode", trap_name(vector));
        return raise(ctx, vector, ctx->regs.error, address);
    }
}
