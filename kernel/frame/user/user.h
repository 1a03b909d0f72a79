// SPDX-License-Identifier: Apache-2.0
// Running user programs. A task enters user mode by a call that returns when the program needs
// the kernel:
//
//     for (;;)
//         switch (user_mode_run(&ctx, nullptr)) {
//         case USER_SYSCALL: ...
//         case USER_EXCEPTION: ...
//         case USER_KERNEL_EVENT: ...
//         }
//
// A context may hold any values at all: user_mode_run makes them harmless or reports the
// exception that the CPU would have raised.
#pragma once
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/arch/x86_64/trap_vector.h"
#include "kernel/frame/base/err.h"
#include "kernel/frame/base/span.h"

C_BEGIN

// The registers of a user program.
struct user_regs {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip, rflags;
    uint64_t fs_base, gs_base;
};

// A fault or trap of the program.
struct user_exception {
    uint64_t vector;  // of enum trap_vector
    uint64_t error;   // as the CPU reports it (SDM Vol. 3A, "Error Code")
    uint64_t address; // of a page fault
};

// A program's registers while it does not run, owned by whoever created it. Any task may look at it
// and change it while no task runs it.
struct user_context;

// As a program finds it at its start: all registers zero but these two, vector and floating-point
// registers in their initial state. ERR_NOMEM.
enum err user_ctx_create(uaddr_t ip, uaddr_t sp, struct user_context **out);
void user_ctx_destroy(struct user_context *ctx);

// The same for a context that exists; and making `to` the same as `from`.
void user_ctx_reset(struct user_context *ctx, uaddr_t ip, uaddr_t sp);
void user_ctx_copy(struct user_context *to, struct user_context *from);

// These look at what a CPU may still hold, perhaps another one: no spin lock is held.
void user_ctx_get_regs(struct user_context *ctx, struct user_regs *regs);
void user_ctx_set_regs(struct user_context *ctx, const struct user_regs *regs);

// Vector and floating-point registers, as XSAVE's standard form has them: their size, and copies.
// Set takes any bytes and makes them harmless. ERR_INVAL: another size.
size_t user_ctx_fpu_size(void);

// Which of XSAVE's components these are, as XCR0 has them; 0: the CPU has FXSAVE only.
uint64_t user_ctx_fpu_components(void);
enum err user_ctx_get_fpu(struct user_context *ctx, struct span to);
enum err user_ctx_set_fpu(struct user_context *ctx, struct cspan from);

// What the CPU offers programs, as getauxval(3) tells them: AT_HWCAP and AT_HWCAP2.
uint32_t user_hwcap(void);
uint32_t user_hwcap2(void);

// Whether a program's RDTSCP tells it the CPU's number, as task_cpu() does.
bool user_has_rdtscp(void);

// After USER_SYSCALL: the call's number (rax), its arguments 0 to 5 (rdi, rsi, rdx, r10, r8,
// r9; psABI, "Linux Conventions"), and where its result goes (rax).
uint64_t user_ctx_syscall_nr(const struct user_context *ctx);
uint64_t user_ctx_syscall_arg(const struct user_context *ctx, unsigned i);
void user_ctx_set_result(struct user_context *ctx, uint64_t result);

// After USER_EXCEPTION.
struct user_exception user_ctx_exception(const struct user_context *ctx);
uaddr_t user_ctx_ip(const struct user_context *ctx);

// Why user mode was left.
enum user_event : int {
    USER_SYSCALL,
    USER_EXCEPTION,
    USER_KERNEL_EVENT, // has_kernel_event said so
};

struct user_hooks {
    // Asked before every entry: true ends the run. Interrupts are off. May be null.
    bool (*has_kernel_event)(void);
};

// Runs the program in the running task's address space until it needs the kernel. Interrupts
// are handled inside. `hooks` may be null. Task context.
enum user_event user_mode_run(struct user_context *ctx, const struct user_hooks *hooks);

C_END
