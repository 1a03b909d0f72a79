// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/console/ksyms.h"

// How many of the ascending `offsets` are at or below `offset`.
static uint32_t count_below(const uint32_t *offsets, uint32_t count, uint64_t offset)
{
    // Invariant: entries before `low` begin at or below the offset, those from `high` on above.
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (offsets[mid] <= offset)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool covers(const struct ksyms *table, uint64_t address)
{
    return address >= table->base && address < table->end;
}

const char *ksyms_find(const struct ksyms *table, uint64_t address, uint64_t *offset)
{
    uint32_t n = 0;
    if (covers(table, address))
        n = count_below(table->offsets, table->count, address - table->base);
    if (n == 0)
        return nullptr;
    *offset = address - table->base - table->offsets[n - 1];
    return table->strings + table->names[n - 1];
}

const char *ksyms_line(const struct ksyms *table, uint64_t address, uint32_t *line)
{
    uint32_t n = 0;
    if (covers(table, address))
        n = count_below(table->line_offsets, table->line_count, address - table->base);
    if (n == 0)
        return nullptr;
    *line = table->lines[n - 1];
    return table->strings + table->file_names[table->files[n - 1]];
}
