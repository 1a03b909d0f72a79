// SPDX-License-Identifier: Apache-2.0
// Signal frames: what a handler finds on its stack, and what rt_sigreturn(2) reads back. The
// layouts are Linux's to the byte (asm/sigcontext.h, asm/ucontext.h). Pure: bytes in, bytes out.
//
//     higher addresses   vector and floating-point registers, as XSAVE has them, and their magic;
//                        aligned to 64
//                        siginfo_t
//                        struct ucontext
//     the handler's rsp  the address that it returns to
#pragma once
#include "kernel/linux/signal/signal.h"

C_BEGIN

// sigaltstack(2)'s. `size` 0: none.
struct signal_stack {
    uint64_t start, size;
    uint32_t flags; // as programs are told
};
constexpr uint32_t SIGNAL_STACK_ON = 1, SIGNAL_STACK_OFF = 2; // SS_ONSTACK, SS_DISABLE

// What a frame is made of, and what is read back of one.
struct sigframe {
    struct user_regs regs;
    struct user_exception exception; // the last: what became of it is for the handler to see
    struct sigset mask;              // what was blocked
    struct signal_stack stack;
    uint64_t fpu; // where the vector registers are; 0: nowhere
};

// A handler begins without these: single-stepping, the direction of string instructions, RF.
constexpr uint64_t SIGFRAME_FLAGS_CLEARED = 0x10500;

// Where the parts of a frame go.
struct sigframe_place {
    uint64_t sp;  // of the frame: the handler's rsp
    uint64_t fpu; // of the vector registers
};

// A frame without the vector registers.
constexpr size_t SIGFRAME_SIZE = 440;
constexpr size_t SIGFRAME_INFO = 312; // where siginfo_t is
constexpr size_t SIGFRAME_CONTEXT = 8;

// What lies behind the vector registers' XSAVE area.
constexpr size_t SIGFRAME_MAGIC_SIZE = 4;

// Below `top`, for vector registers of `fpu_size` bytes (user_ctx_fpu_size()).
struct sigframe_place sigframe_place(uint64_t top, size_t fpu_size);

// Writes a frame. `to` has SIGFRAME_SIZE bytes.
void sigframe_put(const struct sigframe *f, const struct signal_info *info, uint64_t restorer,
                  struct span to);

// Reads one back: any bytes. Of the flags what a program may not set stays as it is in `f`.
void sigframe_get(struct cspan from, struct sigframe *f);

// Says in the XSAVE area, in the words that the CPU leaves to software, how large it is; and
// whether an area read back says so. Areas of at most the legacy size say nothing.
void sigframe_mark_fpu(struct span area);
bool sigframe_fpu_is_marked(struct cspan area);

C_END
