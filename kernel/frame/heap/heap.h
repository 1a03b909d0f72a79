// SPDX-License-Identifier: Apache-2.0
// Kernel objects by type. Each type has pages of its own (slabs), so freed memory of one type
// never becomes another's while a slab of it lives.
//
// May be called with interrupts off; none sleeps.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/list.h"

C_BEGIN

// A type's slabs. Define one with HEAP_TYPE; the fields are the heap's own.
struct heap_type {
    const char *name;
    size_t size;
    struct list partial; // slabs with a free object
    size_t live;         // objects handed out
};

#define HEAP_TYPE(variable, type)                                                                  \
    static_assert(sizeof(type) <= HEAP_OBJECT_MAX);                                                \
    static struct heap_type variable = {                                                           \
        .name = #type, .size = sizeof(type), .partial = LIST_INIT(variable.partial), .live = 0}

constexpr size_t HEAP_OBJECT_MAX = 1024;

// A zeroed object, 16-byte aligned; null if there is no memory.
void *heap_alloc(struct heap_type *type);

// Frees an object of that very type; another type's, or an address where none begins, panics.
// (Freeing twice does so only when the page has gone back.) Null is ignored.
void heap_free(struct heap_type *type, void *object);

C_END
