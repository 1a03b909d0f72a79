// SPDX-License-Identifier: Apache-2.0
// A random number generator: ChaCha20 with fast key erasure. Every batch of bytes begins with the
// next key, and bytes are wiped as they are handed out, so what a stream holds tells nothing of
// what it has given. Pure; callers see to exclusion.
#pragma once
#include "kernel/frame/base/span.h"
#include "kernel/frame/entropy/chacha.h"

C_BEGIN

struct entropy_stream {
    uint32_t key[8];
    size_t left; // unused bytes, at the end of `batch`
    uint8_t batch[4 * CHACHA_BLOCK - 32];
};

// A stream of zeroes for a key. It gives what anybody can compute until something is mixed in.
void entropy_stream_init(struct entropy_stream *s);

// Makes everything that comes depend on `data` too. It loses nothing that the key had.
void entropy_stream_mix(struct entropy_stream *s, struct cspan data);

// Makes `*child` the n-th stream of this one's present key: as good as independent of `s` and of
// any other child.
void entropy_stream_fork(const struct entropy_stream *s, uint32_t n, struct entropy_stream *child);

// The next bytes. It makes no difference in how many calls they are fetched.
void entropy_stream_fill(struct entropy_stream *s, struct span to);

C_END
