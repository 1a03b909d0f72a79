// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/span.h"
#include "kernel/frame/base/mem.h"

static uint64_t load_le(struct cspan s, size_t at, size_t size)
{
    struct cspan field = cspan_sub(s, at, size);
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)field.bytes[i] << (8 * i);
    return value;
}

uint16_t cspan_u16(struct cspan s, size_t at) { return (uint16_t)load_le(s, at, 2); }
uint32_t cspan_u32(struct cspan s, size_t at) { return (uint32_t)load_le(s, at, 4); }
uint64_t cspan_u64(struct cspan s, size_t at) { return load_le(s, at, 8); }

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
