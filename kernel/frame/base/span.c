// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/span.h"
#include "kernel/frame/base/mem.h"

// The CPU's own byte order is little-endian, so that loads and stores are copies.
#define DEFINE_WORD(bits)                                                                          \
    uint##bits##_t cspan_u##bits(struct cspan s, size_t at)                                        \
    {                                                                                              \
        uint##bits##_t value;                                                                      \
        __builtin_memcpy(&value, cspan_sub(s, at, sizeof(value)).bytes, sizeof(value));            \
        return value;                                                                              \
    }                                                                                              \
    void span_put_u##bits(struct span s, size_t at, uint##bits##_t value)                          \
    {                                                                                              \
        __builtin_memcpy(span_sub(s, at, sizeof(value)).bytes, &value, sizeof(value));             \
    }
DEFINE_WORD(8)
DEFINE_WORD(16)
DEFINE_WORD(32)
DEFINE_WORD(64)

size_t cspan_find(struct cspan s, uint8_t byte)
{
    size_t at = 0;
    while (at < s.len && s.bytes[at] != byte)
        at++;
    return at;
}

void span_fill(struct span s, uint8_t byte)
{
    if (s.len > 0)
        memset(s.bytes, byte, s.len);
}

bool cspan_starts_with(struct cspan s, struct cspan prefix)
{
    return s.len >= prefix.len && cspan_equal(cspan_sub(s, 0, prefix.len), prefix);
}

bool cspan_equal(struct cspan a, struct cspan b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.bytes, b.bytes, a.len) == 0);
}

struct cspan cspan_of_string(const char *text)
{
    size_t len = 0;
    while (text[len] != 0)
        len++;
    return cspan_make(text, len);
}

size_t span_copy(struct span to, struct cspan from)
{
    size_t n = to.len < from.len ? to.len : from.len;
    if (n > 0)
        memcpy(to.bytes, from.bytes, n);
    return n;
}
