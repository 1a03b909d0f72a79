// SPDX-License-Identifier: Apache-2.0
// Kernel objects by type. Each type has pages of its own (slabs), so freed memory of one type
// never becomes another's while a slab of it lives. Each CPU keeps a few free objects of each type
// at hand (its magazine; J. Bonwick, J. Adams, "Magazines and Vmem", 2001).
//
// Not from interrupt handlers; none sleeps.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/list.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/lock/lock_classes.h"
#include "kernel/frame/lock/spinlock.h"

C_BEGIN

constexpr size_t HEAP_OBJECT_MAX = 4096;
constexpr uint32_t HEAP_MAGAZINE_MAX = 7;

struct FRAME_PINNED heap_magazine {
    struct spinlock lock;
    uint32_t count GUARDED_BY(lc_magazine);
    void *objects[HEAP_MAGAZINE_MAX] GUARDED_BY(lc_magazine);
};
SPINLOCK_OPS(heap_magazine, struct heap_magazine, lock, lc_magazine)

// A type's slabs. Define one with HEAP_TYPE; the fields are the heap's own.
struct FRAME_PINNED heap_type {
    struct spinlock lock;
    uint32_t size;
    uint32_t stride; // from one object to the next
    uint32_t order;  // of a slab's pages
    bool forever;
    bool listed;                    // in the list of all types
    struct heap_magazine *magazine; // per CPU
    const char *name;
    struct list partial GUARDED_BY(lc_heap); // slabs with a free object
    size_t live GUARDED_BY(lc_heap);         // objects outside their slabs
    struct heap_type *next;
};
SPINLOCK_OPS(heap_type, struct heap_type, lock, lc_heap)

// The text before #type is the frame's own, so that the literal counts as the frame's.
#define HEAP_TYPE_WITH(variable, type, is_forever)                                                 \
    static_assert(sizeof(type) <= HEAP_OBJECT_MAX && alignof(type) <= 64);                         \
    static PERCPU(struct heap_magazine, variable##_magazine);                                      \
    static struct heap_type variable = {                                                           \
        .lock = {},                                                                                \
        .size = sizeof(type),                                                                      \
        .stride = (sizeof(type) + 15) / 16 * 16 + KASAN_REDZONE,                                   \
        .order = (sizeof(type) > 512) + (sizeof(type) > 1024) + (sizeof(type) > 2048),             \
        .forever = is_forever,                                                                     \
        .listed = false,                                                                           \
        .magazine = &variable##_magazine,                                                          \
        .name = "" #type,                                                                          \
        .partial = LIST_INIT(variable.partial),                                                    \
        .live = 0,                                                                                 \
        .next = nullptr,                                                                           \
    }

#define HEAP_TYPE(variable, type) HEAP_TYPE_WITH(variable, type, false)

// A type whose memory never becomes anything else, even when all its objects are freed: a pointer
// that has outlived its object still points to an object of that type. An object is zeroed when
// its memory is new, and has its last owner's values (but for the first 8 bytes) when it is not.
#define HEAP_TYPE_FOREVER(variable, type) HEAP_TYPE_WITH(variable, type, true)

// name_new() and name_delete() for objects of a type; as heap_alloc and heap_free.
#define HEAP_DEFINE(name, type)                                                                    \
    typedef type name##_object;                                                                    \
    HEAP_TYPE(name##_heap, type);                                                                  \
    [[maybe_unused]] static inline name##_object *name##_new(void)                                 \
    {                                                                                              \
        return (name##_object *)heap_alloc(&name##_heap);                                          \
    }                                                                                              \
    [[maybe_unused]] static inline void name##_delete(name##_object *object)                       \
    {                                                                                              \
        heap_free(&name##_heap, object);                                                           \
    }                                                                                              \
    static_assert(true)

// A zeroed object, aligned to 16 bytes, or to what its type asks for; null if there is no memory.
FRAME_ONLY void *heap_alloc(struct heap_type *type);

// Frees an object of that very type. Freeing another type's, an address where none begins, or
// twice panics. Null is ignored.
FRAME_ONLY void heap_free(struct heap_type *type, void *object);

// Empties all magazines, so that slabs with no object in use go back. For statistics.
void heap_trim(void);

// For tests of what callers make of it: lets the running task allocate `n` times more, objects and
// pages counted together, and fails the allocation after that. While it is on nothing is served
// from magazines or page caches. heap_fail_stop ends it: true if an allocation has failed.
void heap_fail_after(uint64_t n);
bool heap_fail_stop(void);

C_END
