// SPDX-License-Identifier: Apache-2.0
#include "boot/relocs.h"

// Places are where instructions and data have them: at any address.
struct unaligned {
    uint64_t value;
} __attribute__((packed));

struct unaligned32 {
    uint32_t value;
} __attribute__((packed));

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

static void add_32(const uint8_t **list, uint8_t *start, uint64_t by)
{
    uint8_t *at = start - 1;
    for (uint64_t step; (step = take_number(list)) != 0;) {
        at += step;
        ((struct unaligned32 *)at)->value += (uint32_t)by;
    }
}

static void add_64(const uint8_t **list, uint8_t *start, uint64_t by)
{
    uint8_t *at = start - 1;
    for (uint64_t step; (step = take_number(list)) != 0;) {
        at += step;
        ((struct unaligned *)at)->value += by;
    }
}

void relocs_apply(const uint8_t *table, uint8_t *text, uint8_t *data, uint64_t image,
                  uint64_t direct)
{
    add_32(&table, text, image);
    add_32(&table, data, image);
    add_64(&table, text, image);
    add_64(&table, data, image);
    add_64(&table, text, direct);
    add_64(&table, data, direct);
}
