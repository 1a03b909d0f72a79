// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/vmm/pt.h"
#include "kernel/frame/pmm/page_priv.h"

static uint64_t *table_of(uint64_t entry) { return phys_to_virt((paddr_t){entry & PTE_ADDRESS}); }

uint64_t *pt_find(paddr_t root, uint64_t address, int level)
{
    uint64_t *table = phys_to_virt(root);
    for (int l = PT_LEVELS; l > level; l--) {
        uint64_t entry = table[pt_index(address, l)];
        if (!(entry & PTE_PRESENT) || entry & PTE_LARGE)
            return nullptr;
        table = table_of(entry);
    }
    return &table[pt_index(address, level)];
}

// Makes the table that entry `e` lacks. Another CPU may be making the same, for a neighbouring
// range.
SLOW_PATH static enum err make_table(uint64_t *e, uint64_t flags, bool two)
{
    struct page *page;
    enum err err = page_alloc_kernel(0, &page);
    if (err != ERR_OK)
        return err;
    uint64_t none = 0, made = page_paddr(page).raw | flags | PTE_PRESENT;
    if (!__atomic_compare_exchange_n(two ? e + PT_ENTRIES : e, &none, made, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        page_free_kernel(page, 0);
        made = none;
    }
    if (two)
        __atomic_store_n(e, made | PTE_NO_EXECUTE, __ATOMIC_RELEASE);
    return ERR_OK;
}

enum err pt_reach(paddr_t root, uint64_t address, int level, uint64_t table_flags, uint64_t **entry)
{
    uint64_t *table = phys_to_virt(root);
    for (int l = PT_LEVELS; l > level; l--) {
        uint64_t *e = &table[pt_index(address, l)];
        if (*e == 0) {
            bool two = cpu_features.pti && l == PT_LEVELS && (table_flags & PTE_USER) != 0;
            enum err err = make_table(e, table_flags, two);
            if (err != ERR_OK)
                return err;
        }
        ASSERT(!(*e & PTE_LARGE));
        table = table_of(*e);
    }
    *entry = &table[pt_index(address, level)];
    return ERR_OK;
}

static int largest_level(uint64_t address, paddr_t to, uint64_t size, bool gib_pages)
{
    int level = gib_pages ? 3 : 2;
    while (level > 1 && (((address | to.raw) & (pt_span(level) - 1)) != 0 || size < pt_span(level)))
        level--;
    return level;
}

enum err pt_map_range(paddr_t root, uint64_t address, paddr_t to, uint64_t size, uint64_t flags,
                      bool gib_pages)
{
    while (size > 0) {
        int level = largest_level(address, to, size, gib_pages);
        uint64_t span = pt_span(level);
        uint64_t *entry;
        enum err err = pt_reach(root, address, level, PTE_WRITE, &entry);
        if (err != ERR_OK)
            return err;
        // The rest of this table, as far as pages of this size go: one walk for up to 512.
        uint64_t last = PT_ENTRIES - pt_index(address, level);
        for (uint64_t i = 0; i < last && size >= span; i++) {
            ASSERT(entry[i] == 0);
            entry[i] = to.raw | flags | PTE_PRESENT | (level > 1 ? PTE_LARGE : 0);
            address += span;
            to.raw += span;
            size -= span;
        }
    }
    return ERR_OK;
}

static void free_table(uint64_t *table, unsigned entries, void (*page_gone)(uint64_t entry))
{
    for (unsigned i = 0; i < entries; i++) {
        uint64_t entry = table[i];
        if (entry == 0)
            continue;
        table[i] = 0;
        if (entry & PTE_HOLDS_PAGE) {
            page_gone(entry);
        } else {
            free_table(table_of(entry), PT_ENTRIES, page_gone);
            page_free_kernel(page_at((paddr_t){entry & PTE_ADDRESS}), 0);
        }
    }
}

void pt_free_user(paddr_t root, void (*page_gone)(uint64_t entry))
{
    free_table(phys_to_virt(root), PT_ENTRIES / 2, page_gone);
}
