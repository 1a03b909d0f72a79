// SPDX-License-Identifier: Apache-2.0
// One CPU's tables: GDT, TSS and the words that entry.S finds by GS. The structure is the head
// of the CPU's block (kernel/frame/cpu), which is where GS points in the kernel.
#pragma once

#define CPU_TRAMPOLINE 80 // of trampolines[IST_NONE]: where the CPU begins to push
#define CPU_USER_PUSH 88
#define CPU_USER_SP 480
#define CPU_SELF 4096
#define CPU_KERNEL_SP 4104
#define CPU_CANARY 4112 // also in toolchain/cc/flags.bzl

// In CR3, with page tables isolated: user mode's top-level table lies behind the kernel's.
#define CR3_USER 0x1000

// Selectors. SYSCALL and SYSRET fix the order (SDM Vol. 3A, "Fast System Calls in 64-Bit Mode"):
// SYSRET takes its stack segment at STAR + 8 and its code segment at STAR + 16.
#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_BASE 0x1b // never loaded: there is no 32-bit user code
#define SELECTOR_USER_DATA 0x23
#define SELECTOR_USER_CODE 0x2b
#define SELECTOR_TSS 0x30

#ifndef __ASSEMBLER__
#include "kernel/frame/arch/x86_64/cpu_features.h"

C_BEGIN

// Interrupt stacks: a vector that may come at any instruction, also one where the stack
// pointer is still the user's, gets a stack of its own.
enum ist : int {
    IST_NONE = 0,
    IST_NMI = 1,
    IST_DOUBLE_FAULT = 2,
    IST_MACHINE_CHECK = 3,
    IST_DEBUG = 4,
    IST_COUNT = 4,
};

// SDM Vol. 3A, "Task Management in 64-bit Mode".
struct tss {
    uint32_t reserved0;
    uint64_t sp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_bitmap_offset;
} __attribute__((packed));

struct trap_regs;

// A few words of stack for the way out of user mode's tables and back.
struct trampoline {
    uint64_t words[10]; // the highest come first
    uint64_t cr3_mask;  // what of CR3 stays
    uint64_t *to;       // the vector of the struct trap_regs that it leads to
};

// What the CPU and entry.S need before they have left user mode's tables, which map this and
// nothing else of the CPU's block: a page of its own, so no secrets.
struct cpu_entry {
    struct trampoline trampolines[IST_COUNT + 1]; // by enum ist; SYSCALL pushes below .to, too
    uint64_t user_sp;                             // SYSCALL's only free word
    uint64_t gdt[8];
    struct tss tss;
};

struct cpu_arch {
    struct cpu_entry entry;
    uint8_t nothing_else[PAGE_SIZE - sizeof(struct cpu_entry)];
    struct cpu_arch *self;
    uint64_t kernel_sp; // where to return to when user mode is left
    uint64_t canary;    // of the stack in use: between a function's arrays and its return address
    struct user_state *user_state; // whose is in the CPU; null: nobody's
};

static_assert(offsetof(struct cpu_arch, entry.trampolines[0].cr3_mask) == CPU_TRAMPOLINE);
static_assert(offsetof(struct cpu_arch, entry.trampolines[0].to) == CPU_USER_PUSH);
static_assert(offsetof(struct cpu_arch, entry.user_sp) == CPU_USER_SP);
static_assert(offsetof(struct cpu_arch, self) == CPU_SELF);
static_assert(offsetof(struct cpu_arch, kernel_sp) == CPU_KERNEL_SP);
static_assert(offsetof(struct cpu_arch, canary) == CPU_CANARY);

// Finds out what cpu_features reports. Boot CPU, before its cpu_arch_init; the others are taken
// to be alike.
void cpu_features_init(void);

// The bits of a random number that make a canary: the low byte is zero, so that no string gets past
// one.
constexpr uint64_t CANARY_MASK = ~0xffull;

// Gives the running stack its canary (until then it is zero), by a caller that never returns.
void cpu_arch_set_canary(uint64_t canary);

// Loads GDT, TSS and GS, and turns on what cpu_features reports. Once for each CPU, before
// traps are set up. `cpu` lives as long as the CPU. GS points at a block already: its canary
// goes on.
void cpu_arch_init(struct cpu_arch *cpu);

// Puts in the jumps of entry.S that change tables on the way to user mode and back, and lets no
// translation outlive the change. Boot CPU, with the kernel's tables loaded; before the others
// start.
void cpu_arch_isolate(void);

// Sets the stack of an interrupt stack; `top` is 16-byte aligned and its highest 16 bytes are
// taken for the CPU's address and the trampoline's, which entry.S finds there.
void cpu_arch_set_ist(struct cpu_arch *cpu, enum ist which, uint64_t top);

#if __STDC_HOSTED__
// Unit tests supply these.
void user_access_begin(void);
void user_access_end(void);
struct cpu_arch *cpu_arch_this(void);
#else
// Access to user pages by the kernel, where SMAP forbids it otherwise. Pairs; keep short.
static inline void user_access_begin(void)
{
    if (cpu_features.smap)
        __asm__ volatile("stac" ::: "memory");
}

static inline void user_access_end(void)
{
    if (cpu_features.smap)
        __asm__ volatile("clac" ::: "memory");
}

// This CPU's block. Interrupts or preemption off, or the answer may be stale at once.
static inline struct cpu_arch *cpu_arch_this(void)
{
    struct cpu_arch *self;
    __asm__ volatile("mov %%gs:4096, %0" : "=r"(self)); // CPU_SELF
    return self;
}
#endif

// Copies `n` bytes; returns how many could not be copied because an address faulted. The
// caller brackets it with user_access_begin and _end if one side is user memory.
size_t copy_fallible(void *to, const void *from, size_t n);

// The same for one aligned word. False: a fault.
bool load_u32_fallible(const uint32_t *at, uint32_t *value);

// Sets `*at` to `value` if it is `*expected`, and `*expected` to what was there. False: a fault.
bool compare_swap_u32_fallible(uint32_t *at, uint32_t *expected, uint32_t value);

// Saves this stack's canary, callee-saved registers and stack pointer in `*save`, and goes on
// where `load` was saved. Interrupts off.
void stack_switch(uint64_t *save, uint64_t load);

// Prepares a stack for its first stack_switch: `entry(arg)` runs on it and never returns. `canary`
// is a random number's (CANARY_MASK). Returns what to load.
uint64_t stack_prepare(uint64_t top, void (*entry)(void *), void *arg, uint64_t canary);

// Why user mode was left.
enum user_exit : uint64_t {
    USER_EXIT_SYSCALL = 0,
    USER_EXIT_TRAP = 1, // regs->vector says which
};

// Where user mode's registers go from now on, on this CPU: 16-byte aligned. Interrupts off.
SLOW_PATH void user_enter_with(struct trap_regs *regs);

// Enters user mode with `regs`, which user_enter_with has been told of and which are updated when
// it is left. Interrupts off on both sides. `sysret` chooses the fast way back: rcx is rip and r11
// is rflags, as after a system call, and rip is below USER_END.
#if !__STDC_HOSTED__
static inline enum user_exit user_enter(struct trap_regs *regs, bool sysret)
{
    uint64_t why;
    __asm__ volatile("call user_enter_asm"
                     : "=a"(why), "+D"(regs), "+S"(sysret)
                     :
                     : "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
                       "memory", "cc");
    return (enum user_exit)why;
}
#endif

C_END
#endif
