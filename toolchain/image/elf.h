// SPDX-License-Identifier: Apache-2.0
// A linked kernel, as a file in memory. What is wrong with it ends the program.
#pragma once
#include <elf.h>
#include <stddef.h>
#include <stdint.h>

struct elf {
    const char *path;
    char *bytes;
    size_t size;
    const Elf64_Shdr *sections;
    size_t section_count;
    const Elf64_Sym *symbols;
    size_t symbol_count;
    const char *strings;
    size_t strings_size;
};

// Ends the program with a message about the file.
[[noreturn]] void elf_die(const struct elf *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Reads an ELF file with a symbol table; elf_close frees it.
struct elf elf_open(const char *path);
void elf_close(struct elf *e);

// The `size` bytes at offset `at`.
const void *elf_view(const struct elf *e, uint64_t at, uint64_t size);

const char *elf_name(const struct elf *e, const Elf64_Sym *s);

// The value of the symbol `name`.
uint64_t elf_value(const struct elf *e, const char *name);
