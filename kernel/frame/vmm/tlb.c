// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/vmm/tlb.h"
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/smp/call.h"
#include "kernel/frame/vmm/vm_space_priv.h"

void tlb_batch_init(struct tlb_batch *b, struct vm_space *space)
{
    b->space = space;
    b->all = false;
    b->address_count = 0;
    b->page_count = 0;
}

// On each CPU that may have the translations.
static void flush(void *arg)
{
    const struct tlb_batch *b = arg;
    // One that has meanwhile gone to another space has forgotten them by that.
    if (b->space != nullptr && cpu_this()->active != b->space)
        return;
    if (b->all && b->space != nullptr) {
        mmu_load_root(page_paddr(b->space->root));
    } else if (b->all) {
        mmu_flush_all();
    } else {
        for (size_t i = 0; i < b->address_count; i++)
            tlb_flush_page(b->addresses[i]);
    }
}

void tlb_sync(struct tlb_batch *b)
{
    if (b->all || b->address_count > 0) {
        ASSERT(preempt_depth() > 0);
        // A CPU that activates the space after this has been read finds the changed entries.
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        struct cpuset cpus =
            b->space != nullptr ? cpuset_atomic_read(&b->space->active) : cpuset_all();
        if (cpus.bits == cpuset_of(cpu_this()->id).bits)
            flush(b);
        else if (!cpuset_is_empty(cpus))
            smp_call(cpus, flush, b);
    }
    for (size_t i = 0; i < b->page_count; i++) {
        for (size_t j = 0; j < b->pages[i].count; j++)
            page_put(b->pages[i].first + j);
    }
    tlb_batch_init(b, b->space);
}

void tlb_issue(struct tlb_batch *b, uint64_t address)
{
    if (b->address_count < TLB_ADDRESSES_MAX)
        b->addresses[b->address_count++] = address;
    else
        b->all = true;
}

void tlb_issue_with(struct tlb_batch *b, uint64_t address, struct page *first, size_t count)
{
    if (b->page_count == TLB_ADDRESSES_MAX)
        tlb_sync(b);
    tlb_issue(b, address);
    b->pages[b->page_count].first = first;
    b->pages[b->page_count++].count = count;
}
