// SPDX-License-Identifier: Apache-2.0
// Moving a linked image: its table of relocations, which toolchain/image/relocs.c writes. Pure.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/types.h"

C_BEGIN

// Six lists: addresses of the image in 32 bits (sign-extended), the same in 64 bits, addresses of
// the direct map in 64 bits; of each first those in text and read-only data, then those in data.
// A list is the distances from one place to the next, from the byte before the start on, 7 bits to
// a byte, the lowest first, the top bit set in all but the last byte; a zero ends it.
//
// Adds to every place named: `image` to addresses of the image, `direct` to those of the direct
// map. `text` and `data` are where the two parts can be written.
void relocs_apply(const uint8_t *table, uint8_t *text, uint8_t *data, uint64_t image,
                  uint64_t direct);

C_END
