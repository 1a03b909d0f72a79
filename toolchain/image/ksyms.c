// SPDX-License-Identifier: Apache-2.0
#include "toolchain/image/lines.h"
#include "toolchain/image/tables.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct symbol {
    uint64_t address, size;
    const char *name;
};

static int by_address(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return strcmp(x->name, y->name);
}

// The functions of the symbol table, sorted, one for each address.
static size_t collect(const struct elf *e, struct symbol **out)
{
    size_t count = 0;
    struct symbol *list = calloc(e->symbol_count + 1, sizeof(*list));
    if (list == nullptr)
        elf_die(e, "is too large");
    for (size_t i = 0; i < e->symbol_count; i++) {
        const Elf64_Sym *s = &e->symbols[i];
        if (ELF64_ST_TYPE(s->st_info) != STT_FUNC || s->st_shndx == SHN_UNDEF)
            continue;
        // What the compiler puts before a function that may be called through pointers is none.
        const char *name = elf_name(e, s);
        if (strncmp(name, "__cfi_", 6) != 0)
            list[count++] = (struct symbol){s->st_value, s->st_size, name};
    }
    qsort(list, count, sizeof(*list), by_address);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || list[kept - 1].address != list[i].address)
            list[kept++] = list[i];
    }
    *out = list;
    return kept;
}

// Where a name begins among the texts. Returns where the next one does.
static size_t write_name_offset(size_t at, const char *name)
{
    printf("    .long %zu\n", at);
    return at + strlen(name) + 1;
}

static void write_lines(const struct lines *l, uint64_t base)
{
    for (size_t i = 0; i < l->count; i++)
        printf("    .long 0x%" PRIx64 "\n", l->list[i].address - base);
    for (size_t i = 0; i < l->count; i++)
        printf("    .long %u\n", l->list[i].file << 16 | l->list[i].number);
}

void ksyms_write(const struct elf *e)
{
    struct symbol *list;
    struct lines lines = {};
    size_t count = collect(e, &list), at = 0;
    uint64_t base = count > 0 ? list[0].address : 0;
    uint64_t end = count > 0 ? list[count - 1].address + list[count - 1].size : 0;
    lines_read(&lines, base, end);
    printf(".section .ksyms, \"a\"\n.balign 8\n");
    printf("    .quad 0x%" PRIx64 ", 0x%" PRIx64 "\n", base, end);
    printf("    .long %zu, %zu, %u\n", count, lines.count, lines.file_count);
    for (size_t i = 0; i < count; i++)
        printf("    .long 0x%" PRIx64 "\n", list[i].address - base);
    for (size_t i = 0; i < count; i++)
        at = write_name_offset(at, list[i].name);
    write_lines(&lines, base);
    for (unsigned i = 0; i < lines.file_count; i++)
        at = write_name_offset(at, lines.files[i]);
    for (size_t i = 0; i < count; i++)
        printf("    .asciz \"%s\"\n", list[i].name);
    for (unsigned i = 0; i < lines.file_count; i++)
        printf("    .asciz \"%s\"\n", lines.files[i]);
    lines_free(&lines);
    free(list);
}
