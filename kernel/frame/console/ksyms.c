// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/console/ksyms.h"

const char *ksyms_find(const struct ksyms *table, uint64_t address, uint64_t *offset)
{
    const uint32_t *offsets = table->words, *names = offsets + table->count;
    // Invariant: entries before `low` begin at or below the address, those from `high` on above.
    uint32_t low = 0, high = table->count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (table->base + offsets[mid] <= address)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == 0 || address >= table->end)
        return nullptr;
    *offset = address - table->base - offsets[low - 1];
    return (const char *)(names + table->count) + names[low - 1];
}
