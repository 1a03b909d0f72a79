// SPDX-License-Identifier: Apache-2.0
#include "boot/protocol.h"

// A module that the memory map knows nothing of would not be mapped.
static bool module_in_memory(const struct boot_info *info, const struct boot_range *module)
{
    for (size_t i = 0; i < info->region_count; i++) {
        const struct boot_range *r = &info->regions[i];
        if (r->start <= module->start && module->end <= r->end)
            return true;
    }
    return module->start == module->end;
}

static void parse(uint32_t magic, struct boot_mem mem, uint64_t at, struct boot_info *info)
{
    switch (magic) {
    case BOOT_MAGIC_MULTIBOOT1:
        boot_parse_multiboot1(mem, at, info);
        return;
    case BOOT_MAGIC_MULTIBOOT2:
        boot_parse_multiboot2(mem, at, info);
        return;
    case BOOT_MAGIC_PVH:
        boot_parse_pvh(mem, at, info);
        return;
    }
    *info = (struct boot_info){
        .protocol = "unknown",
        .error = "started by a loader that speaks none of Multiboot 1, Multiboot 2 and PVH",
    };
}

void boot_parse(uint32_t magic, struct boot_mem mem, uint64_t at, struct boot_info *info)
{
    parse(magic, mem, at, info);
    if (info->error == nullptr && info->region_count == 0)
        info->error = "the loader's memory map has no usable memory";
    for (size_t i = 0; info->error == nullptr && i < info->module_count; i++) {
        if (!module_in_memory(info, &info->modules[i].range))
            info->error = "the loader passed a module outside the memory of its map";
    }
}
