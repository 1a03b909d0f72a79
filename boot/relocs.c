// SPDX-License-Identifier: Apache-2.0
#include "boot/relocs.h"

static uint64_t take_number(const uint8_t **list)
{
    uint64_t n = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = *(*list)++;
        n |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return n;
    }
}

// Takes one list off `*table` and adds to its places, of 4 or 8 bytes.
static inline void add_to_all(const uint8_t **table, uint8_t *start, size_t width, uint64_t by)
{
    uint8_t *at = start - 1;
    for (uint64_t step; (step = take_number(table)) != 0;) {
        at += step;
        // They are where instructions and data have them: at any address.
        uint64_t value = 0;
        __builtin_memcpy(&value, at, width);
        value += by;
        __builtin_memcpy(at, &value, width);
    }
}

void relocs_apply(const uint8_t *table, uint8_t *text, uint8_t *data, uint64_t image,
                  uint64_t direct)
{
    add_to_all(&table, text, 4, image);
    add_to_all(&table, data, 4, image);
    add_to_all(&table, text, 8, image);
    add_to_all(&table, data, 8, image);
    add_to_all(&table, text, 8, direct);
    add_to_all(&table, data, 8, direct);
}
