// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/pmm/buddy.h"

void buddy_init(struct buddy *b, struct page *map, const struct page_range *ranges, size_t count)
{
    ASSERT(count <= BUDDY_RANGES_MAX);
    *b = (struct buddy){.map = map, .range_count = count};
    for (unsigned i = 0; i <= BUDDY_MAX_ORDER; i++)
        list_init(&b->free[i]);
    for (size_t i = 0; i < count; i++) {
        ASSERT(ranges[i].start < ranges[i].end);
        ASSERT(i == 0 || ranges[i - 1].end <= ranges[i].start);
        b->ranges[i] = ranges[i];
        b->total_pages += ranges[i].end - ranges[i].start;
    }
    b->free_pages = b->total_pages;
}

static void push(struct buddy *b, uint64_t number, unsigned order)
{
    struct page *page = &b->map[number];
    page->kind = PAGE_FREE;
    page->order = (uint8_t)order;
    list_push_front(&b->free[order], &page->link);
    b->nonempty |= 1u << order;
}

static void unlink(struct buddy *b, struct page *page, unsigned order)
{
    list_remove(&page->link);
    page->kind = PAGE_FREE_TAIL;
    if (list_is_empty(&b->free[order]))
        b->nonempty &= ~(1u << order);
}

// Puts a block on its list, merged with its buddy as often as that is free too.
static void release(struct buddy *b, uint64_t number, unsigned order)
{
    while (order < BUDDY_MAX_ORDER) {
        struct page *other = &b->map[number ^ 1ull << order];
        // Of a page that is handed out the kind changes without this allocator's lock.
        if (__atomic_load_n(&other->kind, __ATOMIC_RELAXED) != PAGE_FREE || other->order != order)
            break;
        unlink(b, other, order);
        number &= ~(1ull << order);
        order++;
    }
    push(b, number, order);
}

// The largest block that starts at `start`, ends by `end` and is aligned to its size.
static unsigned largest_order(uint64_t start, uint64_t end)
{
    unsigned order = BUDDY_MAX_ORDER;
    while (start & ((1ull << order) - 1) || (1ull << order) > end - start)
        order--;
    return order;
}

static void release_range(struct buddy *b, uint64_t start, uint64_t end)
{
    for (uint64_t n = start; n < end; n++)
        b->map[n].kind = PAGE_FREE_TAIL;
    while (start < end) {
        unsigned order = largest_order(start, end);
        release(b, start, order);
        start += 1ull << order;
    }
}

// Lets the next chunk with memory in it enter. False if all have.
static bool grow(struct buddy *b)
{
    for (size_t i = 0; i < b->range_count; i++) {
        if (b->ranges[i].end <= b->next_chunk)
            continue;
        uint64_t chunk = max_u64(b->next_chunk, align_down(b->ranges[i].start, BUDDY_CHUNK));
        b->next_chunk = chunk + BUDDY_CHUNK;
        for (uint64_t n = chunk; n < b->next_chunk; n++)
            b->map[n] = (struct page){.kind = PAGE_RESERVED};
        for (; i < b->range_count && b->ranges[i].start < b->next_chunk; i++)
            release_range(b, max_u64(b->ranges[i].start, chunk),
                          min_u64(b->ranges[i].end, b->next_chunk));
        return true;
    }
    return false;
}

bool buddy_alloc(struct buddy *b, unsigned order, enum page_kind kind, uint64_t *number)
{
    ASSERT(order <= BUDDY_MAX_ORDER);
    uint32_t fitting;
    while ((fitting = b->nonempty >> order << order) == 0) {
        if (!grow(b))
            return false;
    }
    unsigned have = (unsigned)__builtin_ctz(fitting);
    struct page *page = LIST_ENTRY(b->free[have].next, struct page, link);
    unlink(b, page, have);
    uint64_t n = (uint64_t)(page - b->map);
    // The upper halves go back until the block is as small as asked for.
    while (have > order) {
        have--;
        push(b, n + (1ull << have), have);
    }
    for (uint64_t i = 0; i < 1ull << order; i++)
        b->map[n + i].kind = kind;
    b->free_pages -= 1ull << order;
    *number = n;
    return true;
}

void buddy_free(struct buddy *b, uint64_t number, unsigned order)
{
    ASSERT(order <= BUDDY_MAX_ORDER && (number & ((1ull << order) - 1)) == 0);
    for (uint64_t i = 0; i < 1ull << order; i++) {
        struct page *page = &b->map[number + i];
        ASSERT(page->kind >= PAGE_CACHED && page->kind <= PAGE_KERNEL);
        page->kind = PAGE_FREE_TAIL;
    }
    b->free_pages += 1ull << order;
    release(b, number, order);
}
