// SPDX-License-Identifier: Apache-2.0
#include "boot/memmap.h"
#include "boot/protocol.h"

// Offsets in the boot information structure, and the flags that say which are valid.
constexpr size_t INFO_FLAGS = 0;
constexpr size_t INFO_CMDLINE = 16;
constexpr size_t INFO_MODULE_COUNT = 20;
constexpr size_t INFO_MODULES = 24;
constexpr size_t INFO_MAP_LENGTH = 44;
constexpr size_t INFO_MAP = 48;
constexpr size_t INFO_SIZE = 52;

constexpr uint32_t HAS_CMDLINE = 1 << 2;
constexpr uint32_t HAS_MODULES = 1 << 3;
constexpr uint32_t HAS_MAP = 1 << 6;

constexpr size_t MODULE_SIZE = 16; // start, end, string, reserved
constexpr uint32_t MAP_USABLE = 1;

static bool parse_modules(struct boot_mem mem, struct cspan head, struct boot_info *info)
{
    uint64_t count = cspan_u32(head, INFO_MODULE_COUNT);
    struct cspan list;
    if (!boot_mem_view(mem, cspan_u32(head, INFO_MODULES), count * MODULE_SIZE, &list)) {
        info->error = "the loader's module list cannot be read";
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct cspan m = cspan_sub(list, i * MODULE_SIZE, MODULE_SIZE);
        if (!boot_mem_module(mem, cspan_u32(m, 0), cspan_u32(m, 4), info))
            return false;
        boot_mem_module_name(mem, cspan_u32(m, 8), info);
    }
    return true;
}

static void parse_map(struct cspan map, struct boot_info *info)
{
    struct memmap entries = {};
    // An entry's first word is its size, not counting that word.
    while (map.len >= 24) {
        uint64_t size = cspan_u32(map, 0);
        if (size < 20 || size > map.len - 4)
            break;
        memmap_add(&entries, cspan_u64(map, 4), cspan_u64(map, 12),
                   cspan_u32(map, 20) == MAP_USABLE);
        map = cspan_sub(map, size + 4, map.len - size - 4);
    }
    info->region_count = memmap_usable(&entries, info->regions, BOOT_REGIONS_MAX);
}

void boot_parse_multiboot1(struct boot_mem mem, uint64_t at, struct boot_info *info)
{
    *info = (struct boot_info){.protocol = "Multiboot 1"};
    struct cspan head, map;
    if (!boot_mem_view(mem, at, INFO_SIZE, &head)) {
        info->error = "the loader's boot information cannot be read";
        return;
    }
    uint32_t flags = cspan_u32(head, INFO_FLAGS);
    if (flags & HAS_CMDLINE)
        boot_mem_cmdline(mem, cspan_u32(head, INFO_CMDLINE), info);

    if (flags & HAS_MODULES && !parse_modules(mem, head, info))
        return;
    if (!(flags & HAS_MAP)) {
        info->error = "the loader passed no memory map";
        return;
    }
    if (!boot_mem_view(mem, cspan_u32(head, INFO_MAP), cspan_u32(head, INFO_MAP_LENGTH), &map)) {
        info->error = "the loader's memory map cannot be read";
        return;
    }
    parse_map(map, info);
}
