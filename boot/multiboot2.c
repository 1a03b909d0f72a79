// SPDX-License-Identifier: Apache-2.0
#include "boot/memmap.h"
#include "boot/protocol.h"

// Tags: type, size, content; each begins on a multiple of 8.
constexpr size_t INFO_HEADER = 8;
constexpr size_t TAG_HEADER = 8;
constexpr size_t TAG_MODULE_NAME = 16;

enum tag : uint32_t {
    TAG_END = 0,
    TAG_CMDLINE = 1,
    TAG_MODULE = 3,
    TAG_MEMORY_MAP = 6,
    TAG_ACPI_OLD = 14, // a copy of the root pointer, revision 1
    TAG_ACPI_NEW = 15,
};

constexpr uint32_t MAP_USABLE = 1;

struct parse {
    struct boot_mem mem;
    struct boot_info *info;
    bool has_map;
};

static void parse_map(struct parse *p, struct cspan tag)
{
    struct memmap entries = {};
    p->has_map = true;
    if (tag.len < 16)
        return;
    uint64_t entry_size = cspan_u32(tag, 8);
    if (entry_size < 24)
        return;
    for (uint64_t at = 16; entry_size <= tag.len - at; at += entry_size) {
        struct cspan e = cspan_sub(tag, at, entry_size);
        memmap_add(&entries, cspan_u64(e, 0), cspan_u64(e, 8), cspan_u32(e, 16) == MAP_USABLE);
    }
    p->info->region_count = memmap_usable(&entries, p->info->regions, BOOT_REGIONS_MAX);
}

// `at` is the tag's physical address. False ends the parsing, with an error set.
static bool parse_tag(struct parse *p, uint64_t at, struct cspan tag)
{
    // Its strings end with it, at the latest.
    struct boot_mem up_to_end = {cspan_sub(p->mem.bytes, 0, at + tag.len)};
    switch (cspan_u32(tag, 0)) {
    case TAG_CMDLINE:
        boot_mem_cmdline(up_to_end, at + TAG_HEADER, p->info);
        break;
    case TAG_MODULE:
        if (tag.len < TAG_MODULE_NAME)
            break;
        if (!boot_mem_module(p->mem, cspan_u32(tag, 8), cspan_u32(tag, 12), p->info))
            return false;
        boot_mem_module_name(up_to_end, at + TAG_MODULE_NAME, p->info);
        break;
    case TAG_MEMORY_MAP:
        parse_map(p, tag);
        break;
    case TAG_ACPI_OLD:
        if (p->info->rsdp == 0)
            p->info->rsdp = at + TAG_HEADER;
        break;
    case TAG_ACPI_NEW:
        p->info->rsdp = at + TAG_HEADER;
        break;
    }
    return true;
}

void boot_parse_multiboot2(struct boot_mem mem, uint64_t at, struct boot_info *info)
{
    *info = (struct boot_info){.protocol = "Multiboot 2"};
    struct parse p = {.mem = mem, .info = info};
    struct cspan head, all;
    if (!boot_mem_view(mem, at, INFO_HEADER, &head) ||
        !boot_mem_view(mem, at, cspan_u32(head, 0), &all)) {
        info->error = "the loader's boot information cannot be read";
        return;
    }
    for (uint64_t i = INFO_HEADER; i + TAG_HEADER <= all.len;) {
        struct cspan header = cspan_sub(all, i, TAG_HEADER);
        uint64_t size = cspan_u32(header, 4);
        if (cspan_u32(header, 0) == TAG_END)
            break;
        if (size < TAG_HEADER || size > all.len - i) {
            info->error = "the loader's boot information is malformed";
            return;
        }
        if (!parse_tag(&p, at + i, cspan_sub(all, i, size)))
            return;
        i = align_up(i + size, 8);
    }
    if (!p.has_map)
        info->error = "the loader passed no memory map";
}
