// SPDX-License-Identifier: Apache-2.0
// Eight bytes at a time, in plain loops: QEMU's translator runs `rep movs` a byte at a time
// and counts each as an instruction, and on hardware these loops are good enough for the
// short copies a kernel makes.
#include "kernel/frame/base/mem.h"
#include <stdint.h>

// An access to memory of any type and alignment.
struct unaligned_u64 {
    uint64_t v;
} __attribute__((packed, may_alias));

static uint64_t load64(const uint8_t *p) { return ((const struct unaligned_u64 *)p)->v; }

static void store64(uint8_t *p, uint64_t v) { ((struct unaligned_u64 *)p)->v = v; }

void *memcpy(void *to, const void *from, size_t n)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    for (; n >= 8; n -= 8, d += 8, s += 8)
        store64(d, load64(s));
    for (; n > 0; n--)
        *d++ = *s++;
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    if ((uintptr_t)d - (uintptr_t)s >= n)
        return memcpy(to, from, n);
    for (; n >= 8; n -= 8)
        store64(d + n - 8, load64(s + n - 8));
    for (; n > 0; n--)
        d[n - 1] = s[n - 1];
    return to;
}

void *memset(void *at, int byte, size_t n)
{
    uint8_t *d = at;
    uint64_t pattern = 0x0101010101010101ull * (uint8_t)byte;
    for (; n >= 8; n -= 8, d += 8)
        store64(d, pattern);
    for (; n > 0; n--)
        *d++ = (uint8_t)byte;
    return at;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a;
    const uint8_t *y = b;
    for (; n > 0; n--, x++, y++) {
        if (*x != *y)
            return *x < *y ? -1 : 1;
    }
    return 0;
}
