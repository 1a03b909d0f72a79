// SPDX-License-Identifier: Apache-2.0
// The kernel's own half of every address space.
#pragma once
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/base/err.h"

C_BEGIN

// A piece of the kernel image, page-aligned, with the permissions it needs and no more.
struct vmm_section {
    uint64_t start, end; // virtual
    bool write, execute;
};

struct vmm_range {
    uint64_t start, end; // physical, page-aligned
};

// Builds the kernel's page tables and switches to them: the image's sections, the memory in
// the direct map (never executable; what lies beyond DIRECT_MAP_SIZE is left out), and an empty
// area for kva. ERR_NOMEM.
enum err vmm_init(const struct vmm_section *sections, size_t section_count,
                  const struct vmm_range *memory, size_t memory_count, bool gib_pages);

// Maps [start, start + size) of the kernel's in user mode's tables too, for all spaces. Nothing
// where these are not isolated. After vmm_init, before the first space. ERR_NOMEM.
enum err vmm_share(const void *start, size_t size);

// The top-level table; with page tables isolated, user mode's lies behind it, as for each space.
// After vmm_init its kernel half no longer changes.
paddr_t vmm_kernel_root(void);

C_END
