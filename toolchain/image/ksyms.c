// SPDX-License-Identifier: Apache-2.0
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
        list[count++] = (struct symbol){s->st_value, s->st_size, elf_name(e, s)};
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

void ksyms_write(const struct elf *e)
{
    struct symbol *list;
    size_t count = collect(e, &list);
    uint64_t base = count > 0 ? list[0].address : 0;
    uint64_t end = count > 0 ? list[count - 1].address + list[count - 1].size : 0;
    printf(".section .ksyms, \"a\"\n.balign 8\n");
    printf("    .quad 0x%" PRIx64 ", 0x%" PRIx64 "\n    .long %zu\n", base, end, count);
    for (size_t i = 0; i < count; i++)
        printf("    .long 0x%" PRIx64 "\n", list[i].address - base);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        printf("    .long %zu\n", at);
        at += strlen(list[i].name) + 1;
    }
    for (size_t i = 0; i < count; i++)
        printf("    .asciz \"%s\"\n", list[i].name);
    free(list);
}
