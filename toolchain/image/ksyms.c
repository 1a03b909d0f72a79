// SPDX-License-Identifier: Apache-2.0
// llvm-objdump -d -l --no-show-raw-insn ELF | ksyms ELF > table.S
//
// Writes the kernel's symbol table (kernel/frame/console/ksyms.h) as assembly: every function
// of ELF, by address, and every source line. The image is linked twice, first without the table
// to get the addresses; the table lies behind all code, so it moves none.
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
        const char *name = strings + s->st_name;
        // What the compiler puts before a function that may be called through pointers.
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

// ---- source lines ----------------------------------------------------------------------------

constexpr size_t FILES_MAX = 4096;

struct line {
    uint64_t address;
    unsigned number, file;
};

struct lines {
    struct line *list;
    size_t count, room;
    char *files[FILES_MAX];
    unsigned file_count;
};

static unsigned file_number(struct lines *l, const char *name)
{
    for (unsigned i = 0; i < l->file_count; i++) {
        if (strcmp(l->files[i], name) == 0)
            return i;
    }
    if (l->file_count == FILES_MAX)
        die(name, "is one source file too many");
    l->files[l->file_count] = strdup(name);
    return l->file_count++;
}

static void add_line(struct lines *l, struct line next)
{
    if (l->count > 0 && l->list[l->count - 1].number == next.number &&
        l->list[l->count - 1].file == next.file)
        return;
    if (l->count == l->room) {
        l->room = l->room * 2 + 1024;
        l->list = realloc(l->list, l->room * sizeof(*l->list));
        if (l->list == nullptr)
            die("standard input", "is too large");
    }
    l->list[l->count++] = next;
}

// Takes in a disassembly: a line "; FILE:NUMBER" comes before the first instruction of a source
// line, "ADDRESS:" begins an instruction.
static void read_lines(struct lines *l, const struct symbol *list, size_t count)
{
    uint64_t base = count > 0 ? list[0].address : 0;
    uint64_t end = count > 0 ? list[count - 1].address + list[count - 1].size : 0;
    char text[4096];
    struct line now = {};
    bool known = false;
    while (fgets(text, sizeof(text), stdin) != nullptr) {
        char *colon = strrchr(text, ':'), *rest;
        if (strncmp(text, "; ", 2) == 0 && colon != nullptr) {
            unsigned long number = strtoul(colon + 1, &rest, 10);
            if (rest == colon + 1 || number > UINT16_MAX)
                continue;
            *colon = 0;
            const char *file = text + 2;
            while (strncmp(file, "./", 2) == 0)
                file += 2;
            now.number = (unsigned)number;
            now.file = file_number(l, file);
            known = true;
            continue;
        }
        now.address = strtoull(text, &rest, 16);
        if (*rest == ':' && known && now.address >= base && now.address < end)
            add_line(l, now);
    }
}

// ---- the table -------------------------------------------------------------------------------

static size_t write_offsets_of_names(size_t at, const char *name)
{
    printf("    .long %zu\n", at);
    return at + strlen(name) + 1;
}

static void write_lines(const struct lines *l, uint64_t base, size_t names_end)
{
    printf("line_offsets:\n");
    for (size_t i = 0; i < l->count; i++)
        printf("    .long 0x%" PRIx64 "\n", l->list[i].address - base);
    printf("file_names:\n");
    for (unsigned i = 0; i < l->file_count; i++)
        names_end = write_offsets_of_names(names_end, l->files[i]);
    printf("lines:\n");
    for (size_t i = 0; i < l->count; i++)
        printf("    .short %u\n", l->list[i].number);
    printf("files:\n");
    for (size_t i = 0; i < l->count; i++)
        printf("    .short %u\n", l->list[i].file);
}

static void write_table(const struct symbol *list, size_t count, const struct lines *l)
{
    uint64_t base = count > 0 ? list[0].address : 0;
    uint64_t end = count > 0 ? list[count - 1].address + list[count - 1].size : 0;
    printf(".section .ksyms, \"a\"\n.balign 8\n.globl kernel_symbols\nkernel_symbols:\n");
    printf("    .quad 0x%" PRIx64 ", 0x%" PRIx64 "\n    .long %zu, 0\n", base, end, count);
    printf("    .quad offsets, names, strings\n    .long %zu, 0\n", l->count);
    printf("    .quad line_offsets, lines, files, file_names\noffsets:\n");
    for (size_t i = 0; i < count; i++)
        printf("    .long 0x%" PRIx64 "\n", list[i].address - base);
    printf("names:\n");
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        at = write_offsets_of_names(at, list[i].name);
    write_lines(l, base, at);
    printf("strings:\n");
    for (size_t i = 0; i < count; i++)
        printf("    .asciz \"%s\"\n", list[i].name);
    for (unsigned i = 0; i < l->file_count; i++)
        printf("    .asciz \"%s\"\n", l->files[i]);
    printf(".section .note.GNU-stack, \"\", @progbits\n");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: llvm-objdump -d -l --no-show-raw-insn ELF | ksyms ELF > table.S\n");
        return 2;
    }
    struct elf e = read_file(argv[1]);
    struct symbol *list;
    size_t count = collect(argv[1], e, &list);
    struct lines lines = {};
    read_lines(&lines, list, count);
    write_table(list, count, &lines);
    for (unsigned i = 0; i < lines.file_count; i++)
        free(lines.files[i]);
    free(lines.list);
    free(list);
    free(e.bytes);
    return ferror(stdout) || fflush(stdout) != 0;
}
