// SPDX-License-Identifier: Apache-2.0
// Which source line each instruction is from, by a disassembly on standard input.
#pragma once
#include <stddef.h>
#include <stdint.h>

constexpr size_t FILES_MAX = 4096;

// Where a source line's code begins.
struct line {
    uint64_t address;
    unsigned number, file; // of lines.files
};

struct lines {
    struct line *list;
    size_t count, room;
    char *files[FILES_MAX];
    unsigned file_count;
};

// Reads what llvm-objdump -d -l --no-show-raw-insn prints; addresses outside [base, end) are left
// out. Ends the program if there is too much of it.
void lines_read(struct lines *l, uint64_t base, uint64_t end);
void lines_free(struct lines *l);
