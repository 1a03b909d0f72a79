// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/heap/heap.h"
#include "kernel/frame/base/mem.h"
#include "kernel/frame/pmm/page_priv.h"

// At the start of a slab's page; the objects follow.
struct slab {
    struct list link; // in the type's `partial`, while an object is free
    struct object *free;
    uint32_t used;
};

// A free object.
struct object {
    struct object *next;
};

constexpr size_t ALIGN = 16;
constexpr size_t HEADER = (sizeof(struct slab) + ALIGN - 1) / ALIGN * ALIGN;

static size_t object_size(const struct heap_type *t)
{
    return align_up(max_u64(t->size, sizeof(struct object)), ALIGN);
}

// Whether an object begins at this offset in a slab's page.
static bool is_object(const struct heap_type *t, uint64_t offset)
{
    size_t size = object_size(t);
    return offset >= HEADER && (offset - HEADER) % size == 0 && offset + size <= PAGE_SIZE;
}

static struct slab *slab_create(struct heap_type *t) REQUIRES(lc_heap)
{
    struct page *page;
    if (page_alloc_kernel(0, &page) != ERR_OK)
        return nullptr;
    page->owner = (uint64_t)t;
    struct slab *slab = page_virt(page);
    size_t size = object_size(t);
    // From the end, so that objects are handed out in ascending order.
    for (size_t at = HEADER + (PAGE_SIZE - HEADER) / size * size; at > HEADER; at -= size) {
        struct object *o = (struct object *)((char *)slab + at - size);
        o->next = slab->free;
        slab->free = o;
    }
    list_push_front(&t->partial, &slab->link);
    return slab;
}

static void *take(struct heap_type *t) REQUIRES(lc_heap)
{
    struct slab *slab = LIST_ENTRY(t->partial.next, struct slab, link);
    if (list_is_empty(&t->partial)) {
        slab = slab_create(t);
        if (slab == nullptr)
            return nullptr;
    }
    struct object *o = slab->free;
    slab->free = o->next;
    slab->used++;
    t->live++;
    if (slab->free == nullptr)
        list_remove(&slab->link);
    return o;
}

void *heap_alloc(struct heap_type *t)
{
    heap_type_lock(t);
    void *o = take(t);
    heap_type_unlock(t);
    if (o != nullptr)
        memset(o, 0, t->forever ? sizeof(struct object) : t->size);
    return o;
}

// Gives an object back to its slab; returns the slab's page if that is to be freed.
static struct page *give_back(struct heap_type *t, struct page *page, struct object *o)
    REQUIRES(lc_heap)
{
    struct slab *slab = page_virt(page);
    ASSERT(slab->used > 0);
    if (slab->free == nullptr)
        list_push_front(&t->partial, &slab->link);
    o->next = slab->free;
    slab->free = o;
    slab->used--;
    t->live--;
    if (slab->used != 0 || t->forever)
        return nullptr;
    list_remove(&slab->link);
    page->owner = 0;
    return page;
}

void heap_free(struct heap_type *t, void *object)
{
    if (object == nullptr)
        return;
    uint64_t slab = align_down((uint64_t)object, PAGE_SIZE);
    struct page *page = page_at(virt_to_phys((void *)slab));
    ASSERT(page->kind == PAGE_KERNEL && page->owner == (uint64_t)t);
    ASSERT(is_object(t, (uint64_t)object - slab));
    heap_type_lock(t);
    page = give_back(t, page, object);
    heap_type_unlock(t);
    if (page != nullptr)
        page_free_kernel(page, 0);
}
