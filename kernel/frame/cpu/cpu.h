// SPDX-License-Identifier: Apache-2.0
// The block of data that each CPU has for itself; GS points at it in the kernel.
#pragma once
#include "kernel/frame/arch/x86_64/cpu.h"

C_BEGIN

struct task;

struct cpu {
    struct cpu_arch arch; // first: entry.S and cpu_arch_this know it by address
    uint32_t id;
    struct task *current;    // the running task; null in the boot and idle context
    struct vm_space *active; // the address space in CR3; null while it is the kernel's own
};

// The boot CPU's block.
extern struct cpu cpu_boot;

// This CPU's block.
static inline struct cpu *cpu_this(void) { return (struct cpu *)cpu_arch_this(); }

C_END
