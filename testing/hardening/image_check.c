// SPDX-License-Identifier: Apache-2.0
// llvm-objdump -d --no-show-raw-insn ELF | image_check ELF
//
// Looks at a kernel's code for what hardware or emulator may not be there to enforce:
//
// - where the CPU or an indirect call may arrive, ENDBR64 is: at the entry points of entry.S, and
// at
//   every function whose address lies in data or code;
// - every call and jump through a register or memory comes right behind a check of the type.
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *bytes;
static size_t size;
static const Elf64_Shdr *sections;
static unsigned section_count;
static int failures;

[[noreturn]] static void die(const char *why)
{
    fprintf(stderr, "image_check: %s\n", why);
    exit(2);
}

static const void *view(uint64_t at, uint64_t n)
{
    if (at > size || n > size - at)
        die("the image is cut short");
    return bytes + at;
}

static void read_image(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == nullptr || fseek(f, 0, SEEK_END) != 0)
        die("the image cannot be read");
    size = (size_t)ftell(f);
    rewind(f);
    bytes = malloc(size + 1);
    if (bytes == nullptr || fread(bytes, 1, size, f) != size)
        die("the image cannot be read");
    bytes[size] = 0;
    fclose(f);
    const Elf64_Ehdr *head = view(0, sizeof(*head));
    section_count = head->e_shnum;
    sections = view(head->e_shoff, section_count * sizeof(*sections));
}

// The bytes at an address; null if the image has none there.
static const void *at_address(uint64_t address, uint64_t n)
{
    for (unsigned i = 0; i < section_count; i++) {
        const Elf64_Shdr *s = &sections[i];
        if ((s->sh_flags & SHF_ALLOC) && s->sh_type != SHT_NOBITS && address >= s->sh_addr &&
            n <= s->sh_size && address - s->sh_addr <= s->sh_size - n)
            return view(s->sh_offset + (address - s->sh_addr), n);
    }
    return nullptr;
}

static int expect_endbr(uint64_t address, const char *name, const char *why)
{
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    const void *code = at_address(address, sizeof(endbr64));
    if (code == nullptr || memcmp(code, endbr64, sizeof(endbr64)) != 0) {
        printf("%s (%016" PRIx64 ", %s) does not begin with endbr64\n", name, address, why);
        failures++;
    }
    return 1;
}

static const Elf64_Sym *symbols;
static size_t symbol_count;
static const char *names;

static void find_symbols(void)
{
    for (unsigned i = 0; i < section_count; i++) {
        if (sections[i].sh_type != SHT_SYMTAB)
            continue;
        symbols = view(sections[i].sh_offset, sections[i].sh_size);
        symbol_count = sections[i].sh_size / sizeof(*symbols);
        names = view(sections[sections[i].sh_link].sh_offset, 1);
        return;
    }
    die("the image has no symbols");
}

static const Elf64_Sym *find(const char *name)
{
    for (size_t i = 0; i < symbol_count; i++) {
        if (strcmp(names + symbols[i].st_name, name) == 0)
            return &symbols[i];
    }
    return nullptr;
}

static void check_entries(void)
{
    static const char *const entries[] = {"syscall_entry", "syscall_entry_compat"};
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        const Elf64_Sym *s = find(entries[i]);
        if (s == nullptr)
            die("an entry point is missing");
        expect_endbr(s->st_value, entries[i], "entry point");
    }
    const Elf64_Sym *stubs = find("trap_stubs");
    if (stubs == nullptr || stubs->st_size <= 255 * 16 || stubs->st_size > 256 * 16)
        die("the trap stubs are not 256 times 16 bytes");
    for (uint64_t i = 0; i < 256; i++)
        expect_endbr(stubs->st_value + 16 * i, "a trap stub", "entry point");
}

// stack_start is reached by RET, and higher_half before there is any check.
static bool is_target(const Elf64_Sym *s)
{
    const char *name = names + s->st_name;
    return ELF64_ST_TYPE(s->st_info) == STT_FUNC && strcmp(name, "stack_start") != 0 &&
           strcmp(name, "higher_half") != 0;
}

// If the word is where a function begins, a call may go there.
static int check_word(uint64_t word, const char *where)
{
    int count = 0;
    for (size_t n = 0; word >> 31 == 0x1ffffffff && n < symbol_count; n++) {
        if (symbols[n].st_value == word && is_target(&symbols[n]))
            count += expect_endbr(word, names + symbols[n].st_name, where);
    }
    return count;
}

// Addresses of functions in data, and in code, where they are 32 bits to be sign-extended.
static int check_addresses(bool in_code)
{
    int count = 0;
    for (unsigned i = 0; i < section_count; i++) {
        const Elf64_Shdr *s = &sections[i];
        bool code = (s->sh_flags & SHF_EXECINSTR) != 0;
        if (!(s->sh_flags & SHF_ALLOC) || code != in_code || s->sh_type != SHT_PROGBITS)
            continue;
        const char *data = view(s->sh_offset, s->sh_size);
        for (uint64_t at = 0; at + 8 <= s->sh_size; at += code ? 1 : 8) {
            uint64_t word;
            int32_t half;
            memcpy(&word, data + at, 8);
            memcpy(&half, data + at, 4);
            count +=
                check_word(code ? (uint64_t)(int64_t)half : word, code ? "in code" : "in data");
        }
    }
    return count;
}

static bool is_indirect(const char *line)
{
    const char *op = strstr(line, "\tcall");
    if (op == nullptr)
        op = strstr(line, "\tjmp");
    if (op == nullptr)
        op = strstr(line, "\tnotrack");
    return op != nullptr && strchr(op, '*') != nullptr;
}

static int check_calls(void)
{
    char line[1024], before[1024] = "";
    int count = 0;
    bool text = false;
    while (fgets(line, sizeof(line), stdin) != nullptr) {
        if (strncmp(line, "Disassembly of section ", 23) == 0)
            text = strcmp(line + 23, ".text:\n") == 0;
        if (text && is_indirect(line)) {
            count++;
            if (strstr(before, "\tud2") == nullptr) {
                printf("unchecked: %s", line);
                failures++;
            }
        }
        strcpy(before, line);
    }
    return count;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        die("usage: llvm-objdump -d --no-show-raw-insn ELF | image_check ELF");
    read_image(argv[1]);
    find_symbols();
    check_entries();
    int data = check_addresses(false), code = check_addresses(true), calls = check_calls();
    printf("%d addresses of functions in data, %d in code, %d indirect calls\n", data, code, calls);
    free(bytes);
    // Hardly any would mean that nothing has been looked at.
    return failures != 0 || data + code < 20 || calls < 10;
}
