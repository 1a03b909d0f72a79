// SPDX-License-Identifier: Apache-2.0
// The kernel's own symbol table: functions by address, put into the image by its second link
// (toolchain/image). For backtraces.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/types.h"

C_BEGIN

// Addresses in it are those that the image was linked for. It holds no pointers, so it needs no
// relocation.
struct ksyms {
    uint64_t base; // what offsets count from
    uint64_t end;  // of the last function
    uint32_t count;
    // `count` offsets, ascending; for each, where its name begins; then the names.
    uint32_t words[];
};

// The function that `address` is in: the last that begins at or below it. Null if it lies
// before the first or behind the last; else its name, and in `*offset` the distance.
const char *ksyms_find(const struct ksyms *table, uint64_t address, uint64_t *offset);

C_END
