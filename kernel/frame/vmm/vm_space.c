// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/mem.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/heap/heap.h"
#include "kernel/frame/vmm/pt.h"
#include "kernel/frame/vmm/vm_space_priv.h"
#include "kernel/frame/vmm/vmm.h"

HEAP_TYPE(vm_space_type, struct vm_space);

enum err vm_space_create(struct vm_space **out)
{
    struct vm_space *space = heap_alloc(&vm_space_type);
    if (space == nullptr)
        return ERR_NOMEM;
    enum err err = page_alloc_kernel(0, &space->root);
    if (err != ERR_OK) {
        heap_free(&vm_space_type, space);
        return err;
    }
    // The kernel half's top-level entries never change after vmm_init.
    size_t half = PAGE_SIZE / 2;
    memcpy((char *)page_virt(space->root) + half,
           (const char *)phys_to_virt(vmm_kernel_root()) + half, half);
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
    page_free_kernel(space->root, 0);
    heap_free(&vm_space_type, space);
}

void vm_space_activate(struct vm_space *space)
{
    preempt_disable();
    struct cpu *cpu = cpu_this();
    struct vm_space *old = cpu->active;
    if (old != space) {
        if (space != nullptr) {
            vm_space_get(space);
            // Before the first translation: whoever changes an entry from now on tells this CPU.
            cpuset_atomic_add(&space->active, cpu->id);
        }
        cpu->active = space;
        mmu_load_root(space != nullptr ? page_paddr(space->root) : vmm_kernel_root());
        if (old != nullptr) {
            cpuset_atomic_remove(&old->active, cpu->id);
            vm_space_put(old);
        }
    }
    preempt_enable();
}
