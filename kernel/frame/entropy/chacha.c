// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/entropy/chacha.h"
#include "kernel/frame/base/mem.h"

static uint32_t rotate(uint32_t x, int by) { return x << by | x >> (32 - by); }

static inline void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    *a += *b, *d = rotate(*d ^ *a, 16);
    *c += *d, *b = rotate(*b ^ *c, 12);
    *a += *b, *d = rotate(*d ^ *a, 8);
    *c += *d, *b = rotate(*b ^ *c, 7);
}

void chacha_block(const uint32_t key[8], uint32_t counter, const uint32_t nonce[3],
                  uint8_t out[CHACHA_BLOCK])
{
    // "expand 32-byte k"
    uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, [12] = counter};
    memcpy(&start[4], key, 8 * sizeof(*key));
    memcpy(&start[13], nonce, 3 * sizeof(*nonce));
    uint32_t x[16];
    memcpy(x, start, sizeof(x));
    for (int i = 0; i < 10; i++) {
        quarter_round(&x[0], &x[4], &x[8], &x[12]);
        quarter_round(&x[1], &x[5], &x[9], &x[13]);
        quarter_round(&x[2], &x[6], &x[10], &x[14]);
        quarter_round(&x[3], &x[7], &x[11], &x[15]);
        quarter_round(&x[0], &x[5], &x[10], &x[15]);
        quarter_round(&x[1], &x[6], &x[11], &x[12]);
        quarter_round(&x[2], &x[7], &x[8], &x[13]);
        quarter_round(&x[3], &x[4], &x[9], &x[14]);
    }
    for (int i = 0; i < 16; i++)
        x[i] += start[i];
    memcpy(out, x, sizeof(x)); // the CPU's own byte order is ChaCha's
    chacha_forget(x, sizeof(x));
    chacha_forget(start, sizeof(start));
}
