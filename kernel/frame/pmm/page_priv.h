// SPDX-License-Identifier: Apache-2.0
// What a page handle is. For frame rooms that place pages into page tables or use them as
// kernel memory.
#pragma once
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/base/list.h"
#include "kernel/frame/pmm/page.h"

C_BEGIN

enum page_kind : uint8_t {
    PAGE_RESERVED = 0, // never the allocator's: firmware, the image, holes
    PAGE_FREE,         // in the buddy allocator; of a block, the first page only
    PAGE_FREE_TAIL,    // the other pages of a free block
    PAGE_CACHED,       // free, kept at hand for one CPU (page_cache.h)
    PAGE_USER,         // handed out by page_alloc: may be mapped into user space
    PAGE_KERNEL,       // page tables, stacks, heap: never mapped into user space
};

// Metadata of one page, in an array indexed by page number.
struct page {
    struct list link;    // PAGE_FREE: the free list. PAGE_KERNEL: the owner's
    uint32_t refs;       // atomic; PAGE_USER only
    enum page_kind kind; // written atomically while handed out
    uint8_t order;       // PAGE_FREE: of the block
    uint64_t owner;
};

// The metadata array. Set once by pmm_init.
extern struct page *page_map;

static inline uint64_t page_number(const struct page *page) { return (uint64_t)(page - page_map); }

static inline paddr_t page_paddr(const struct page *page)
{
    paddr_t p = {page_number(page) << PAGE_SHIFT};
    return p;
}

static inline void *page_virt(const struct page *page) { return phys_to_virt(page_paddr(page)); }

// The page at a physical address that the allocator handed out.
static inline struct page *page_at(paddr_t at) { return &page_map[at.raw >> PAGE_SHIFT]; }

// 2^order contiguous zeroed pages of kind PAGE_KERNEL, aligned to their size, with no
// reference count. ERR_NOMEM.
enum err page_alloc_kernel(unsigned order, struct page **out);

// Gives them back; `order` as allocated.
void page_free_kernel(struct page *page, unsigned order);

C_END
