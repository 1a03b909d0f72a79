// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/trap/trap_name.h"
#include "kernel/frame/arch/x86_64/trap_regs.h"

const char *trap_name(uint64_t vector)
{
    static const char *const names[TRAP_IRQ_FIRST] = {
        [0] = "divide error",
        [1] = "debug exception",
        [2] = "non-maskable interrupt",
        [3] = "breakpoint",
        [4] = "overflow",
        [5] = "bound range exceeded",
        [6] = "invalid opcode",
        [7] = "device not available",
        [8] = "double fault",
        [10] = "invalid TSS",
        [11] = "segment not present",
        [12] = "stack fault",
        [13] = "general protection fault",
        [14] = "page fault",
        [16] = "x87 floating-point error",
        [17] = "alignment check",
        [18] = "machine check",
        [19] = "SIMD floating-point error",
        [20] = "virtualization exception",
        [21] = "control protection exception",
    };
    if (vector >= TRAP_IRQ_FIRST)
        return "interrupt";
    return names[vector] != nullptr ? names[vector] : "reserved exception";
}
