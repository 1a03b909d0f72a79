// SPDX-License-Identifier: Apache-2.0
// Arrays of one type whose length is found at run time. An index is checked, always.
//
//     ARRAY_DEFINE(slots, struct slot)
//     struct slots s = {};                              // all zero is empty
//     if (slots_resize(&s, 64) != ERR_OK) ...
//     slots_at(&s, i)->file = file;
//     slots_free(&s);
//
// The elements move when the array is resized: nobody keeps a pointer to one. Callers see to
// locking. Not from interrupt handlers.
#pragma once
#include "kernel/frame/base/assert.h"
#include "kernel/frame/base/span.h"

C_BEGIN

struct FRAME_PINNED array {
    void *items;
    size_t count;
    unsigned order; // of its pages
};

// For ARRAY_DEFINE, where `element` is null and has the type. ERR_NOMEM, also if it would be larger
// than 4 MiB; the array is as it was.
FRAME_ONLY enum err array_resize(struct array *a, size_t count, size_t item_size,
                                 const void *element FRAME_MOVES);
FRAME_ONLY void array_free(struct array *a);

// An element that must stay in place (FRAME_PINNED) does not compile: have an array of pointers.
#define ARRAY_DEFINE(name, type)                                                                   \
    struct FRAME_PINNED name {                                                                     \
        struct array array;                                                                        \
    };                                                                                             \
    [[maybe_unused]] static inline size_t name##_count(const struct name *a)                       \
    {                                                                                              \
        return a->array.count;                                                                     \
    }                                                                                              \
    [[maybe_unused]] static inline type *name##_at(const struct name *a, size_t i)                 \
    {                                                                                              \
        ASSERT(i < a->array.count);                                                                \
        return (type *)a->array.items + i;                                                         \
    }                                                                                              \
    /* New elements are all zero. */                                                               \
    [[maybe_unused]] static inline enum err name##_resize(struct name *a, size_t count)            \
    {                                                                                              \
        return array_resize(&a->array, count, sizeof(type), (type *)nullptr);                      \
    }                                                                                              \
    [[maybe_unused]] static inline void name##_free(struct name *a) { array_free(&a->array); }     \
    static_assert(alignof(type) <= 64)

// Bytes.
ARRAY_DEFINE(byte_array, uint8_t);

static inline struct span byte_array_span(const struct byte_array *b)
{
    return span_make(b->array.items, b->array.count);
}

C_END
