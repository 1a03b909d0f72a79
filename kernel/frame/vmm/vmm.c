// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/vmm/vmm.h"
#include "kernel/frame/pmm/page_priv.h"
#include "kernel/frame/vmm/pt.h"

static struct page *kernel_root;

paddr_t vmm_kernel_root(void) { return page_paddr(kernel_root); }

static enum err map_section(const struct vmm_section *s)
{
    uint64_t flags = PTE_GLOBAL;
    ASSERT(!(s->write && s->execute));
    if (s->write)
        flags |= PTE_WRITE;
    if (!s->execute)
        flags |= PTE_NO_EXECUTE;
    paddr_t to = {s->start - image_offset()};
    return pt_map_range(vmm_kernel_root(), s->start, to, s->end - s->start, flags, false);
}

static enum err map_memory(const struct vmm_range *r, bool gib_pages)
{
    // pmm does not hand out what lies behind the direct map: its metadata would not fit.
    uint64_t end = min_u64(r->end, DIRECT_MAP_SIZE);
    if (r->start >= end)
        return ERR_OK;
    return pt_map_range(vmm_kernel_root(), direct_map_start() + r->start, (paddr_t){r->start},
                        end - r->start, PTE_WRITE | PTE_NO_EXECUTE | PTE_GLOBAL, gib_pages);
}

enum err vmm_init(const struct vmm_section *sections, size_t section_count,
                  const struct vmm_range *memory, size_t memory_count, bool gib_pages)
{
    enum err err = page_alloc_kernel(cpu_features.pti, &kernel_root);
    for (size_t i = 0; err == ERR_OK && i < section_count; i++)
        err = map_section(&sections[i]);
    for (size_t i = 0; err == ERR_OK && i < memory_count; i++)
        err = map_memory(&memory[i], gib_pages);
    // Its top-level entry must be there before the first user space copies the kernel half.
    uint64_t *unused;
    if (err == ERR_OK)
        err = pt_reach(vmm_kernel_root(), KVA_START, 3, PTE_WRITE, &unused);
    if (err == ERR_OK)
        mmu_load_root(vmm_kernel_root());
    return err;
}

enum err vmm_share(const void *start, size_t size)
{
    paddr_t kernel = vmm_kernel_root(), user = {kernel.raw + PAGE_SIZE};
    enum err err = ERR_OK;
    size = cpu_features.pti ? size : 0;
    for (uint64_t at = (uint64_t)start; err == ERR_OK && at < (uint64_t)start + size;
         at += PAGE_SIZE) {
        int level = 1;
        uint64_t *to, *from;
        while ((from = pt_find(kernel, at, level)) == nullptr)
            level++;
        err = pt_reach(user, at, 1, PTE_WRITE, &to);
        if (err == ERR_OK)
            *to = (*from & ~(PTE_LARGE | PTE_GLOBAL)) | (at & (pt_span(level) - 1));
    }
    return err;
}
