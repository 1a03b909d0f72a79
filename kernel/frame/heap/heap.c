// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/heap/heap.h"
#include "kernel/frame/base/mem.h"
#include "kernel/frame/heap/magazine.h"
#include "kernel/frame/pmm/alloc_fault.h"
#include "kernel/frame/pmm/page_priv.h"

// At the start of a slab; the objects follow.
struct slab {
    struct list link; // in the type's `partial`, while an object is free
    struct object *free;
    uint64_t out;     // objects that are not in the slab
    uint64_t used[4]; // atomic bits: objects handed out. Those out but not used are in magazines.
};

// A free object.
struct object {
    struct object *next;
};

// Suits any alignment that a type may ask for.
constexpr size_t HEADER = 64 + KASAN_REDZONE;
static_assert(sizeof(struct slab) <= HEADER - KASAN_REDZONE);

// Every object of 16 bytes has a bit.
static_assert((PAGE_SIZE - HEADER) / 16 <= 256);

static size_t slab_size(const struct heap_type *t) { return PAGE_SIZE << t->order; }

static struct slab *slab_of(const struct heap_type *t, const void *object)
{
    return (struct slab *)align_down((uint64_t)object, slab_size(t));
}

static struct slab *slab_create(struct heap_type *t) REQUIRES(lc_heap)
{
    struct page *page;
    if (page_alloc_kernel(t->order, &page) != ERR_OK)
        return nullptr;
    page->owner = (uint64_t)t;
    struct slab *slab = page_virt(page);
    // From the end, so that objects are handed out in ascending order.
    size_t objects = (slab_size(t) - HEADER) / t->stride * t->stride;
    for (size_t at = HEADER + objects; at > HEADER; at -= t->stride) {
        struct object *o = (struct object *)((char *)slab + at - t->stride);
        o->next = slab->free;
        slab->free = o;
    }
    list_push_front(&t->partial, &slab->link);
    heap_list_type(t);
    kasan_slab(slab, slab_size(t), HEADER - KASAN_REDZONE);
    return slab;
}

// Free objects' links, where nobody else may read or write.
NO_SANITIZE static struct object *next_of(const struct object *o) { return o->next; }
NO_SANITIZE static void set_next(struct object *o, struct object *next) { o->next = next; }

static void *take(struct heap_type *t) REQUIRES(lc_heap)
{
    struct slab *slab = LIST_ENTRY(t->partial.next, struct slab, link);
    if (list_is_empty(&t->partial)) {
        slab = slab_create(t);
        if (slab == nullptr)
            return nullptr;
    }
    struct object *o = slab->free;
    slab->free = next_of(o);
    slab->out++;
    t->live++;
    if (slab->free == nullptr)
        list_remove(&slab->link);
    return o;
}

uint32_t heap_take_batch(struct heap_type *t, void **objects, uint32_t count)
{
    if (alloc_fault_now())
        return 0;
    uint32_t taken = 0;
    heap_type_lock(t);
    // A new slab only if there is nothing else.
    while (taken < count && (taken == 0 || !list_is_empty(&t->partial))) {
        objects[taken] = take(t);
        if (objects[taken] == nullptr)
            break;
        taken++;
    }
    heap_type_unlock(t);
    return taken;
}

static void give_back(struct heap_type *t, struct object *o) REQUIRES(lc_heap)
{
    struct slab *slab = slab_of(t, o);
    if (slab->free == nullptr)
        list_push_front(&t->partial, &slab->link);
    set_next(o, slab->free);
    slab->free = o;
    slab->out--;
    t->live--;
    if (slab->out != 0 || t->forever)
        return;
    list_remove(&slab->link);
    struct page *page = page_at(virt_to_phys(slab));
    page->owner = 0;
    page_free_kernel(page, t->order);
}

void heap_give_batch(struct heap_type *t, void *const *objects, uint32_t count)
{
    heap_type_lock(t);
    for (uint32_t i = 0; i < count; i++)
        give_back(t, objects[i]);
    heap_type_unlock(t);
}

// The word and bit of an object that is handed out or just being freed. Panics if none begins
// there. Inline, or `bit` would be a local that needs a canary.
[[gnu::always_inline]] static inline uint64_t *used_word(const struct heap_type *t,
                                                         const void *object, uint64_t *bit)
{
    struct slab *slab = slab_of(t, object);
    const struct page *page = page_at(virt_to_phys(slab));
    ASSERT(page->kind == PAGE_KERNEL && page->owner == (uint64_t)t);
    // Before the first object the offset wraps around, and is too large.
    uint64_t offset = (uint64_t)object - (uint64_t)slab - HEADER;
    uint64_t index = offset / t->stride;
    ASSERT(offset % t->stride == 0 && offset <= slab_size(t) - HEADER - t->stride);
    *bit = 1ull << index % 64;
    return &slab->used[index / 64];
}

void *heap_alloc(struct heap_type *t)
{
    void *o = magazine_take(t);
    if (o == nullptr)
        return nullptr;
    uint64_t bit;
    uint64_t *used = used_word(t, o, &bit);
    uint64_t before = __atomic_fetch_or(used, bit, __ATOMIC_RELAXED);
    ASSERT((before & bit) == 0);
    kasan_object_alloc(t, o);
    memset(o, 0, t->forever ? sizeof(struct object) : t->size);
    return o;
}

void heap_free(struct heap_type *t, void *object)
{
    if (object == nullptr)
        return;
    kasan_object_check(t, object);
    uint64_t bit;
    uint64_t *used = used_word(t, object, &bit);
    uint64_t before = __atomic_fetch_and(used, ~bit, __ATOMIC_RELAXED);
    ASSERT((before & bit) != 0); // or it is freed twice
    if (kasan_object_free(&t, &object))
        magazine_put(t, object);
}
