// SPDX-License-Identifier: Apache-2.0
#include "toolchain/image/tables.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// kernel/frame/arch/x86_64/layout.h. Below the first there is only the code that runs before
// there are page tables, which is never moved.
constexpr uint64_t IMAGE_OFFSET = 0xffff'ffff'8000'0000;
constexpr uint64_t DIRECT_MAP_BASE = 0xffff'8000'0000'0000;
constexpr uint64_t DIRECT_MAP_END = 0xffff'c000'0000'0000;

// The lists, in boot/relocs.h's order.
enum kind {
    IMAGE_32,
    IMAGE_64,
    DIRECT_64,
    KINDS
};

struct list {
    uint64_t *at; // addresses of the places
    size_t count;
};

static void add(const struct elf *e, struct list *l, uint64_t at)
{
    // A power of two is full.
    if ((l->count & (l->count - 1)) == 0) {
        l->at = realloc(l->at, (l->count * 2 + 1) * sizeof(*l->at));
        if (l->at == nullptr)
            elf_die(e, "is too large");
    }
    l->at[l->count++] = at;
}

// What the link wrote at `at`, which lies in `section`.
static uint64_t contents(const struct elf *e, const Elf64_Shdr *section, uint64_t at, size_t width)
{
    if (at < section->sh_addr || width > section->sh_size ||
        at - section->sh_addr > section->sh_size - width)
        elf_die(e, "has a relocation outside its section");
    const void *field = elf_view(e, section->sh_offset + at - section->sh_addr, width);
    int32_t narrow;
    uint64_t wide;
    if (width == 4) {
        memcpy(&narrow, field, sizeof(narrow));
        return (uint64_t)(int64_t)narrow;
    }
    memcpy(&wide, field, sizeof(wide));
    return wide;
}

static void add_absolute(const struct elf *e, struct list *lists, const Elf64_Shdr *section,
                         uint64_t at, size_t width)
{
    uint64_t value = contents(e, section, at, width);
    if (value >= IMAGE_OFFSET)
        add(e, &lists[width == 4 ? IMAGE_32 : IMAGE_64], at);
    else if (value >= DIRECT_MAP_BASE && value < DIRECT_MAP_END)
        add(e, &lists[DIRECT_64], at);
    else if (value > UINT32_MAX) // below are numbers, and physical addresses
        elf_die(e, "has an address of nothing at %" PRIx64 ": %" PRIx64, at, value);
}

// A load from the global offset table that the linker has made an address computed from here (LEA),
// or a direct call or jump: a distance within the image (psABI, "Optimize GOTPCRELX Relocations").
static bool is_relaxed(const struct elf *e, const Elf64_Shdr *section, uint64_t at)
{
    uint64_t before = contents(e, section, at - 2, 4);
    uint8_t opcode = (uint8_t)before, last = (uint8_t)(before >> 8);
    return opcode == 0x8d || last == 0xe8 || last == 0xe9;
}

static void add_relocation(const struct elf *e, struct list *lists, const Elf64_Shdr *section,
                           const Elf64_Rela *r)
{
    if (ELF64_R_SYM(r->r_info) >= e->symbol_count)
        elf_die(e, "has a relocation without a symbol");
    uint64_t target = e->symbols[ELF64_R_SYM(r->r_info)].st_value;
    switch (ELF64_R_TYPE(r->r_info)) {
    case R_X86_64_NONE:
    case R_X86_64_32: // a number: no address of the kernel fits 32 bits without a sign
        return;
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX:
        if (!is_relaxed(e, section, r->r_offset))
            elf_die(e, "has at %" PRIx64 " a use of the global offset table", r->r_offset);
        [[fallthrough]];
    case R_X86_64_PC32:
    case R_X86_64_PLT32:
    case R_X86_64_PC64:
        // A distance stays what it is only if both ends move.
        if (target < IMAGE_OFFSET)
            elf_die(e, "has at %" PRIx64 " a distance to %" PRIx64 ", which does not move",
                    r->r_offset, target);
        return;
    case R_X86_64_32S:
        add_absolute(e, lists, section, r->r_offset, 4);
        return;
    case R_X86_64_64:
        add_absolute(e, lists, section, r->r_offset, 8);
        return;
    }
    elf_die(e, "has at %" PRIx64 " a relocation of type %u", r->r_offset,
            (unsigned)ELF64_R_TYPE(r->r_info));
}

static void collect(const struct elf *e, struct list *lists)
{
    bool any = false;
    for (size_t i = 0; i < e->section_count; i++) {
        const Elf64_Shdr *s = &e->sections[i];
        if (s->sh_type != SHT_RELA || s->sh_info >= e->section_count)
            continue;
        const Elf64_Shdr *section = &e->sections[s->sh_info];
        if (!(section->sh_flags & SHF_ALLOC) || section->sh_addr < IMAGE_OFFSET)
            continue;
        any = true;
        const Elf64_Rela *r = elf_view(e, s->sh_offset, s->sh_size);
        for (size_t n = s->sh_size / sizeof(*r); n > 0; n--, r++)
            add_relocation(e, lists, section, r);
    }
    if (!any)
        elf_die(e, "was linked without --emit-relocs");
}

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void write_number(uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        printf("0x%02" PRIx64 ", ", (n & 0x7f) | 0x80);
    printf("0x%02" PRIx64 "\n", n);
}

static void write_list(const struct list *l, uint64_t start, uint64_t end)
{
    uint64_t last = start - 1;
    for (size_t i = 0; i < l->count; i++) {
        if (l->at[i] < start || l->at[i] >= end)
            continue;
        printf("    .byte ");
        write_number(l->at[i] - last);
        last = l->at[i];
    }
    printf("    .byte 0\n");
}

void relocs_write(const struct elf *e)
{
    struct list lists[KINDS] = {};
    collect(e, lists);
    uint64_t text = elf_value(e, "text_start"), data = elf_value(e, "data_start");
    printf(".section .relocs, \"a\"\n");
    for (int kind = 0; kind < KINDS; kind++) {
        if (lists[kind].count > 0)
            qsort(lists[kind].at, lists[kind].count, sizeof(uint64_t), ascending);
        write_list(&lists[kind], text, data);
        write_list(&lists[kind], data, UINT64_MAX);
        free(lists[kind].at);
    }
}
