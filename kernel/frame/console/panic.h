// SPDX-License-Identifier: Apache-2.0
// The end: a message, registers, a backtrace, and the machine stops with PANIC_STATUS.
// panic() itself is declared in base/assert.h, for rooms below this one.
#pragma once
#include "kernel/frame/arch/x86_64/trap_regs.h"
#include "kernel/frame/base/cdefs.h"

// The status of a machine whose kernel gave up: a shell's for a program killed by SIGABRT.
constexpr int PANIC_STATUS = 128 + 6;

// What stops the other CPUs with an NMI each, so that only one speaks. Supplied by smp/ once
// there are any.
void panic_set_stop(void (*stop_others)(void));

// For the NMI handler: never returns if another CPU panics.
void panic_stop_if_asked(void);

// As panic(), for a trap in the kernel: prints the registers it left. Any context.
[[noreturn]] void panic_regs(const struct trap_regs *regs, const char *format, ...)
    PRINTF_LIKE(2, 3);
