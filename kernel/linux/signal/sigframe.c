// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/signal/sigframe.h"
#include <asm/sigcontext.h>
#include <asm/ucontext.h>

// Of struct ucontext: its flags, the next one, stack_t, struct sigcontext, the mask.
constexpr size_t UC_FLAGS = SIGFRAME_CONTEXT, UC_STACK = UC_FLAGS + 16, UC_REGS = UC_FLAGS + 40,
                 UC_MASK = UC_REGS + 256;
static_assert(UC_MASK + 8 == SIGFRAME_INFO);
static_assert(SIGFRAME_INFO + SIGINFO_SIZE == SIGFRAME_SIZE);

// Of struct sigcontext, behind its 18 registers.
constexpr size_t SC_SELECTORS = 144, SC_ERROR = 152, SC_TRAP = 160, SC_OLD_MASK = 168, SC_CR2 = 176,
                 SC_FPU = 184;
constexpr uint16_t USER_CODE = 0x33, USER_DATA = 0x2b; // as Linux numbers them

// What of RFLAGS a program may set by returning: the arithmetic ones, TF, DF, AC and RF.
constexpr uint64_t FLAGS_OF_PROGRAM = 0x50dd5;

// Of the FXSAVE area: where the words for software are (SDM Vol. 1, "FXSAVE Area").
constexpr size_t FPU_LEGACY = 512, FPU_SOFTWARE = 464;

struct sigframe_place sigframe_place(uint64_t top, size_t fpu_size)
{
    size_t magic = fpu_size > FPU_LEGACY ? SIGFRAME_MAGIC_SIZE : 0;
    uint64_t fpu = align_down(top - fpu_size - magic, 64);
    // As after a call: 8 below a multiple of 16 (psABI, "The Stack Frame").
    return (struct sigframe_place){align_down(fpu - SIGFRAME_SIZE, 16) - 8, fpu};
}

// The registers in struct sigcontext's order.
struct in_order {
    uint64_t r[18];
};

static struct in_order in_order(const struct user_regs *r)
{
    return (struct in_order){{r->r8, r->r9, r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rdi,
                              r->rsi, r->rbp, r->rbx, r->rdx, r->rax, r->rcx, r->rsp, r->rip,
                              r->rflags}};
}

void sigframe_put(const struct sigframe *f, const struct signal_info *info, uint64_t restorer,
                  struct span to)
{
    struct in_order regs = in_order(&f->regs);
    span_fill(to, 0);
    span_put_u64(to, 0, restorer);
    span_put_u64(to, UC_FLAGS,
                 (f->fpu != 0 ? UC_FP_XSTATE : 0) | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS);
    span_put_u64(to, UC_STACK, f->stack.start);
    span_put_u32(to, UC_STACK + 8, f->stack.flags);
    span_put_u64(to, UC_STACK + 16, f->stack.size);
    for (size_t i = 0; i < COUNT_OF(regs.r); i++)
        span_put_u64(to, UC_REGS + 8 * i, ELEM(regs.r, i));
    span_put_u16(to, UC_REGS + SC_SELECTORS, USER_CODE);
    span_put_u16(to, UC_REGS + SC_SELECTORS + 6, USER_DATA);
    span_put_u64(to, UC_REGS + SC_ERROR, f->exception.error);
    span_put_u64(to, UC_REGS + SC_TRAP, f->exception.vector);
    span_put_u64(to, UC_REGS + SC_OLD_MASK, f->mask.bits);
    span_put_u64(to, UC_REGS + SC_CR2, f->exception.address);
    span_put_u64(to, UC_REGS + SC_FPU, f->fpu);
    span_put_u64(to, UC_MASK, f->mask.bits);
    siginfo_put(info, span_sub(to, SIGFRAME_INFO, SIGINFO_SIZE));
}

static void take_regs(const struct in_order *from, struct user_regs *r)
{
    r->r8 = from->r[0];
    r->r9 = from->r[1];
    r->r10 = from->r[2];
    r->r11 = from->r[3];
    r->r12 = from->r[4];
    r->r13 = from->r[5];
    r->r14 = from->r[6];
    r->r15 = from->r[7];
    r->rdi = from->r[8];
    r->rsi = from->r[9];
    r->rbp = from->r[10];
    r->rbx = from->r[11];
    r->rdx = from->r[12];
    r->rax = from->r[13];
    r->rcx = from->r[14];
    r->rsp = from->r[15];
    r->rip = from->r[16];
    r->rflags = (r->rflags & ~FLAGS_OF_PROGRAM) | (from->r[17] & FLAGS_OF_PROGRAM);
}

void sigframe_get(struct cspan from, struct sigframe *f)
{
    struct in_order regs;
    for (size_t i = 0; i < COUNT_OF(regs.r); i++)
        ELEM(regs.r, i) = cspan_u64(from, UC_REGS + 8 * i);
    take_regs(&regs, &f->regs);
    f->fpu = cspan_u64(from, UC_REGS + SC_FPU);
    f->mask = (struct sigset){cspan_u64(from, UC_MASK)};
    f->stack = (struct signal_stack){.start = cspan_u64(from, UC_STACK),
                                     .flags = cspan_u32(from, UC_STACK + 8),
                                     .size = cspan_u64(from, UC_STACK + 16)};
}

// struct _fpx_sw_bytes: a magic number, the size with the other magic, which components there are,
// the size without.
void sigframe_mark_fpu(struct span area)
{
    size_t size = span_len(area);
    if (size <= FPU_LEGACY)
        return;
    size_t xsave = size - SIGFRAME_MAGIC_SIZE;
    span_fill(span_sub(area, FPU_SOFTWARE, FPU_LEGACY - FPU_SOFTWARE), 0);
    span_put_u32(area, FPU_SOFTWARE, FP_XSTATE_MAGIC1);
    span_put_u32(area, FPU_SOFTWARE + 4, (uint32_t)size);
    // XSTATE_BV says which are not in their initial state; all that fit may be restored.
    span_put_u64(area, FPU_SOFTWARE + 8, user_ctx_fpu_components());
    span_put_u32(area, FPU_SOFTWARE + 16, (uint32_t)xsave);
    span_put_u32(area, xsave, FP_XSTATE_MAGIC2);
}

bool sigframe_fpu_is_marked(struct cspan area)
{
    size_t size = cspan_len(area);
    if (size <= FPU_LEGACY)
        return false;
    size_t xsave = size - SIGFRAME_MAGIC_SIZE;
    return cspan_u32(area, FPU_SOFTWARE) == FP_XSTATE_MAGIC1 &&
           cspan_u32(area, FPU_SOFTWARE + 16) == xsave &&
           cspan_u32(area, xsave) == FP_XSTATE_MAGIC2;
}
