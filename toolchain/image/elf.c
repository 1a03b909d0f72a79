// SPDX-License-Identifier: Apache-2.0
#include "toolchain/image/elf.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void elf_die(const struct elf *e, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "tables: %s: ", e->path);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static void read_file(struct elf *e)
{
    FILE *f = fopen(e->path, "rb");
    if (f == nullptr || fseek(f, 0, SEEK_END) != 0)
        elf_die(e, "cannot be read");
    long size = ftell(f);
    rewind(f);
    e->size = size < 0 ? 0 : (size_t)size;
    e->bytes = malloc(e->size + 1);
    if (e->bytes == nullptr || fread(e->bytes, 1, e->size, f) != e->size)
        elf_die(e, "cannot be read");
    e->bytes[e->size] = 0; // names cannot run past the end
    fclose(f);
}

const void *elf_view(const struct elf *e, uint64_t at, uint64_t size)
{
    if (at > e->size || size > e->size - at)
        elf_die(e, "is cut short");
    return e->bytes + at;
}

struct elf elf_open(const char *path)
{
    struct elf e = {.path = path};
    read_file(&e);
    const Elf64_Ehdr *head = elf_view(&e, 0, sizeof(*head));
    if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_ident[EI_CLASS] != ELFCLASS64)
        elf_die(&e, "is no 64-bit ELF file");
    e.section_count = head->e_shnum;
    e.sections = elf_view(&e, head->e_shoff, e.section_count * sizeof(*e.sections));
    for (size_t i = 0; i < e.section_count; i++) {
        const Elf64_Shdr *s = &e.sections[i];
        if (s->sh_type != SHT_SYMTAB || s->sh_link >= e.section_count)
            continue;
        const Elf64_Shdr *names = &e.sections[s->sh_link];
        e.symbols = elf_view(&e, s->sh_offset, s->sh_size);
        e.symbol_count = s->sh_size / sizeof(*e.symbols);
        e.strings = elf_view(&e, names->sh_offset, names->sh_size);
        e.strings_size = names->sh_size;
    }
    if (e.symbols == nullptr)
        elf_die(&e, "has no symbol table");
    return e;
}

void elf_close(struct elf *e) { free(e->bytes); }

const char *elf_name(const struct elf *e, const Elf64_Sym *s)
{
    if (s->st_name >= e->strings_size)
        elf_die(e, "has a symbol without a name");
    return e->strings + s->st_name;
}

uint64_t elf_value(const struct elf *e, const char *name)
{
    for (size_t i = 0; i < e->symbol_count; i++) {
        if (strcmp(elf_name(e, &e->symbols[i]), name) == 0)
            return e->symbols[i].st_value;
    }
    elf_die(e, "has no symbol %s", name);
}
