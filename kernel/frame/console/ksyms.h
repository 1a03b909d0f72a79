// SPDX-License-Identifier: Apache-2.0
// The kernel's own symbol and line tables: functions and source lines by address, put into the
// image by its second link (toolchain/image). For panics and backtraces.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/types.h"

C_BEGIN

struct ksyms {
    uint64_t base; // what `offsets` count from
    uint64_t end;  // of the last function
    uint32_t count;
    const uint32_t *offsets; // ascending
    const uint32_t *names;   // for each, where its name begins in `strings`
    const char *strings;
    uint32_t line_count;
    const uint32_t *line_offsets; // ascending: where a line's code begins
    const uint16_t *lines;        // for each, its number
    const uint16_t *files;        // and its file, of file_names
    const uint32_t *file_names;   // for each file, where its name begins in `strings`
};

// The function that `address` is in: the last that begins at or below it. Null if it lies
// before the first or behind the last; else its name, and in `*offset` the distance.
const char *ksyms_find(const struct ksyms *table, uint64_t address, uint64_t *offset);

// The file of the source line that `address` belongs to, and in `*line` its number. Null as above,
// or if no line begins at or below it.
const char *ksyms_line(const struct ksyms *table, uint64_t address, uint32_t *line);

C_END
