// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/arch/x86_64/cpu_features.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/mem.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/heap/heap.h"
#include "kernel/frame/vmm/pt.h"
#include "kernel/frame/vmm/vm_space_priv.h"
#include "kernel/frame/vmm/vmm.h"

HEAP_TYPE(vm_space_type, struct vm_space);

static PERCPU(struct pcid_cache, pcids);

enum err vm_space_create(struct vm_space **out)
{
    static uint64_t last_number; // atomic
    struct vm_space *space = heap_alloc(&vm_space_type);
    if (space == nullptr)
        return ERR_NOMEM;
    enum err err = page_alloc_kernel(cpu_features.pti, &space->root);
    if (err != ERR_OK) {
        heap_free(&vm_space_type, space);
        return err;
    }
    // The kernel half's top-level entries never change after vmm_init.
    size_t half = PAGE_SIZE / 2, size = PAGE_SIZE << cpu_features.pti;
    for (size_t at = half; at < size; at += PAGE_SIZE)
        memcpy((char *)page_virt(space->root) + at,
               (const char *)phys_to_virt(vmm_kernel_root()) + at, half);
    space->number = __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED);
    space->refs = 1;
    *out = space;
    return ERR_OK;
}

void vm_space_get(struct vm_space *space)
{
    uint32_t before = __atomic_fetch_add(&space->refs, 1, __ATOMIC_RELAXED);
    ASSERT(before != 0 && before != UINT32_MAX);
}

void vm_space_put(struct vm_space *space)
{
    uint32_t before = __atomic_fetch_sub(&space->refs, 1, __ATOMIC_ACQ_REL);
    ASSERT(before != 0);
    if (before != 1)
        return;
    // No CPU has it active (that would be a reference), so none has translations of it.
    pt_free_user(page_paddr(space->root), vm_entry_put);
    page_free_kernel(space->root, cpu_features.pti);
    heap_free(&vm_space_type, space);
}

// What CR3 has beside the address of the table of `space`, which becomes active.
static uint64_t tag_of(struct vm_space *space)
{
    if (!cpu_features.pcid)
        return 0;
    if (space == nullptr)
        return CR3_KEEP; // tag 0 knows of no user addresses
    return pcid_activate(percpu_this(pcids), space->number,
                         __atomic_load_n(&space->changes, __ATOMIC_SEQ_CST));
}

enum pcid_flush vm_space_catch_up(struct vm_space *space, uint64_t change)
{
    bool active = cpu_read(active) == space;
    if (!cpu_features.pcid)
        return active ? PCID_FLUSH_BATCH : PCID_FLUSH_NONE;
    return pcid_catch_up(percpu_this(pcids), space->number, active, change,
                         __atomic_load_n(&space->changes, __ATOMIC_SEQ_CST));
}

void vm_space_forget(struct vm_space *space)
{
    uint64_t tag = cpu_features.pcid ? pcid_tag(percpu_this(pcids)) : 0;
    mmu_load_root((paddr_t){page_paddr(space->root).raw | tag});
}

void vm_space_activate(struct vm_space *space)
{
    preempt_disable();
    struct cpu *cpu = cpu_this();
    struct vm_space *old = cpu->active;
    if (old != space) {
        paddr_t root = vmm_kernel_root();
        if (space != nullptr) {
            vm_space_get(space);
            // Before the first translation: whoever changes an entry from now on tells this CPU.
            cpuset_atomic_add(&space->active, cpu->id);
            root = page_paddr(space->root);
        }
        uint64_t flags = irq_save();
        cpu->active = space;
        mmu_load_root((paddr_t){root.raw | tag_of(space)});
        irq_restore(flags);
        if (old != nullptr) {
            cpuset_atomic_remove(&old->active, cpu->id);
            vm_space_put(old);
        }
    }
    preempt_enable();
}
