// SPDX-License-Identifier: Apache-2.0
// Page-table entries, and telling the CPU of changes (SDM Vol. 3A, "Paging").
#pragma once
#include "kernel/frame/arch/x86_64/cpu_features.h"

C_BEGIN

constexpr uint64_t CR4_PGE = 1ull << 7;

constexpr uint64_t PTE_PRESENT = 1ull << 0;
constexpr uint64_t PTE_WRITE = 1ull << 1;
constexpr uint64_t PTE_USER = 1ull << 2;
constexpr uint64_t PTE_WRITE_THROUGH = 1ull << 3;
constexpr uint64_t PTE_CACHE_DISABLE = 1ull << 4;
constexpr uint64_t PTE_ACCESSED = 1ull << 5;
constexpr uint64_t PTE_DIRTY = 1ull << 6;
constexpr uint64_t PTE_LARGE = 1ull << 7; // a 2 MiB or 1 GiB page instead of a table
constexpr uint64_t PTE_GLOBAL = 1ull << 8;
constexpr uint64_t PTE_NO_EXECUTE = 1ull << 63;
constexpr uint64_t PTE_ADDRESS = 0x000f'ffff'ffff'f000;

// Bits the CPU leaves to us. This one marks an entry that holds a page, present or not: a page
// mapped without any permission is not present, but stays where it is.
constexpr uint64_t PTE_HOLDS_PAGE = 1ull << 9;
// And this one is the services'.
constexpr uint64_t PTE_SOFT = 1ull << 10;

constexpr unsigned PT_ENTRIES = 512;
constexpr int PT_LEVELS = 4;

// The bytes that one entry of a level spans: 4 KiB at level 1, 512 GiB at level 4.
static inline uint64_t pt_span(int level) { return 1ull << (PAGE_SHIFT + 9 * (level - 1)); }

static inline unsigned pt_index(uint64_t address, int level)
{
    return (unsigned)(address >> (PAGE_SHIFT + 9 * (level - 1))) & (PT_ENTRIES - 1);
}

#if __STDC_HOSTED__
// Unit tests supply these.
void tlb_flush_page(uint64_t address);
void mmu_load_root(paddr_t root);
void mmu_flush_all(void);
#else
// Forgets this CPU's translation of one page; of a global one too.
static inline void tlb_flush_page(uint64_t address)
{
    __asm__ volatile("invlpg (%0)" ::"r"(address) : "memory");
}

// Switches this CPU to another top-level table and forgets all translations but global ones.
// Where translations are tagged the low bits are the tag, the top bit says that the tag's stay,
// and others stay anyway (vmm/pcid.h).
static inline void mmu_load_root(paddr_t root)
{
    __asm__ volatile("mov %0, %%cr3" ::"r"(root.raw) : "memory");
}

// Forgets everything, global translations too and of every tag: INVPCID does, and a change of
// CR4.PGE (SDM Vol. 3A, "Operations that Invalidate TLBs and Paging-Structure Caches").
static inline void mmu_flush_all(void)
{
    static const struct {
        uint64_t pcid, address;
    } unused = {};
    uint64_t cr4, everything = 2;
    if (cpu_features.invpcid) {
        __asm__ volatile("invpcid %0, %1" ::"m"(unused), "r"(everything) : "memory");
        return;
    }
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("mov %0, %%cr4; mov %1, %%cr4" ::"r"(cr4 ^ CR4_PGE), "r"(cr4) : "memory");
}
#endif

C_END
