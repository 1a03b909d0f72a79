// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/heap/magazine.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/pmm/alloc_fault.h"
#include "kernel/frame/pmm/page_cache.h"

constexpr uint32_t BATCH = 4;

// Host programs count objects and pages one by one, and have none at hand unless they ask for it.
uint32_t heap_magazine_limit = __STDC_HOSTED__ ? 0 : HEAP_MAGAZINE_MAX;

// All types that have ever had a slab. Only ever grows, at its head.
static struct heap_type *types;

void heap_list_type(struct heap_type *t)
{
    if (t->listed)
        return;
    t->listed = true;
    t->next = __atomic_load_n(&types, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&types, &t->next, t, false, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
        continue;
}

// Fills an empty magazine, as far as there is anything.
SLOW_PATH static void refill(struct heap_type *t, struct heap_magazine *m) NO_LOCK_ANALYSIS
{
    m->count = heap_take_batch(t, m->objects, heap_magazine_limit == 0 ? 1 : BATCH);
}

void *magazine_take(struct heap_type *t)
{
    // Should the task move to another CPU meanwhile, this magazine serves as well.
    struct heap_magazine *m = percpu_this(*t->magazine);
    void *object = nullptr;
    heap_magazine_lock(m);
    if (unlikely(m->count == 0))
        refill(t, m);
    if (likely(m->count > 0))
        object = m->objects[--m->count];
    heap_magazine_unlock(m);
    return object;
}

// Puts an object into a full magazine, whose oldest objects make room.
SLOW_PATH static void put_into_full(struct heap_type *t, struct heap_magazine *m,
                                    void *object) NO_LOCK_ANALYSIS
{
    uint32_t n = m->count < BATCH ? m->count : BATCH;
    heap_give_batch(t, m->objects, n);
    for (uint32_t i = n; i < m->count; i++)
        m->objects[i - n] = m->objects[i];
    m->count -= n;
    if (m->count < heap_magazine_limit)
        m->objects[m->count++] = object;
    else
        heap_give_batch(t, &object, 1);
}

void magazine_put(struct heap_type *t, void *object)
{
    struct heap_magazine *m = percpu_this(*t->magazine);
    heap_magazine_lock(m);
    if (likely(m->count < heap_magazine_limit))
        m->objects[m->count++] = object;
    else
        put_into_full(t, m, object);
    heap_magazine_unlock(m);
}

static void empty(struct heap_type *t, struct heap_magazine *m)
{
    heap_magazine_lock(m);
    heap_give_batch(t, m->objects, m->count);
    m->count = 0;
    heap_magazine_unlock(m);
}

void heap_trim(void)
{
    kasan_quarantine_empty();
    struct heap_type *t = __atomic_load_n(&types, __ATOMIC_ACQUIRE);
    for (; t != nullptr; t = t->next) {
        for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
            empty(t, percpu_on(*t->magazine, cpu_block(cpu)));
    }
}

// What each was before.
static uint32_t magazine_limit_before, page_limit_before;

void heap_fail_after(uint64_t n)
{
    magazine_limit_before = heap_magazine_limit;
    page_limit_before = page_cache_limit;
    heap_magazine_limit = 0;
    page_cache_limit = 0;
    heap_trim();
    page_cache_drain();
    alloc_fault = (struct alloc_fault){.task = cpu_read(current), .left = n};
}

bool heap_fail_stop(void)
{
    bool hit = alloc_fault.hit;
    alloc_fault = (struct alloc_fault){};
    heap_magazine_limit = magazine_limit_before;
    page_cache_limit = page_limit_before;
    return hit;
}
