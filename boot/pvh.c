// SPDX-License-Identifier: Apache-2.0
#include "boot/memmap.h"
#include "boot/protocol.h"

// Offsets in hvm_start_info.
constexpr size_t INFO_MAGIC = 0;
constexpr size_t INFO_VERSION = 4;
constexpr size_t INFO_MODULE_COUNT = 12;
constexpr size_t INFO_MODULES = 16;
constexpr size_t INFO_CMDLINE = 24;
constexpr size_t INFO_RSDP = 32;
constexpr size_t INFO_SIZE_V0 = 40;
constexpr size_t INFO_MAP = 40; // from version 1 on
constexpr size_t INFO_MAP_ENTRIES = 48;
constexpr size_t INFO_SIZE_V1 = 56;

constexpr size_t MODULE_SIZE = 32; // address, size, command line, reserved
constexpr size_t MAP_ENTRY_SIZE = 24;
constexpr uint32_t MAP_USABLE = 1;

static bool parse_modules(struct boot_mem mem, struct cspan head, struct boot_info *info)
{
    uint64_t count = cspan_u32(head, INFO_MODULE_COUNT);
    struct cspan list;
    if (count == 0)
        return true;
    if (!boot_mem_view(mem, cspan_u64(head, INFO_MODULES), count * MODULE_SIZE, &list)) {
        info->error = "the loader's module list cannot be read";
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct cspan m = cspan_sub(list, i * MODULE_SIZE, MODULE_SIZE);
        uint64_t start = cspan_u64(m, 0);
        if (!boot_mem_module(mem, start, start + cspan_u64(m, 8), info))
            return false;
        boot_mem_module_name(mem, cspan_u64(m, 16), info);
    }
    return true;
}

static void parse_map(struct boot_mem mem, struct cspan head, struct boot_info *info)
{
    uint64_t count = cspan_u32(head, INFO_MAP_ENTRIES);
    struct cspan map;
    if (count == 0) {
        info->error = "the loader passed no memory map";
        return;
    }
    if (!boot_mem_view(mem, cspan_u64(head, INFO_MAP), count * MAP_ENTRY_SIZE, &map)) {
        info->error = "the loader's memory map cannot be read";
        return;
    }
    struct memmap entries = {};
    for (size_t i = 0; i < count; i++) {
        struct cspan e = cspan_sub(map, i * MAP_ENTRY_SIZE, MAP_ENTRY_SIZE);
        memmap_add(&entries, cspan_u64(e, 0), cspan_u64(e, 8), cspan_u32(e, 16) == MAP_USABLE);
    }
    info->region_count = memmap_usable(&entries, info->regions, BOOT_REGIONS_MAX);
}

void boot_parse_pvh(struct boot_mem mem, uint64_t at, struct boot_info *info)
{
    *info = (struct boot_info){.protocol = "PVH"};
    struct cspan head;
    if (!boot_mem_view(mem, at, INFO_SIZE_V0, &head) ||
        cspan_u32(head, INFO_MAGIC) != BOOT_MAGIC_PVH) {
        info->error = "the loader's boot information cannot be read";
        return;
    }
    info->rsdp = cspan_u64(head, INFO_RSDP);
    if (cspan_u64(head, INFO_CMDLINE) != 0)
        boot_mem_cmdline(mem, cspan_u64(head, INFO_CMDLINE), info);
    if (!parse_modules(mem, head, info))
        return;
    if (cspan_u32(head, INFO_VERSION) < 1 || !boot_mem_view(mem, at, INFO_SIZE_V1, &head)) {
        info->error = "the loader passed no memory map";
        return;
    }
    parse_map(mem, head, info);
}
