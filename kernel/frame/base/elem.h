// SPDX-License-Identifier: Apache-2.0
// Arrays of fixed length. The compiler checks array[i] where the element's value is read or
// written; ELEM(array, i) is an element that may also be copied as a structure, counted up, or
// pointed to.
#pragma once
#include "kernel/frame/base/assert.h"
#include <stddef.h>

C_BEGIN

// How many elements an array has. A pointer does not compile.
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]) + ARRAY_OR_ERROR(array))

// The element, as an lvalue. Beyond the end is a bug of the caller's: panics.
#define ELEM(array, i) ((array)[array_index((i), COUNT_OF(array))])

// Zero.
#ifdef __cplusplus
#define ARRAY_OR_ERROR(array) 0
#else
#define ARRAY_OR_ERROR(array)                                                                      \
    (0 * sizeof(struct {                                                                           \
         static_assert(!__builtin_types_compatible_p(__typeof__(array), __typeof__(&(array)[0])),  \
                       "this is a pointer, not an array");                                         \
         int unused;                                                                               \
     }))
#endif

static inline size_t array_index(size_t i, size_t count)
{
    ASSERT(i < count);
    return i;
}

C_END
