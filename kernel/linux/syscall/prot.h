// SPDX-License-Identifier: Apache-2.0
// Permissions as calls have them. The room's own.
#pragma once
#include "kernel/frame/frame.h"
#include <linux/mman.h>

C_BEGIN

// Of PROT_ flags; others are not looked at. Reading comes with writing and executing, since the CPU
// cannot forbid it.
static inline uint8_t prot_decode(uint64_t prot)
{
    bool any = (prot & (PROT_READ | PROT_WRITE | PROT_EXEC)) != 0;
    return (uint8_t)((any ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
                     (prot & PROT_EXEC ? VM_EXEC : 0));
}

C_END
