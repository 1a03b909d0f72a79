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

// Loads the interrupt descriptor table and masks the legacy interrupt controllers. All vectors
// run on the stack in use until trap_init_stacks.
void trap_init(void);

// Gives NMI, double fault, machine check and debug their interrupt stacks; cpu_arch_set_ist
// has been called for each.
void trap_init_stacks(void);

// Handles what may come at any time and is nobody's fault: NMI and interrupts. False if
// `vector` is an exception.
bool trap_handle_interrupt(uint64_t vector);

C_END
