// SPDX-License-Identifier: Apache-2.0
// Exceptions and interrupts while the kernel runs. (While a user program runs they end
// user_enter instead; see user/.)
//
// An exception in the kernel is a bug and panics, unless the instruction is one that may
// fault: then the exception table says where to go on (arch, MAY_FAULT in entry.S).
#pragma once
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/arch/x86_64/trap_regs.h"

C_BEGIN

// Makes the interrupt descriptor table, loads it, and masks the legacy interrupt controllers.
// All vectors run on the stack in use until trap_use_stacks. Boot CPU.
void trap_init(void);

// Loads the table on another CPU.
void trap_load(void);

// From now on NMI, double fault, machine check and debug have stacks of their own: each CPU's
// are set by cpu_arch_set_ist.
void trap_use_stacks(void);

// Calls `handler` for every interrupt with that vector, on the CPU that got it, with interrupts
// off. It acknowledges the interrupt itself. Before the first can come.
void trap_set_irq(int vector, void (*handler)(void));

// Handles what may come at any time and is nobody's fault: NMI and interrupts. False if
// `vector` is an exception. Interrupts off.
bool trap_handle_interrupt(uint64_t vector);

C_END
