// SPDX-License-Identifier: Apache-2.0
// The shadow's memory, for what the kernel has mapped.
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/base/assert.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/pmm/buddy.h"
#include "kernel/frame/pmm/page_priv.h"
#include "kernel/frame/vmm/pt.h"
#include "kernel/frame/vmm/vmm.h"
#include "testing/sanitizer/kasan/kasan.h"

extern const char text_start[], image_end[];
extern void (*const constructors_start[])(void), (*const constructors_end[])(void);

constexpr unsigned LARGE_ORDER = 9; // 2 MiB
constexpr uint64_t LARGE_SIZE = PAGE_SIZE << LARGE_ORDER;

// Of all memory, this part in kernel virtual areas has a shadow; what is beyond is not checked.
constexpr uint64_t KVA_PART = 4;

uint64_t kva_covered_end = KVA_START;

static struct {
    uint64_t first, end;
} owned[BUDDY_RANGES_MAX];
static size_t owned_count;

// Pages that were allocated before there was a shadow, but for those of the shadow itself, which
// nobody is to touch by another address.
static struct {
    void *at;
    uint64_t pages;
} early[512];
static size_t early_count;
static bool for_shadow;

void shadow_write(uint64_t shadow, size_t count, uint8_t value)
{
    uint64_t at = (shadow - SHADOW_OFFSET) << 3;
    if (!sanitizer_running || at < KERNEL_HALF)
        return;
    if (at >= KVA_START && at < KVA_END) {
        uint64_t end = (uint64_t)shadow_of(kva_covered_end);
        if (shadow >= end)
            return;
        count = min_u64(count, end - shadow);
    }
    keel_memset((void *)shadow, value, count);
}

void shadow_poison(uint64_t at, uint64_t size, enum shadow why)
{
    shadow_write((uint64_t)shadow_of(at), size >> 3, why);
}

void shadow_unpoison(uint64_t at, uint64_t size)
{
    shadow_write((uint64_t)shadow_of(at), size >> 3, 0);
    if ((size & 7) != 0)
        shadow_write((uint64_t)shadow_of(at + size), 1, size & 7);
}

void kasan_own(uint64_t first, uint64_t end)
{
    ASSERT(owned_count < sizeof(owned) / sizeof(owned[0]));
    owned[owned_count].first = first;
    owned[owned_count++].end = end;
}

void kasan_page_alloc(void *at, uint64_t pages)
{
    if (sanitizer_running) {
        shadow_unpoison((uint64_t)at, pages * PAGE_SIZE);
    } else if (!sanitizer_stopped && !for_shadow) {
        ASSERT(early_count < sizeof(early) / sizeof(early[0]));
        early[early_count].at = at;
        early[early_count++].pages = pages;
    }
}

// ---- setting it up ---------------------------------------------------------------------------

static enum err map_block(uint64_t at, unsigned order)
{
    struct page *page;
    for_shadow = true;
    enum err err = page_alloc_kernel(order, &page);
    for_shadow = false;
    if (err != ERR_OK)
        return err;
    return pt_map_range(vmm_kernel_root(), at, page_paddr(page), PAGE_SIZE << order,
                        PTE_WRITE | PTE_NO_EXECUTE | PTE_GLOBAL, false);
}

static bool is_mapped(uint64_t at)
{
    const uint64_t *large = pt_find(vmm_kernel_root(), at, 2);
    const uint64_t *small = pt_find(vmm_kernel_root(), at, 1);
    return (large != nullptr && (*large & PTE_LARGE) != 0) || (small != nullptr && *small != 0);
}

// Gives [start, end) a shadow.
static bool cover(uint64_t start, uint64_t end)
{
    uint64_t at = align_down((uint64_t)shadow_of(start), PAGE_SIZE);
    uint64_t last = align_up((uint64_t)shadow_of(end - 1) + 1, PAGE_SIZE);
    while (at < last) {
        uint64_t step = PAGE_SIZE;
        const uint64_t *table = pt_find(vmm_kernel_root(), at, 2);
        bool large = at % LARGE_SIZE == 0 && last - at >= LARGE_SIZE &&
                     (table == nullptr || *table == 0) && map_block(at, LARGE_ORDER) == ERR_OK;
        if (large)
            step = LARGE_SIZE;
        else if (!is_mapped(at) && map_block(at, 0) != ERR_OK)
            return false;
        at += step;
    }
    return true;
}

static void run_constructors(void)
{
    for (void (*const *f)(void) = constructors_start; f < constructors_end; f++)
        (*f)();
}

bool kasan_start(const struct vmm_range *memory, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t end = min_u64(memory[i].end, DIRECT_MAP_SIZE);
        if (memory[i].start >= end)
            continue;
        total += end - memory[i].start;
        if (!cover(direct_map_start() + memory[i].start, direct_map_start() + end))
            return false;
    }
    kva_covered_end = KVA_START + align_down(total / KVA_PART, PAGE_SIZE * 8);
    if (!cover((uint64_t)text_start, (uint64_t)image_end) || !cover(KVA_START, kva_covered_end))
        return false;
    sanitizer_running = true;
    for (size_t i = 0; i < owned_count; i++)
        shadow_poison(direct_map_start() + owned[i].first * PAGE_SIZE,
                      (owned[i].end - owned[i].first) * PAGE_SIZE, SHADOW_FREE_PAGE);
    for (size_t i = 0; i < early_count; i++)
        shadow_unpoison((uint64_t)early[i].at, early[i].pages * PAGE_SIZE);
    run_constructors();
    return true;
}
