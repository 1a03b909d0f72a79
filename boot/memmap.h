// SPDX-License-Identifier: Apache-2.0
// From a firmware's memory map to memory that can be used. The map is not to be trusted: its
// entries may overlap, be out of order, wrap around or describe nothing.
#pragma once
#include "boot/boot_info.h"

C_BEGIN

// Entries as the firmware gave them.
constexpr size_t MEMMAP_ENTRIES_MAX = 128;

struct memmap_entry {
    uint64_t start, end; // bytes; entries that wrap are cut at the top
    bool usable;
};

struct memmap {
    size_t count;
    struct memmap_entry entries[MEMMAP_ENTRIES_MAX];
};

// Adds an entry of `len` bytes; nothing if that is zero. When there is no room for one more,
// usable entries are the ones to go.
void memmap_add(struct memmap *map, uint64_t start, uint64_t len, bool usable);

// Writes what is usable by every entry that speaks of it into `regions`: ascending, disjoint,
// merged where adjacent, cut inward to whole pages. Returns how many; what is beyond `max`
// regions is left out, the highest first.
size_t memmap_usable(const struct memmap *map, struct boot_range *regions, size_t max);

// Takes [start, end), widened to whole pages, out of `regions`; returns the new count. An empty
// range takes nothing. When a region would have to be split and there is no room for one more,
// the smaller part is lost.
size_t memmap_exclude(struct boot_range *regions, size_t count, size_t max, uint64_t start,
                      uint64_t end);

C_END
