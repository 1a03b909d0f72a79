// SPDX-License-Identifier: Apache-2.0
// Reading ELF programs (psABI, "Object Files"; elf(5)). The file is untrusted: whatever it holds,
// what this room hands out is consistent. Pure.
#pragma once
#include "kernel/frame/frame.h"

C_BEGIN

// The first bytes of a file that elf_begin looks at.
constexpr size_t ELF_HEAD_SIZE = 64;

struct elf_program {
    uint64_t file_size;
    bool moves;       // ET_DYN: goes wherever it is put
    uint64_t entry;   // before it is moved, like all addresses here
    uint64_t headers; // where the program headers are once loaded; 0: nowhere
    uint16_t header_count;
    uint64_t headers_at, headers_size; // in the file
    struct cspan table;                // the program headers
    uint64_t low, high;                // page-aligned bounds of all segments
    uint64_t interpreter_at;           // where its name is in the file,
    size_t interpreter_size;           // with the final zero; 0: there is none
    bool stack_exec;
};

// A range of memory that the file fills, all page-aligned but for the last two.
struct elf_segment {
    uint64_t start, end; // of memory
    uint64_t file_page;  // that is mapped at the start
    uint64_t file_end;   // memory from here to `end` does not come from the file: address
    uint8_t prot;        // of enum vm_perm
};

// Checks a file's first bytes, of which there may be fewer, and says where its program headers are.
// ERR_NOEXEC: not a program for this machine, or a broken one.
enum err elf_begin(struct cspan head, uint64_t file_size, struct elf_program *out);

// Checks the program headers, which are `p`'s for as long as it is used, and finds what they say.
// ERR_NOEXEC.
enum err elf_take_table(struct elf_program *p, struct cspan table);

// The next segment to load: `*i` counts from 0. False behind the last.
bool elf_next_segment(const struct elf_program *p, uint16_t *i, struct elf_segment *out);

C_END
