// SPDX-License-Identifier: Apache-2.0
// Printing where the kernel is. Any context, also with a broken stack: every word is read in
// a way that may fault.
#pragma once
#include "kernel/frame/arch/x86_64/trap_regs.h"

// The source file and line of an instruction of the kernel. Where there is none the name says so,
// and the line stays as it is.
const char *backtrace_line(uint64_t rip, uint32_t *line);

// Prints the return addresses of the frames that `frame_pointer` heads, with their names.
void backtrace_print(uint64_t frame_pointer);

// Prints all registers, and a backtrace from the instruction they stand at.
void backtrace_print_regs(const struct trap_regs *regs);
