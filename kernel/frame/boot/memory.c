// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/boot/memory.h"
#include "boot/memmap.h"
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/pmm/pmm.h"
#include "kernel/frame/vmm/vmm.h"

// Of kernel.ld. Virtual addresses, but for the last two.
extern const char text_start[], entry_text_end[], text_end[];
extern const char rodata_start[], rodata_end[];
extern const char data_start[], entry_data_start[], image_end[];
extern const char boot_stack_guard[];
extern const char image_load_start[], image_memory_end[];

// What entry.S maps, and pmm may thus use before vmm_init.
constexpr uint64_t EARLY_MAP_SIZE = 4 * GIB;

// Below is the firmware's: interrupt vectors, BIOS data, video memory, option ROMs.
constexpr uint64_t LOW_MEMORY = 1 * MIB;

// Not pmm's, though usable: the image and the modules.
static size_t free_regions(const struct boot_info *info, struct boot_range *out, size_t max)
{
    size_t n = 0;
    for (; n < info->region_count && n < max; n++)
        out[n] = info->regions[n];
    n = memmap_exclude(out, n, max, 0, LOW_MEMORY);
    n = memmap_exclude(out, n, max, (uint64_t)image_load_start, (uint64_t)image_memory_end);
    for (size_t i = 0; i < info->module_count; i++)
        n = memmap_exclude(out, n, max, info->modules[i].range.start, info->modules[i].range.end);
    return n;
}

static enum err start_pmm(const struct boot_info *info)
{
    struct boot_range free[BUDDY_RANGES_MAX];
    struct page_range pages[BUDDY_RANGES_MAX];
    size_t n = free_regions(info, free, BUDDY_RANGES_MAX);
    for (size_t i = 0; i < n; i++)
        pages[i] = (struct page_range){free[i].start >> PAGE_SHIFT, free[i].end >> PAGE_SHIFT};
    struct pmm_plan plan;
    enum err err = pmm_init(pages, n, EARLY_MAP_SIZE >> PAGE_SHIFT, &plan);
    if (plan.ignored_pages > 0)
        log_warn("%lu KiB of far-off memory are not used", plan.ignored_pages * PAGE_SIZE / KIB);
    for (size_t i = 0; i < n; i++)
        kasan_own(pages[i].start, pages[i].end);
    return err;
}

static enum err start_vmm(const struct boot_info *info)
{
    const struct vmm_section sections[] = {
        {(uint64_t)text_start, (uint64_t)text_end, .execute = true},
        {(uint64_t)rodata_start, (uint64_t)rodata_end, .write = false},
        {(uint64_t)data_start, (uint64_t)boot_stack_guard, .write = true},
        {(uint64_t)boot_stack_guard + PAGE_SIZE, (uint64_t)image_end, .write = true},
    };
    struct vmm_range memory[BOOT_REGIONS_MAX];
    for (size_t i = 0; i < info->region_count; i++)
        memory[i] = (struct vmm_range){info->regions[i].start, info->regions[i].end};
    enum err err = vmm_init(sections, sizeof(sections) / sizeof(sections[0]), memory,
                            info->region_count, cpu_features.gib_pages);
    if (err == ERR_OK)
        err = vmm_share(text_start, (size_t)(entry_text_end - text_start));
    if (err == ERR_OK)
        err = vmm_share(entry_data_start, 2 * PAGE_SIZE);
    if (err == ERR_OK && cpu_features.pti)
        cpu_arch_isolate();
    return err == ERR_OK && !kasan_start(memory, info->region_count) ? ERR_NOMEM : err;
}

enum err memory_init(const struct boot_info *info)
{
    enum err err = start_pmm(info);
    if (err == ERR_OK)
        err = start_vmm(info);
    return err;
}
