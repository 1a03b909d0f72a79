// SPDX-License-Identifier: Apache-2.0
// The physical memory manager's start. Its services are in page.h.
#pragma once
#include "kernel/frame/pmm/buddy.h"

C_BEGIN

// What pmm_init did with the memory it was given.
struct pmm_plan {
    uint64_t metadata_pages;
    uint64_t ignored_pages; // too far away: metadata up to there would not fit
};

// Takes over the memory in `ranges` (ascending, disjoint, at most BUDDY_RANGES_MAX; the array is
// changed), and puts the metadata into some of it, below `mapped_end`: the first page number
// that the direct map does not cover yet. ERR_NOMEM: there is too little.
enum err pmm_init(struct page_range *ranges, size_t count, uint64_t mapped_end,
                  struct pmm_plan *plan);

C_END
