// SPDX-License-Identifier: Apache-2.0
// Kernel virtual areas: memory in a range of addresses of its own, with an unmapped guard page
// before and after it.
#pragma once
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/base/err.h"
#include "kernel/frame/base/list.h"

C_BEGIN

struct kva {
    struct list link; // all areas, by address
    uint64_t start;
    size_t pages;
    bool io; // maps device registers; there are no pages to free
};

// Fresh zeroed pages, writable and not executable. ERR_INVAL: none, or more than all areas can
// have. ERR_NOMEM.
enum err kva_alloc(size_t pages, struct kva **out);

// Device registers at `at`, uncached; `*mapped` is their address. They stay for ever. ERR_INVAL:
// as above, or not all of them at physical addresses that the CPU can have. ERR_NOMEM.
enum err kva_map_io(paddr_t at, size_t size, volatile void **mapped);

// Unmaps everywhere and frees: asks every CPU, so what is made and freed often is better kept.
// Interrupts on; not an area of kva_map_io.
void kva_free(struct kva *area);

static inline uint64_t kva_end(const struct kva *area)
{
    return area->start + area->pages * PAGE_SIZE;
}

C_END
