// SPDX-License-Identifier: Apache-2.0
// Free objects at hand for each CPU. The heap's own header: callers use heap.h.
#pragma once
#include "kernel/frame/heap/heap.h"

C_BEGIN

// The most objects a magazine keeps; 0 switches them off, after heap_trim at once.
extern uint32_t heap_magazine_limit;

// The slabs as magazines see them: moves up to `count` objects, returns how many there were.
// Supplied by heap.c.
uint32_t heap_take_batch(struct heap_type *t, void **objects, uint32_t count) REQUIRES(lc_magazine);
void heap_give_batch(struct heap_type *t, void *const *objects, uint32_t count)
    REQUIRES(lc_magazine);

// Enters a type into the list that heap_trim goes through.
void heap_list_type(struct heap_type *t) REQUIRES(lc_heap);

// An object for the running CPU, null if there is none; and one back.
void *magazine_take(struct heap_type *t);
void magazine_put(struct heap_type *t, void *object);

C_END
