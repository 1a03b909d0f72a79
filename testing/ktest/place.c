// SPDX-License-Identifier: Apache-2.0
// Where the kernel lies in the address space.
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/smp/call.h"
#include "testing/ktest/ktest.h"

static void place_of_image(void) { kprintf("%016lx\n", image_offset()); }
static void place_of_direct_map(void) { kprintf("%016lx\n", direct_map_start()); }

extern const char text_start[], image_end[];

static bool is_readable(uint64_t at)
{
    uint8_t byte;
    return copy_fallible(&byte, (const void *)at, 1) == 0;
}

// The kernel's addresses of one top-level entry or of less. `*mapped` counts pages.
static void check_range(const uint64_t *table, int level, uint64_t at, size_t *mapped)
{
    for (unsigned i = 0; i < PT_ENTRIES; i++, at += pt_span(level)) {
        if (!(table[i] & PTE_PRESENT))
            continue;
        if (level > 1 && !(table[i] & PTE_LARGE)) {
            check_range(phys_to_virt((paddr_t){table[i] & PTE_ADDRESS}), level - 1, at, mapped);
            continue;
        }
        uint64_t end = at + pt_span(level) - 1;
        bool image = at >= (uint64_t)text_start && end < (uint64_t)image_end;
        bool direct = at >= direct_map_start() && end - direct_map_start() < DIRECT_MAP_SIZE;
        bool area = at >= KVA_START && end < KVA_END;
        EXPECT(image + direct + area == 1);
        // What lies there is what the address says.
        uint64_t to = table[i] & PTE_ADDRESS & ~(pt_span(level) - 1);
        EXPECT(!image || at - to == image_offset());
        EXPECT(!direct || at - to == direct_map_start());
        ++*mapped;
    }
}

static void check_this_cpu(void *)
{
    size_t mapped = 0;
    const uint64_t *root = phys_to_virt((paddr_t){read_cr3() & PTE_ADDRESS});
    for (unsigned i = 0; i < PT_ENTRIES; i++) {
        if (!(root[i] & PTE_PRESENT))
            continue;
        EXPECT(i >= PT_ENTRIES / 2); // no user space, and no leftover of the way here
        uint64_t at = (uint64_t)((int64_t)(i * pt_span(4) << 16) >> 16);
        check_range(phys_to_virt((paddr_t){root[i] & PTE_ADDRESS}), PT_LEVELS - 1, at, &mapped);
    }
    EXPECT(mapped > 20);
}

// Neither image nor direct map is also where it was linked for, on no CPU.
static void place_is_the_only_one(void)
{
    preempt_disable();
    smp_call(cpuset_all(), check_this_cpu, nullptr);
    preempt_enable();
    uint64_t physical = (uint64_t)text_start - image_offset();
    EXPECT(is_readable((uint64_t)text_start));
    EXPECT(image_moved_by() > 0 && !is_readable(IMAGE_OFFSET + physical));
    EXPECT(is_readable(direct_map_start() + physical));
    EXPECT(direct_map_start() != DIRECT_MAP_BASE && !is_readable(DIRECT_MAP_BASE + physical));
}

const struct ktest ktest_place[] = {
    {"place_of_image", place_of_image},
    {"place_of_direct_map", place_of_direct_map},
    {"place_is_the_only_one", place_is_the_only_one},
    {},
};
