// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/trap/extable.h"

// Both distances count from their own field.
struct entry {
    int32_t instruction;
    int32_t fixup;
};

// Set by the linker script.
extern const struct entry ex_table_start[], ex_table_end[];
extern const int32_t kcfi_traps_start[], kcfi_traps_end[];

static uint64_t target(const int32_t *distance)
{
    return (uint64_t)distance + (uint64_t)(int64_t)*distance;
}

bool extable_fixup(uint64_t *rip)
{
    for (const struct entry *e = ex_table_start; e < ex_table_end; e++) {
        if (target(&e->instruction) == *rip) {
            *rip = target(&e->fixup);
            return true;
        }
    }
    return false;
}

bool extable_is_call_check(uint64_t rip)
{
    for (const int32_t *t = kcfi_traps_start; t < kcfi_traps_end; t++) {
        if (target(t) == rip)
            return true;
    }
    return false;
}
