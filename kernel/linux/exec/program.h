// SPDX-License-Identifier: Apache-2.0
// ELF programs in files. exec/'s own header.
#pragma once
#include "kernel/linux/elf/elf.h"
#include "kernel/linux/exec/exec.h"

C_BEGIN

struct program {
    struct inode *inode; // the reference stays the caller's
    struct elf_program elf;
    struct byte_array table;
};

// Whether a file may be executed at all: regular, and with some permission to. ERR_ACCES.
enum err program_check(struct inode *i);

// Reads as many bytes as there are.
enum err program_read(struct inode *i, uint64_t at, struct span to, size_t *len);

// Reads what its file says of itself; the rest of it is zero before. program_free in any case.
// ERR_NOEXEC, ERR_NOMEM.
enum err program_begin(struct program *p);
void program_free(struct program *p);

// Maps its segments, `base` above where they say. `mm`'s space is active.
enum err program_map(const struct program *p, struct mm *mm, uint64_t base);

C_END
