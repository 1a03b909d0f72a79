// SPDX-License-Identifier: Apache-2.0
// Exceptions, and what the CPU tells of a page fault.
#pragma once
#include "kernel/frame/base/types.h"

// SDM Vol. 3A, "Exception and Interrupt Vectors".
enum trap_vector : int {
    TRAP_DIVIDE = 0,
    TRAP_DEBUG = 1,
    TRAP_NMI = 2,
    TRAP_BREAKPOINT = 3,
    TRAP_INVALID_OPCODE = 6,
    TRAP_DOUBLE_FAULT = 8,
    TRAP_NOT_PRESENT = 11, // a segment that is not
    TRAP_STACK = 12,
    TRAP_GENERAL_PROTECTION = 13,
    TRAP_PAGE_FAULT = 14,
    TRAP_X87 = 16,
    TRAP_ALIGNMENT = 17,
    TRAP_MACHINE_CHECK = 18,
    TRAP_SIMD = 19,
    TRAP_IRQ_FIRST = 32, // everything from here on is an interrupt
    TRAP_VECTORS = 256,
};

// Of a page fault's error code (SDM Vol. 3A, "Page-Fault Exceptions").
constexpr uint64_t PAGE_FAULT_PRESENT = 1 << 0;
constexpr uint64_t PAGE_FAULT_WRITE = 1 << 1;
constexpr uint64_t PAGE_FAULT_USER = 1 << 2;
constexpr uint64_t PAGE_FAULT_FETCH = 1 << 4;
