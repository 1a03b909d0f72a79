// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/vmm/tlb.h"
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/arch/x86_64/x86.h"
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

// On each CPU that may have the translations. Interrupts off.
static void flush(void *arg)
{
    const struct tlb_batch *b = arg;
    bool all = b->all;
    if (b->space != nullptr) {
        enum pcid_flush what = vm_space_catch_up(b->space, b->change);
        if (what == PCID_FLUSH_NONE)
            return;
        all = all || what == PCID_FLUSH_ALL;
    }
    if (all && b->space != nullptr) {
        vm_space_forget(b->space);
    } else if (all) {
        mmu_flush_all();
    } else {
        for (size_t i = 0; i < b->address_count; i++)
            tlb_flush_page(b->addresses[i]);
    }
}

// The CPUs to be told of a change that has been made.
static struct cpuset cpus_concerned(struct tlb_batch *b)
{
    if (b->space == nullptr) {
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        return cpuset_all();
    }
    // A CPU that activates the space after this has been read finds the changed entries, and that
    // there has been a change.
    b->change = __atomic_add_fetch(&b->space->changes, 1, __ATOMIC_SEQ_CST);
    return cpuset_atomic_read(&b->space->active);
}

void tlb_sync(struct tlb_batch *b)
{
    if (b->all || b->address_count > 0) {
        ASSERT(preempt_depth() > 0);
        struct cpuset cpus = cpus_concerned(b);
        if (cpus.bits == cpuset_of(cpu_this()->id).bits) {
            uint64_t flags = irq_save();
            flush(b);
            irq_restore(flags);
        } else if (!cpuset_is_empty(cpus)) {
            smp_call(cpus, flush, b);
        }
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
