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

// The parts of the table behind the functions' offsets, in order.
static const uint32_t *names_of(const struct ksyms *t) { return t->words + t->count; }
static const uint32_t *line_offsets_of(const struct ksyms *t) { return names_of(t) + t->count; }
static const uint32_t *places_of(const struct ksyms *t)
{
    return line_offsets_of(t) + t->line_count;
}
static const uint32_t *file_names_of(const struct ksyms *t) { return places_of(t) + t->line_count; }
static const char *texts_of(const struct ksyms *t)
{
    return (const char *)(file_names_of(t) + t->file_count);
}

const char *ksyms_find(const struct ksyms *table, uint64_t address, uint64_t *offset)
{
    uint32_t n = 0;
    if (covers(table, address))
        n = count_below(table->words, table->count, address - table->base);
    if (n == 0)
        return nullptr;
    *offset = address - table->base - table->words[n - 1];
    return texts_of(table) + names_of(table)[n - 1];
}

const char *ksyms_line(const struct ksyms *table, uint64_t address, uint32_t *line)
{
    uint32_t n = 0;
    if (covers(table, address))
        n = count_below(line_offsets_of(table), table->line_count, address - table->base);
    if (n == 0)
        return nullptr;
    uint32_t place = places_of(table)[n - 1];
    *line = place & ((1u << KSYMS_LINE_BITS) - 1);
    return texts_of(table) + file_names_of(table)[place >> KSYMS_LINE_BITS];
}
