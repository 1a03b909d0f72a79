// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/pmm/page_cache.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/lock/lock_classes.h"
#include "kernel/frame/lock/spinlock.h"

constexpr uint32_t CACHE_PAGES = 2 * PMM_BATCH;

uint32_t page_cache_limit = CACHE_PAGES;

// The last freed is the first handed out: it may still be in the CPU's own caches. The lock is
// there for other CPUs that have run out of memory.
struct page_cache {
    struct spinlock lock;
    uint32_t count GUARDED_BY(lc_page_cache);
    struct page *pages[CACHE_PAGES] GUARDED_BY(lc_page_cache);
};
SPINLOCK_OPS(page_cache, struct page_cache, lock, lc_page_cache)

static PERCPU(struct page_cache, caches);

void page_cache_init(void)
{
    struct page_cache *c = percpu_this(caches);
    page_cache_lock(c);
    c->count = 0;
    page_cache_unlock(c);
}

// Fills an empty cache, as far as there is anything.
SLOW_PATH static void refill(struct page_cache *c) NO_LOCK_ANALYSIS
{
    c->count = pmm_take_batch(c->pages, page_cache_limit == 0 ? 1 : PMM_BATCH);
}

struct page *page_cache_take(void)
{
    // Should the task move to another CPU meanwhile, this cache serves as well.
    struct page_cache *c = percpu_this(caches);
    struct page *page = nullptr;
    page_cache_lock(c);
    if (unlikely(c->count == 0))
        refill(c);
    if (likely(c->count > 0))
        page = c->pages[--c->count];
    page_cache_unlock(c);
    return page;
}

// Puts a page into a full cache, whose oldest pages make room.
SLOW_PATH static void put_into_full(struct page_cache *c, struct page *page) NO_LOCK_ANALYSIS
{
    uint32_t n = c->count < PMM_BATCH ? c->count : PMM_BATCH;
    pmm_give_batch(c->pages, n);
    for (uint32_t i = n; i < c->count; i++)
        c->pages[i - n] = c->pages[i];
    c->count -= n;
    if (c->count < page_cache_limit)
        c->pages[c->count++] = page;
    else
        pmm_give_batch(&page, 1);
}

void page_cache_put(struct page *page)
{
    struct page_cache *c = percpu_this(caches);
    __atomic_store_n(&page->kind, PAGE_CACHED, __ATOMIC_RELAXED);
    kasan_page_free(page_virt(page), 1);
    page_cache_lock(c);
    if (likely(c->count < page_cache_limit))
        c->pages[c->count++] = page;
    else
        put_into_full(c, page);
    page_cache_unlock(c);
}

uint64_t page_cache_pages(void)
{
    uint64_t pages = 0;
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        struct page_cache *c = percpu_on(caches, cpu_block(cpu));
        page_cache_lock(c);
        pages += c->count;
        page_cache_unlock(c);
    }
    return pages;
}

void page_cache_drain(void)
{
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        struct page_cache *c = percpu_on(caches, cpu_block(cpu));
        page_cache_lock(c);
        pmm_give_batch(c->pages, c->count);
        c->count = 0;
        page_cache_unlock(c);
    }
}
