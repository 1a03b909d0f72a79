// SPDX-License-Identifier: Apache-2.0
// A binary buddy allocator over page metadata. Pure: touches metadata, never page contents.
//
// Memory enters one chunk (a block of the largest order) at a time, and metadata of a chunk is
// written only when it enters. A machine's whole memory is thus not walked at boot; the rest
// follows as it is needed.
#pragma once
#include "kernel/frame/pmm/page_priv.h"

C_BEGIN

constexpr unsigned BUDDY_MAX_ORDER = 10;
constexpr uint64_t BUDDY_CHUNK = 1ull << BUDDY_MAX_ORDER; // pages

// Pages [start, end).
struct page_range {
    uint64_t start, end;
};

constexpr size_t BUDDY_RANGES_MAX = 64;

struct buddy {
    struct page *map; // metadata, by page number; covers whole chunks
    struct list free[BUDDY_MAX_ORDER + 1];
    uint32_t nonempty;   // bit n: free[n] is not empty
    uint64_t free_pages; // in the lists and still to enter
    uint64_t total_pages;
    struct page_range ranges[BUDDY_RANGES_MAX]; // ascending, disjoint
    size_t range_count;
    uint64_t next_chunk; // first chunk, by page number, that has not entered
};

// Takes over `ranges`: ascending, disjoint, at most BUDDY_RANGES_MAX. `map` need not be
// initialised; it covers every chunk that a range touches.
void buddy_init(struct buddy *b, struct page *map, const struct page_range *ranges, size_t count);

// Takes 2^order pages, aligned to that; their kind is set to `kind`. False if there is no such
// block.
bool buddy_alloc(struct buddy *b, unsigned order, enum page_kind kind, uint64_t *number);

// Gives back 2^order pages; any aligned part of what was allocated. Freeing what is free
// panics.
void buddy_free(struct buddy *b, uint64_t number, unsigned order);

C_END
