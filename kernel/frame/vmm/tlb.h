// SPDX-License-Identifier: Apache-2.0
// Making CPUs forget translations, in batches: issue what has changed, then sync. A page is put
// only when no CPU can reach it any more.
//
// Preemption is off from the first issue until the sync; not from interrupt handlers, and not
// while holding a lock that another CPU takes with interrupts off.
#pragma once
#include "kernel/frame/pmm/page_priv.h"

C_BEGIN

struct vm_space;

// Beyond so many addresses forgetting everything is cheaper.
constexpr size_t TLB_ADDRESSES_MAX = 32;

struct tlb_batch {
    struct vm_space *space; // null: the kernel's half, which every CPU has
    uint64_t change;        // of the space, of all that it has had
    bool all;               // more addresses than fit
    size_t address_count, page_count;
    uint64_t addresses[TLB_ADDRESSES_MAX];
    struct {
        struct page *first;
        size_t count;
    } pages[TLB_ADDRESSES_MAX];
};

// An empty batch. `space` outlives it.
void tlb_batch_init(struct tlb_batch *b, struct vm_space *space);

// The translation of `address`, of a page of any size, has changed.
void tlb_issue(struct tlb_batch *b, uint64_t address);

// The same, and the references to `count` consecutive pages from `first` on that the mapping had
// are to be put.
void tlb_issue_with(struct tlb_batch *b, uint64_t address, struct page *first, size_t count);

// Every CPU has forgotten, and the pages are put. The batch is empty again.
void tlb_sync(struct tlb_batch *b);

C_END
