// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/pmm/pmm.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/mem.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/lock/lock_classes.h"
#include "kernel/frame/lock/spinlock.h"
#include "kernel/frame/pmm/alloc_fault.h"
#include "kernel/frame/pmm/page_cache.h"

struct page *page_map;

static struct {
    struct spinlock lock;
    struct buddy buddy GUARDED_BY(lc_pmm);
} pmm;

static void pmm_lock(void) NO_LOCK_ANALYSIS ACQUIRE(lc_pmm) { spin_lock(&pmm.lock, &lc_pmm); }
static void pmm_unlock(void) NO_LOCK_ANALYSIS RELEASE(lc_pmm) { spin_unlock(&pmm.lock, &lc_pmm); }

struct alloc_fault alloc_fault;

uint32_t pmm_take_batch(struct page **pages, uint32_t count)
{
    uint32_t taken = 0;
    uint64_t n;
    if (alloc_fault_now())
        return 0;
    pmm_lock();
    // One block of them all costs hardly more than a page.
    if (count == PMM_BATCH && buddy_alloc(&pmm.buddy, PMM_BATCH_ORDER, PAGE_CACHED, &n)) {
        // From the end, since the last is handed out first.
        for (; taken < PMM_BATCH; taken++)
            pages[taken] = &page_map[n + PMM_BATCH - 1 - taken];
    }
    while (taken < count && buddy_alloc(&pmm.buddy, 0, PAGE_CACHED, &n))
        pages[taken++] = &page_map[n];
    pmm_unlock();
    return taken;
}

void pmm_give_batch(struct page *const *pages, uint32_t count)
{
    pmm_lock();
    for (uint32_t i = 0; i < count; i++)
        buddy_free(&pmm.buddy, page_number(pages[i]), 0);
    pmm_unlock();
}

static bool take_block(unsigned order, enum page_kind kind, uint64_t *number)
{
    pmm_lock();
    bool ok = buddy_alloc(&pmm.buddy, order, kind, number);
    pmm_unlock();
    if (ok)
        kasan_page_alloc(page_virt(&page_map[*number]), 1ull << order);
    return ok;
}

// What is missing may lie in the CPUs' caches.
SLOW_PATH static struct page *take_block_or_drain(unsigned order, enum page_kind kind)
{
    uint64_t n;
    if (take_block(order, kind, &n))
        return &page_map[n];
    page_cache_drain();
    return take_block(order, kind, &n) ? &page_map[n] : nullptr;
}

static struct page *take_page(enum page_kind kind)
{
    struct page *page = page_cache_take();
    if (unlikely(page == nullptr))
        return alloc_fault.hit ? nullptr : take_block_or_drain(0, kind);
    __atomic_store_n(&page->kind, kind, __ATOMIC_RELAXED);
    kasan_page_alloc(page_virt(page), 1);
    return page;
}

static struct page *take(unsigned order, enum page_kind kind)
{
    if (order == 0)
        return take_page(kind);
    return alloc_fault_now() ? nullptr : take_block_or_drain(order, kind);
}

static void give_block(struct page *page, unsigned order)
{
    kasan_page_free(page_virt(page), 1ull << order);
    pmm_lock();
    buddy_free(&pmm.buddy, page_number(page), order);
    pmm_unlock();
}

static uint64_t metadata_pages(uint64_t end_page)
{
    return pages_for(align_up(end_page, BUDDY_CHUNK) * sizeof(struct page));
}

// The range to take metadata from: one that is mapped and large enough. Returns `count` if
// there is none.
static size_t metadata_home(const struct page_range *r, size_t count, uint64_t pages,
                            uint64_t mapped_end)
{
    for (size_t i = 0; i < count; i++) {
        if (r[i].start + pages <= min_u64(r[i].end, mapped_end))
            return i;
    }
    return count;
}

enum err pmm_init(struct page_range *ranges, size_t count, uint64_t mapped_end,
                  struct pmm_plan *plan)
{
    *plan = (struct pmm_plan){};
    // The array reaches from page 0 to the last page. A memory map with a far-off piece would
    // make it too large for this machine: then that piece is left out.
    for (; count > 0; count--) {
        struct page_range *last = &ranges[count - 1];
        uint64_t pages = metadata_pages(last->end);
        size_t home = metadata_home(ranges, count, pages, mapped_end);
        if (home == count) {
            plan->ignored_pages += last->end - last->start;
            continue;
        }
        plan->metadata_pages = pages;
        page_map = phys_to_virt((paddr_t){ranges[home].start << PAGE_SHIFT});
        ranges[home].start += pages;
        if (ranges[home].start == ranges[home].end) {
            count--;
            memmove(&ranges[home], &ranges[home + 1], (count - home) * sizeof(ranges[0]));
        }
        if (count == 0)
            return ERR_NOMEM;
        page_cache_init();
        pmm_lock();
        buddy_init(&pmm.buddy, page_map, ranges, count);
        pmm_unlock();
        return ERR_OK;
    }
    return ERR_NOMEM;
}

struct pmm_stats pmm_stats(void)
{
    uint64_t cached = page_cache_pages();
    pmm_lock();
    struct pmm_stats s = {.total = pmm.buddy.total_pages, .free = pmm.buddy.free_pages + cached};
    pmm_unlock();
    return s;
}

static unsigned order_for(size_t count)
{
    unsigned order = 0;
    while ((1ull << order) < count)
        order++;
    return order;
}

enum err page_alloc_kernel(unsigned order, struct page **out)
{
    struct page *page = take(order, PAGE_KERNEL);
    if (page == nullptr)
        return ERR_NOMEM;
    zero_pages(page_virt(page), 1ull << order);
    *out = page;
    return ERR_OK;
}

void page_free_kernel(struct page *page, unsigned order)
{
    ASSERT(page->kind == PAGE_KERNEL);
    if (order == 0)
        page_cache_put(page);
    else
        give_block(page, order);
}

enum err page_run_alloc(size_t count, enum page_fill fill, struct page_run *run)
{
    if (count == 0 || count > PAGE_RUN_MAX)
        return ERR_INVAL;
    unsigned order = order_for(count);
    struct page *first = take(order, PAGE_USER);
    if (first == nullptr)
        return ERR_NOMEM;
    // What the power of two has too much goes back at once, page by page.
    for (uint64_t i = count; i < 1ull << order; i++)
        page_cache_put(first + i);
    for (size_t i = 0; i < count; i++)
        __atomic_store_n(&first[i].refs, 1, __ATOMIC_RELAXED);
    if (fill == PAGE_ZERO)
        zero_pages(page_virt(first), count);
    *run = (struct page_run){.first = first, .count = count};
    return ERR_OK;
}

enum err page_alloc(enum page_fill fill, struct page **out)
{
    struct page *page = take_page(PAGE_USER);
    if (page == nullptr)
        return ERR_NOMEM;
    __atomic_store_n(&page->refs, 1, __ATOMIC_RELAXED);
    if (fill == PAGE_ZERO)
        zero_pages(page_virt(page), 1);
    *out = page;
    return ERR_OK;
}

void page_get(struct page *page)
{
    ASSERT(page->kind == PAGE_USER);
    uint32_t before = __atomic_fetch_add(&page->refs, 1, __ATOMIC_RELAXED);
    ASSERT(before != 0 && before != UINT32_MAX);
}

void page_put(struct page *page)
{
    ASSERT(page->kind == PAGE_USER);
    // Acquire and release: whoever frees the page sees what others did to it.
    uint32_t before = __atomic_fetch_sub(&page->refs, 1, __ATOMIC_ACQ_REL);
    ASSERT(before != 0);
    if (before == 1)
        page_cache_put(page);
}

uint32_t page_refs(const struct page *page)
{
    return __atomic_load_n(&page->refs, __ATOMIC_RELAXED);
}

void page_run_put(struct page_run *run)
{
    for (size_t i = 0; i < run->count; i++)
        page_put(&run->first[i]);
    *run = (struct page_run){};
}

struct page *page_run_get(const struct page_run *run, size_t i)
{
    ASSERT(i < run->count);
    page_get(&run->first[i]);
    return &run->first[i];
}

static enum err check_range(const struct page_run *run, size_t offset, size_t len)
{
    size_t size = run->count * PAGE_SIZE;
    return offset <= size && len <= size - offset ? ERR_OK : ERR_INVAL;
}

enum err page_run_write(const struct page_run *run, size_t offset, struct cspan from)
{
    enum err err = check_range(run, offset, from.len);
    if (err == ERR_OK && from.len > 0)
        memcpy((uint8_t *)page_virt(run->first) + offset, from.bytes, from.len);
    return err;
}

enum err page_run_read(const struct page_run *run, size_t offset, struct span to)
{
    enum err err = check_range(run, offset, to.len);
    if (err == ERR_OK && to.len > 0)
        memcpy(to.bytes, (const uint8_t *)page_virt(run->first) + offset, to.len);
    return err;
}

// Where a range of a page's bytes begins.
static uint8_t *page_bytes(const struct page *page, size_t offset, size_t len)
{
    ASSERT(page->kind == PAGE_USER && offset <= PAGE_SIZE && len <= PAGE_SIZE - offset);
    return (uint8_t *)page_virt(page) + offset;
}

void page_write(struct page *page, size_t offset, struct cspan from)
{
    uint8_t *to = page_bytes(page, offset, from.len);
    if (from.len > 0)
        memcpy(to, from.bytes, from.len);
}

void page_read(const struct page *page, size_t offset, struct span to)
{
    const uint8_t *from = page_bytes(page, offset, to.len);
    if (to.len > 0)
        memcpy(to.bytes, from, to.len);
}

void page_fill_zero(struct page *page, size_t offset, size_t len)
{
    memset(page_bytes(page, offset, len), 0, len);
}

void page_copy(struct page *to, const struct page *from)
{
    memcpy(page_bytes(to, 0, PAGE_SIZE), page_bytes(from, 0, PAGE_SIZE), PAGE_SIZE);
}
