// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/entropy/stream.h"
#include "kernel/frame/base/mem.h"

// What a block is for is its nonce, so that none serves two ends.
static const uint32_t for_batch[3] = {0}, for_mixing[3] = {1}, for_fork[3] = {2};

void entropy_stream_init(struct entropy_stream *s) { *s = (struct entropy_stream){}; }

void entropy_stream_mix(struct entropy_stream *s, struct cspan data)
{
    uint8_t block[CHACHA_BLOCK];
    while (data.len > 0) {
        uint32_t words[8] = {};
        size_t n = min_u64(data.len, sizeof(words));
        memcpy(words, data.bytes, n);
        for (int i = 0; i < 8; i++)
            s->key[i] ^= words[i];
        chacha_block(s->key, (uint32_t)n, for_mixing, block);
        memcpy(s->key, block, sizeof(s->key));
        data = cspan_sub(data, n, data.len - n);
    }
    s->left = 0;
    chacha_forget(block, sizeof(block));
}

void entropy_stream_fork(const struct entropy_stream *s, uint32_t n, struct entropy_stream *child)
{
    uint8_t block[CHACHA_BLOCK];
    chacha_block(s->key, n, for_fork, block);
    entropy_stream_init(child);
    memcpy(child->key, block, sizeof(child->key));
    chacha_forget(block, sizeof(block));
}

static void make_batch(struct entropy_stream *s)
{
    uint8_t blocks[4][CHACHA_BLOCK];
    for (uint32_t i = 0; i < 4; i++)
        chacha_block(s->key, i, for_batch, blocks[i]);
    memcpy(s->key, blocks, sizeof(s->key));
    memcpy(s->batch, &blocks[0][sizeof(s->key)], sizeof(s->batch));
    s->left = sizeof(s->batch);
    chacha_forget(blocks, sizeof(blocks));
}

void entropy_stream_fill(struct entropy_stream *s, struct span to)
{
    while (to.len > 0) {
        if (s->left == 0)
            make_batch(s);
        size_t n = min_u64(to.len, s->left);
        uint8_t *from = s->batch + sizeof(s->batch) - s->left;
        memcpy(to.bytes, from, n);
        memset(from, 0, n);
        s->left -= n;
        to = span_sub(to, n, to.len - n);
    }
}
