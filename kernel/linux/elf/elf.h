// SPDX-License-Identifier: Apache-2.0
// Reading ELF programs (psABI, "Object Files"; elf(5)). The file is untrusted: whatever it holds,
// what this room hands out is consistent. Pure.
#pragma once
#include "kernel/frame/frame.h"

C_BEGIN

struct elf_program {
    struct cspan file;
    bool moves;       // ET_DYN: goes wherever it is put
    uint64_t entry;   // before it is moved, like all addresses here
    uint64_t headers; // where the program headers are once loaded; 0: nowhere
    uint16_t header_count;
    uint64_t headers_at;      // in the file
    uint64_t low, high;       // page-aligned bounds of all segments
    struct cspan interpreter; // without the final zero; empty: none
    bool stack_exec;
};

// A range of memory that the file fills, all page-aligned but for the last two.
struct elf_segment {
    uint64_t start, end; // of memory
    uint64_t file_page;  // that is mapped at the start
    uint64_t file_end;   // memory from here to `end` does not come from the file: address
    uint8_t prot;        // of enum vm_perm
};

// Checks a file and finds what it is. ERR_NOEXEC: not a program for this machine, or a broken one.
enum err elf_parse(struct cspan file, struct elf_program *out);

// The next segment to load: `*i` counts from 0. False behind the last.
bool elf_next_segment(const struct elf_program *p, uint16_t *i, struct elf_segment *out);

C_END
