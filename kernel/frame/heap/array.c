// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/heap/array.h"
#include "kernel/frame/base/mem.h"
#include "kernel/frame/pmm/buddy.h"
#include "kernel/frame/pmm/page_priv.h"

static size_t capacity(const struct array *a)
{
    return a->items != nullptr ? PAGE_SIZE << a->order : 0;
}

void array_free(struct array *a)
{
    if (a->items != nullptr)
        page_free_kernel(page_at(virt_to_phys(a->items)), a->order);
    *a = (struct array){};
}

enum err array_resize(struct array *a, size_t count, size_t item_size, const void *)
{
    size_t used = a->count * item_size, size;
    if (__builtin_mul_overflow(count, item_size, &size))
        return ERR_NOMEM;
    if (size > capacity(a)) {
        unsigned order = 0;
        while (order <= BUDDY_MAX_ORDER && PAGE_SIZE << order < size)
            order++;
        struct page *page;
        if (order > BUDDY_MAX_ORDER || page_alloc_kernel(order, &page) != ERR_OK)
            return ERR_NOMEM;
        struct array bigger = {.items = page_virt(page), .count = a->count, .order = order};
        if (used > 0)
            memcpy(bigger.items, a->items, used);
        array_free(a);
        *a = bigger;
    }
    // Whatever is behind the end is zero.
    if (size < used)
        memset((char *)a->items + size, 0, used - size);
    a->count = count;
    if (count == 0)
        array_free(a);
    return ERR_OK;
}
