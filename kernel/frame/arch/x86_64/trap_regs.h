// SPDX-License-Identifier: Apache-2.0
// The registers as a trap leaves them in memory, shared by entry.S and C.
#pragma once

// Offsets for assembly; the assertions below hold them to the structures.
#define REGS_VECTOR 120
#define REGS_RIP 136
#define REGS_CS 144
#define REGS_RFLAGS 152
#define REGS_RSP 160
#define REGS_SIZE 176

#define REGS_RCX 96
#define REGS_R11 32
#define REGS_RAX 112

#ifndef __ASSEMBLER__
#include "kernel/frame/arch/x86_64/trap_vector.h"
#include "kernel/frame/base/types.h"

// General registers in the order entry.S pushes them (downwards from rax), then what the CPU
// pushes (SDM Vol. 3A, "64-Bit Mode Stack Frame").
struct trap_regs {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector;
    uint64_t error; // zero where the vector has none
    uint64_t rip, cs, rflags, rsp, ss;
};

static_assert(offsetof(struct trap_regs, vector) == REGS_VECTOR);
static_assert(offsetof(struct trap_regs, rip) == REGS_RIP);
static_assert(offsetof(struct trap_regs, cs) == REGS_CS);
static_assert(offsetof(struct trap_regs, rflags) == REGS_RFLAGS);
static_assert(offsetof(struct trap_regs, rsp) == REGS_RSP);
static_assert(offsetof(struct trap_regs, rcx) == REGS_RCX);
static_assert(offsetof(struct trap_regs, r11) == REGS_R11);
static_assert(offsetof(struct trap_regs, rax) == REGS_RAX);
static_assert(sizeof(struct trap_regs) == REGS_SIZE);
#endif
