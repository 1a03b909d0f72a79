// SPDX-License-Identifier: Apache-2.0
// The kernel's own symbol and line tables: functions and source lines by address, put into the
// image by its second link (toolchain/image). For panics and backtraces.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/types.h"

C_BEGIN

// Addresses in it are those that the image was linked for. It holds no pointers, so it needs no
// relocation.
struct ksyms {
    uint64_t base; // what offsets count from
    uint64_t end;  // of the last function
    uint32_t count, line_count, file_count;
    // For each function its offset, ascending; for each, where its name begins in the texts; for
    // each line the offset where its code begins, ascending; for each, its file and number
    // (see below); for each file, where its name begins; then the texts.
    uint32_t words[];
};

// A source line's number and its file's, in one word.
constexpr uint32_t KSYMS_LINE_BITS = 16;

// The function that `address` is in: the last that begins at or below it. Null if it lies
// before the first or behind the last; else its name, and in `*offset` the distance.
const char *ksyms_find(const struct ksyms *table, uint64_t address, uint64_t *offset);

// The file of the source line that `address` belongs to, and in `*line` its number. Null as above,
// or if no line begins at or below it.
const char *ksyms_line(const struct ksyms *table, uint64_t address, uint32_t *line);

C_END
