// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernel/linux/lock_classes.h"
#include "kernel/linux/mm/mm.h"

struct mm {
    struct refcount refs;
    struct vm_space *space; // constant
    uint64_t serial;        // constant
    uint32_t marks;         // atomic
    struct rwmutex lock;
    struct areas areas GUARDED_BY(lc_mm);
    uint64_t top GUARDED_BY(lc_mm); // of mappings that may go anywhere
    uint64_t brk_start GUARDED_BY(lc_mm), brk GUARDED_BY(lc_mm);
    struct mm_limits limits GUARDED_BY(lc_mm);
    uint8_t lock_future GUARDED_BY(lc_mm); // flags of what is mapped from now on: mlockall(2)
};
RWMUTEX_OPS(mm, struct mm, lock, lc_mm)

// Whether so many more pages of this kind are within the limits.
bool mm_may_have(const struct mm *mm, const struct area_kind *kind, uint64_t pages)
    REQUIRES_SHARED(lc_mm);

// Whether so many more pages of areas with these flags are: those that are locked.
bool mm_may_lock(const struct mm *mm, uint8_t flags, uint64_t pages) REQUIRES_SHARED(lc_mm);

// Whether a mapping may be there, whatever is there now.
bool mm_has_place(const struct mm *mm, uint64_t at, uint64_t size) REQUIRES_SHARED(lc_mm);

// Enters an area into a free range, with a reference of its own to the object; areas_join is to
// follow. ERR_NOMEM.
enum err mm_insert_area(struct mm *mm, uint64_t start, uint64_t end, struct area_kind kind)
    REQUIRES(lc_mm);

// Makes the ends of a range borders between areas. ERR_NOMEM.
enum err mm_split_ends(struct mm *mm, uint64_t start, uint64_t end) REQUIRES(lc_mm);

// Whether a large page may come where `at` is touched.
bool mm_may_be_large(const struct area *area, uint64_t at);

// Maps one there. False: small pages are or were there, or memory is too scarce.
bool mm_map_large(struct mm *mm, const struct area *area, uint64_t at) REQUIRES_SHARED(lc_mm);

// Drops the pages of a range.
void mm_drop_pages(struct mm *mm, uint64_t start, uint64_t end) REQUIRES_SHARED(lc_mm);

// Unmaps what is mapped in the range. ERR_NOMEM: no memory for a border, and nothing has changed.
enum err mm_unmap_range(struct mm *mm, uint64_t start, uint64_t end) REQUIRES(lc_mm);

// Brings the pages of what is mapped in the range, as far as that is possible.
void mm_populate_as_can_be(struct mm *mm, uint64_t start, uint64_t end) EXCLUDES(lc_mm);
