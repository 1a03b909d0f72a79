// SPDX-License-Identifier: Apache-2.0
// Single free pages that each CPU keeps at hand, so that most allocations need neither the buddy
// allocator nor its lock. They count as free. A room's own header: callers use page.h.
#pragma once
#include "kernel/frame/pmm/page_priv.h"

C_BEGIN

// Pages that move between the caches and the allocator at a time.
constexpr unsigned PMM_BATCH_ORDER = 4;
constexpr uint32_t PMM_BATCH = 1u << PMM_BATCH_ORDER;

// The buddy allocator as the caches see it: moves up to `count` single pages, whose kind is
// PAGE_CACHED, and returns how many there were. Supplied by pmm.c.
uint32_t pmm_take_batch(struct page **pages, uint32_t count);
void pmm_give_batch(struct page *const *pages, uint32_t count);

// The most pages a cache keeps; 0 switches caching off, after page_cache_drain at once.
extern uint32_t page_cache_limit;

// Empties the running CPU's cache without giving anything back: for pmm_init.
void page_cache_init(void);

// A page for the running CPU; null: there is none in its cache or the allocator.
struct page *page_cache_take(void);

// Gives a page back, to the running CPU's cache.
void page_cache_put(struct page *page);

// Pages in all caches.
uint64_t page_cache_pages(void);

// Gives the pages of all caches back to the allocator.
void page_cache_drain(void);

C_END
