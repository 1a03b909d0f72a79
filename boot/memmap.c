// SPDX-License-Identifier: Apache-2.0
#include "boot/memmap.h"

void memmap_add(struct memmap *map, uint64_t start, uint64_t len, bool usable)
{
    if (len == 0)
        return;
    uint64_t end;
    if (__builtin_add_overflow(start, len, &end))
        end = UINT64_MAX;
    size_t i = map->count;
    if (i < MEMMAP_ENTRIES_MAX) {
        map->count++;
    } else {
        // What must not be used outweighs what may: it takes the place of the last of these.
        while (i > 0 && (usable || !map->entries[i - 1].usable))
            i--;
        if (i == 0)
            return;
        i--;
    }
    map->entries[i] = (struct memmap_entry){start, end, usable};
}

// The lowest usable region that ends above `from`: begins with an entry, then grows over all
// that overlap or touch it.
static bool next_usable(const struct memmap *map, uint64_t from, struct boot_range *out)
{
    bool found = false;
    for (size_t i = 0; i < map->count; i++) {
        const struct memmap_entry *e = &map->entries[i];
        if (!e->usable || e->end <= from)
            continue;
        if (!found || e->start < out->start)
            *out = (struct boot_range){max_u64(e->start, from), e->end};
        found = true;
    }
    for (bool grown = found; grown;) {
        grown = false;
        for (size_t i = 0; i < map->count; i++) {
            const struct memmap_entry *e = &map->entries[i];
            if (e->usable && e->start <= out->end && e->end > out->end) {
                out->end = e->end;
                grown = true;
            }
        }
    }
    return found;
}

size_t memmap_usable(const struct memmap *map, struct boot_range *regions, size_t max)
{
    struct boot_range all[MEMMAP_ENTRIES_MAX];
    size_t count = 0;
    uint64_t from = 0;
    struct boot_range r;
    while (count < MEMMAP_ENTRIES_MAX && next_usable(map, from, &r)) {
        from = r.end;
        all[count++] = r;
    }
    // Where one entry says usable and another does not, it is not.
    for (size_t i = 0; i < map->count; i++) {
        const struct memmap_entry *e = &map->entries[i];
        if (!e->usable)
            count = memmap_exclude(all, count, MEMMAP_ENTRIES_MAX, e->start, e->end);
    }
    size_t kept = 0;
    for (size_t i = 0; i < count && kept < max; i++) {
        uint64_t start = align_up(all[i].start, PAGE_SIZE);
        uint64_t end = align_down(all[i].end, PAGE_SIZE);
        if (start >= all[i].start && start < end)
            regions[kept++] = (struct boot_range){start, end};
    }
    return kept;
}

static size_t remove_region(struct boot_range *regions, size_t count, size_t i)
{
    for (; i + 1 < count; i++)
        regions[i] = regions[i + 1];
    return count - 1;
}

static size_t insert_region(struct boot_range *regions, size_t count, size_t i, struct boot_range r)
{
    for (size_t j = count; j > i; j--)
        regions[j] = regions[j - 1];
    regions[i] = r;
    return count + 1;
}

size_t memmap_exclude(struct boot_range *regions, size_t count, size_t max, uint64_t start,
                      uint64_t end)
{
    if (start >= end)
        return count;
    start = align_down(start, PAGE_SIZE);
    if (align_up(end, PAGE_SIZE) >= end)
        end = align_up(end, PAGE_SIZE);
    for (size_t i = 0; i < count;) {
        struct boot_range *r = &regions[i];
        struct boot_range below = {r->start, min_u64(r->end, start)};
        struct boot_range above = {max_u64(r->start, end), r->end};
        bool has_below = below.start < below.end, has_above = above.start < above.end;
        if (has_below && has_above && count == max) {
            has_below = below.end - below.start >= above.end - above.start;
            has_above = !has_below;
        }
        if (has_below && has_above) {
            *r = below;
            count = insert_region(regions, count, i + 1, above);
            return count;
        }
        if (!has_below && !has_above) {
            count = remove_region(regions, count, i);
            continue;
        }
        *r = has_below ? below : above;
        i++;
    }
    return count;
}
