// SPDX-License-Identifier: Apache-2.0
// Heap objects, pages and stacks as they come and go.
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/heap/magazine.h"
#include "testing/sanitizer/kasan/kasan.h"

static_assert(sizeof(struct object_trace) <= KASAN_REDZONE);

static struct object_trace *trace_of(const struct heap_type *t, const void *object)
{
    return (struct object_trace *)((uint64_t)object + t->stride - KASAN_REDZONE);
}

// ---- quarantine ------------------------------------------------------------------------------

// Freed objects wait here for as many others to be freed, so that a use after free finds them so.
constexpr uint32_t QUARANTINE = 512;

static struct {
    struct heap_type *type;
    void *object;
} quarantine[QUARANTINE];
static uint32_t next; // where the oldest is, and the next goes
static bool locked;

// A lock that is not checked itself.
static uint64_t quarantine_lock(void)
{
    uint64_t flags = irq_save();
    while (__atomic_exchange_n(&locked, true, __ATOMIC_ACQUIRE))
        cpu_pause();
    return flags;
}

static void quarantine_unlock(uint64_t flags)
{
    __atomic_store_n(&locked, false, __ATOMIC_RELEASE);
    irq_restore(flags);
}

// Puts one in, and takes out who was there. False if nobody was.
static bool exchange(uint32_t slot, struct heap_type **type, void **object)
{
    struct heap_type *old_type = quarantine[slot].type;
    void *old_object = quarantine[slot].object;
    quarantine[slot].type = *type;
    quarantine[slot].object = *object;
    *type = old_type;
    *object = old_object;
    return old_object != nullptr;
}

bool kasan_object_free(struct heap_type **type, void **object)
{
    struct heap_type *t = *type;
    // Of a type that is for ever, old pointers may be used.
    if (t->forever)
        return true;
    trace_take(&trace_of(t, *object)->freed, __builtin_frame_address(0));
    shadow_poison((uint64_t)*object, align_up(t->size, 8), SHADOW_FREED);
    uint64_t flags = quarantine_lock();
    bool out = exchange(next, type, object);
    next = (next + 1) % QUARANTINE;
    quarantine_unlock(flags);
    return out;
}

void kasan_quarantine_empty(void)
{
    for (uint32_t slot = 0; slot < QUARANTINE; slot++) {
        struct heap_type *type = nullptr;
        void *object = nullptr;
        uint64_t flags = quarantine_lock();
        bool out = exchange(slot, &type, &object);
        quarantine_unlock(flags);
        if (out)
            magazine_put(type, object);
    }
}

// ---- objects ---------------------------------------------------------------------------------

void kasan_slab(void *slab, size_t size, size_t header)
{
    shadow_poison((uint64_t)slab + header, size - header, SHADOW_REDZONE);
}

void kasan_object_alloc(const struct heap_type *t, void *object)
{
    struct object_trace *trace = trace_of(t, object);
    trace_take(&trace->allocated, __builtin_frame_address(0));
    trace->freed.pc[0] = 0;
    shadow_unpoison((uint64_t)object, t->size);
}

void kasan_object_check(const struct heap_type *t, const void *object)
{
    if (sanitizer_running && (uint8_t)shadow_at((uint64_t)object) == SHADOW_FREED)
        report_double_free(t, object);
}

// ---- pages -----------------------------------------------------------------------------------

constexpr uint32_t FREED_MAX = 1024;

static struct {
    uint64_t at, end;
    struct trace by;
} freed[FREED_MAX]; // the last ones
static uint32_t freed_count;

void kasan_page_free(void *at, uint64_t pages)
{
    if (!sanitizer_running)
        return;
    uint32_t n = __atomic_fetch_add(&freed_count, 1, __ATOMIC_RELAXED) % FREED_MAX;
    freed[n].at = (uint64_t)at;
    freed[n].end = (uint64_t)at + pages * PAGE_SIZE;
    trace_take(&freed[n].by, __builtin_frame_address(0));
    shadow_poison((uint64_t)at, pages * PAGE_SIZE, SHADOW_FREE_PAGE);
}

const struct trace *page_freed_by(uint64_t at)
{
    for (uint32_t i = 1; i <= FREED_MAX; i++) {
        uint32_t n = (freed_count - i) % FREED_MAX;
        if (at >= freed[n].at && at < freed[n].end)
            return &freed[n].by;
    }
    return nullptr;
}

// ---- stacks ----------------------------------------------------------------------------------

void kasan_stack_alloc(uint64_t start, uint64_t end) { shadow_unpoison(start, end - start); }

void kasan_stack_free(uint64_t start, uint64_t end)
{
    shadow_poison(start, end - start, SHADOW_OLD_STACK);
}
