// SPDX-License-Identifier: Apache-2.0
// Kernel objects by type. Each type has pages of its own (slabs), so freed memory of one type
// never becomes another's while a slab of it lives.
//
// Not from interrupt handlers; none sleeps.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/list.h"
#include "kernel/frame/lock/lock_classes.h"
#include "kernel/frame/lock/spinlock.h"

C_BEGIN

// A type's slabs. Define one with HEAP_TYPE; the fields are the heap's own.
struct heap_type {
    struct spinlock lock;
    const char *name;
    size_t size;
    bool forever;
    struct list partial GUARDED_BY(lc_heap); // slabs with a free object
    size_t live GUARDED_BY(lc_heap);         // objects handed out
};
SPINLOCK_OPS(heap_type, struct heap_type, lock, lc_heap)

#define HEAP_TYPE_WITH(variable, type, is_forever)                                                 \
    static_assert(sizeof(type) <= HEAP_OBJECT_MAX);                                                \
    static struct heap_type variable = {.lock = {},                                                \
                                        .name = #type,                                             \
                                        .size = sizeof(type),                                      \
                                        .forever = is_forever,                                     \
                                        .partial = LIST_INIT(variable.partial),                    \
                                        .live = 0}

#define HEAP_TYPE(variable, type) HEAP_TYPE_WITH(variable, type, false)

// A type whose memory never becomes anything else, even when all its objects are freed: a pointer
// that has outlived its object still points to an object of that type. An object is zeroed when
// its memory is new, and has its last owner's values (but for the first 8 bytes) when it is not.
#define HEAP_TYPE_FOREVER(variable, type) HEAP_TYPE_WITH(variable, type, true)

constexpr size_t HEAP_OBJECT_MAX = 1024;

// A zeroed object, 16-byte aligned; null if there is no memory.
void *heap_alloc(struct heap_type *type);

// Frees an object of that very type; another type's, or an address where none begins, panics.
// (Freeing twice does so only when the page has gone back.) Null is ignored.
void heap_free(struct heap_type *type, void *object);

C_END
