// SPDX-License-Identifier: Apache-2.0
// Walking 4-level page tables. Tables are reached through the direct map and come from
// page_alloc_kernel. Pure but for that; callers see to locking and TLB.
#pragma once
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/base/err.h"

C_BEGIN

// The entry for `address` at `level` (1: 4 KiB pages) in the tree under `root`; null if a table
// on the way is missing or a large page is in the way.
uint64_t *pt_find(paddr_t root, uint64_t address, int level);

// The same, making the missing tables; `table_flags` go into the entries that point to them.
// ERR_NOMEM: tables made before that stay. A large page in the way is a bug: panics.
//
// With page tables isolated, entries of the user's at the top go into the table behind `root`
// first, so that user mode never lacks what the kernel's table has. The kernel's forbid execution:
// should it ever be loaded in user mode, that shows at once.
enum err pt_reach(paddr_t root, uint64_t address, int level, uint64_t table_flags,
                  uint64_t **entry);

// Maps [address, address + size) to physical memory from `to` on, with the largest pages that
// alignment allows: up to 1 GiB if `gib_pages`, else 2 MiB. Everything is page-aligned and
// nothing mapped there before (panics). ERR_NOMEM.
enum err pt_map_range(paddr_t root, uint64_t address, paddr_t to, uint64_t size, uint64_t flags,
                      bool gib_pages);

// Frees the tables below the user half of `root`, calling `page_gone` on every entry that
// holds a page, and leaves that half empty.
void pt_free_user(paddr_t root, void (*page_gone)(uint64_t entry));

C_END
