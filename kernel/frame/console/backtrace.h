// SPDX-License-Identifier: Apache-2.0
// Printing where the kernel is. Any context, also with a broken stack: every word is read in
// a way that may fault.
#pragma once
#include "kernel/frame/arch/x86_64/trap_regs.h"

// Prints the return addresses of the frames that `frame_pointer` heads, with their names.
// `rip`, where it is not zero, is printed first as the innermost frame.
void backtrace_print(uint64_t rip, uint64_t frame_pointer);

// Prints all registers, and the function rip is in.
void backtrace_print_regs(const struct trap_regs *regs);
