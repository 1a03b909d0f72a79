// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/assert.h"
#include "kernel/frame/heap/heap.h"
#include "kernel/frame/user/context_priv.h"

// The flags a program can change by itself, by POPF or arithmetic. The others say what it may
// do (IOPL) or how the CPU is run (IF, VM, VIF, VIP).
constexpr uint64_t USER_FLAGS = RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF |
                                RFLAGS_TF | RFLAGS_DF | RFLAGS_OF | RFLAGS_NT | RFLAGS_RF |
                                RFLAGS_AC | RFLAGS_ID;

// What a program must not choose: the flags that are the kernel's, and its segments. (Any rsp will
// do: the kernel does not use it, and the CPU checks it at the program's next push.)
static void sanitize(struct trap_regs *r)
{
    r->rflags = (r->rflags & USER_FLAGS) | RFLAGS_FIXED | RFLAGS_IF;
    r->cs = SELECTOR_USER_CODE;
    r->ss = SELECTOR_USER_DATA;
}

HEAP_TYPE(context_type, struct user_context);

enum err user_ctx_create(uaddr_t ip, uaddr_t sp, struct user_context **out)
{
    struct user_context *ctx = heap_alloc(&context_type);
    if (ctx == nullptr)
        return ERR_NOMEM;
    user_ctx_reset(ctx, ip, sp);
    *out = ctx;
    return ERR_OK;
}

void user_ctx_destroy(struct user_context *ctx)
{
    user_ctx_sync(ctx, true);
    heap_free(&context_type, ctx);
}

void user_ctx_reset(struct user_context *ctx, uaddr_t ip, uaddr_t sp)
{
    user_ctx_sync(ctx, true);
    ctx->regs = (struct trap_regs){.rip = ip.raw, .rsp = sp.raw};
    sanitize(&ctx->regs);
    ctx->exception = (struct user_exception){};
    ctx->from_syscall = false;
    user_state_reset(&ctx->state);
}

void user_ctx_copy(struct user_context *to, struct user_context *from)
{
    user_ctx_sync(to, true);
    user_ctx_sync(from, true);
    *to = *from;
    to->from_syscall = false;
}

size_t user_ctx_fpu_size(void) { return user_state_fpu_size(); }
uint64_t user_ctx_fpu_components(void) { return user_state_kind.xcr0; }

enum err user_ctx_get_fpu(struct user_context *ctx, struct span to)
{
    if (to.len != user_ctx_fpu_size())
        return ERR_INVAL;
    user_ctx_sync(ctx, false);
    span_copy(to, cspan_make(ctx->state.fpu, to.len));
    return ERR_OK;
}

enum err user_ctx_set_fpu(struct user_context *ctx, struct cspan from)
{
    if (from.len != user_ctx_fpu_size())
        return ERR_INVAL;
    user_ctx_sync(ctx, true);
    span_copy(SPAN_OF(ctx->state.fpu), from);
    user_state_sanitize_fpu(&ctx->state);
    return ERR_OK;
}

// What a program's registers and a trap's have in common.
#define GENERAL_REGS(X)                                                                            \
    X(rax)                                                                                         \
    X(rbx)                                                                                         \
    X(rcx)                                                                                         \
    X(rdx)                                                                                         \
    X(rsi)                                                                                         \
    X(rdi) X(rbp) X(rsp) X(r8) X(r9) X(r10) X(r11) X(r12) X(r13) X(r14) X(r15) X(rip) X(rflags)

void user_ctx_get_regs(struct user_context *ctx, struct user_regs *to)
{
    user_ctx_sync(ctx, false);
    const struct trap_regs *r = &ctx->regs;
    *to = (struct user_regs){
        .fs_base = ctx->state.fs_base,
        .gs_base = ctx->state.gs_base,
    };
#define GET(name) to->name = r->name;
    GENERAL_REGS(GET)
#undef GET
}

// WRMSR would fault on the others.
static uint64_t canonical_or_zero(uint64_t address)
{
    return address_is_canonical(address) ? address : 0;
}

void user_ctx_set_regs(struct user_context *ctx, const struct user_regs *from)
{
    user_ctx_sync(ctx, true);
    ctx->from_syscall = false;
    ctx->regs = (struct trap_regs){};
#define SET(name) ctx->regs.name = from->name;
    GENERAL_REGS(SET)
#undef SET
    sanitize(&ctx->regs);
    ctx->state.fs_base = canonical_or_zero(from->fs_base);
    ctx->state.gs_base = canonical_or_zero(from->gs_base);
}

uint64_t user_ctx_syscall_nr(const struct user_context *ctx) { return ctx->regs.rax; }

uint64_t user_ctx_syscall_arg(const struct user_context *ctx, unsigned i)
{
    ASSERT(i < 6);
    const struct trap_regs *r = &ctx->regs;
    const uint64_t args[] = {r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9};
    return args[i];
}

void user_ctx_set_result(struct user_context *ctx, uint64_t result) { ctx->regs.rax = result; }

struct user_exception user_ctx_exception(const struct user_context *ctx) { return ctx->exception; }

uaddr_t user_ctx_ip(const struct user_context *ctx) { return (uaddr_t){ctx->regs.rip}; }

// CPUID's word of that time's features.
uint32_t user_hwcap(void) { return cpuid(1, 0).edx; }

// Bit 1: programs may use the instructions for segment bases (asm/hwcap2.h).
uint32_t user_hwcap2(void) { return cpu_features.fsgsbase ? 2 : 0; }

bool user_has_rdtscp(void) { return cpu_features.rdtscp; }
