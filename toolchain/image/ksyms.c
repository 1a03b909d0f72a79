// SPDX-License-Identifier: Apache-2.0
// ksyms ELF > table.S
//
// Writes the kernel's symbol table (kernel/frame/console/ksyms.h) as assembly: every function
// of ELF, by address. The image is linked twice, first without the table to get the addresses;
// the table lies behind all code, so it moves none.
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct elf {
    char *bytes;
    size_t size;
};

struct symbol {
    uint64_t address, size;
    const char *name;
};

[[noreturn]] static void die(const char *file, const char *why)
{
    fprintf(stderr, "ksyms: %s: %s\n", file, why);
    exit(1);
}

static struct elf read_file(const char *path)
{
    struct elf e = {};
    FILE *f = fopen(path, "rb");
    if (f == nullptr || fseek(f, 0, SEEK_END) != 0)
        die(path, "cannot be read");
    long size = ftell(f);
    rewind(f);
    e.size = size < 0 ? 0 : (size_t)size;
    e.bytes = malloc(e.size + 1);
    if (e.bytes == nullptr || fread(e.bytes, 1, e.size, f) != e.size)
        die(path, "cannot be read");
    e.bytes[e.size] = 0; // names cannot run past the end
    fclose(f);
    return e;
}

static const void *view(const char *path, struct elf e, uint64_t at, uint64_t size)
{
    if (at > e.size || size > e.size - at)
        die(path, "is cut short");
    return e.bytes + at;
}

static int by_address(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return strcmp(x->name, y->name);
}

// The functions of the symbol table, sorted, one for each address.
static size_t collect(const char *path, struct elf e, struct symbol **out)
{
    const Elf64_Ehdr *head = view(path, e, 0, sizeof(*head));
    if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_ident[EI_CLASS] != ELFCLASS64)
        die(path, "is no 64-bit ELF file");
    const Elf64_Shdr *sections =
        view(path, e, head->e_shoff, (uint64_t)head->e_shnum * sizeof(*sections));
    const Elf64_Shdr *table = nullptr;
    for (unsigned i = 0; i < head->e_shnum; i++) {
        if (sections[i].sh_type == SHT_SYMTAB)
            table = &sections[i];
    }
    if (table == nullptr || table->sh_link >= head->e_shnum)
        die(path, "has no symbol table");
    const Elf64_Shdr *names = &sections[table->sh_link];
    const char *strings = view(path, e, names->sh_offset, names->sh_size);
    const Elf64_Sym *symbols = view(path, e, table->sh_offset, table->sh_size);

    size_t count = 0, total = table->sh_size / sizeof(*symbols);
    struct symbol *list = calloc(total + 1, sizeof(*list));
    if (list == nullptr)
        die(path, "is too large");
    for (size_t i = 0; i < total; i++) {
        const Elf64_Sym *s = &symbols[i];
        if (ELF64_ST_TYPE(s->st_info) != STT_FUNC || s->st_shndx == SHN_UNDEF)
            continue;
        if (s->st_name >= names->sh_size)
            die(path, "has a symbol without a name");
        list[count++] = (struct symbol){s->st_value, s->st_size, strings + s->st_name};
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

static void write_table(const struct symbol *list, size_t count)
{
    uint64_t base = count > 0 ? list[0].address : 0;
    uint64_t end = count > 0 ? list[count - 1].address + list[count - 1].size : 0;
    printf(".section .ksyms, \"a\"\n.balign 8\n.globl kernel_symbols\nkernel_symbols:\n");
    printf("    .quad 0x%" PRIx64 ", 0x%" PRIx64 "\n    .long %zu, 0\n", base, end, count);
    printf("    .quad offsets, names, strings\noffsets:\n");
    for (size_t i = 0; i < count; i++)
        printf("    .long 0x%" PRIx64 "\n", list[i].address - base);
    printf("names:\n");
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        printf("    .long %zu\n", at);
        at += strlen(list[i].name) + 1;
    }
    printf("strings:\n");
    for (size_t i = 0; i < count; i++)
        printf("    .asciz \"%s\"\n", list[i].name);
    printf(".section .note.GNU-stack, \"\", @progbits\n");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: ksyms ELF > table.S\n");
        return 2;
    }
    struct elf e = read_file(argv[1]);
    struct symbol *list;
    size_t count = collect(argv[1], e, &list);
    write_table(list, count);
    free(list);
    free(e.bytes);
    return ferror(stdout) || fflush(stdout) != 0;
}
