// SPDX-License-Identifier: Apache-2.0
// Spans: a run of bytes with its length. Services pass buffers as spans only; the fields are
// the frame's, so a span's length is always true. Spans do not own what they name.
#pragma once
#include "kernel/frame/base/assert.h"
#include "kernel/frame/base/types.h"

C_BEGIN

struct span {
    uint8_t *bytes FRAME_PRIVATE;
    size_t len FRAME_PRIVATE;
};

// The same, read only.
struct cspan {
    const uint8_t *bytes FRAME_PRIVATE;
    size_t len FRAME_PRIVATE;
};

// For the frame: the caller vouches for `len`.
FRAME_ONLY static inline struct span span_make(void *bytes FRAME_BYTES, size_t len)
{
    struct span s = {(uint8_t *)bytes, len};
    return s;
}

FRAME_ONLY static inline struct cspan cspan_make(const void *bytes FRAME_BYTES, size_t len)
{
    struct cspan s = {(const uint8_t *)bytes, len};
    return s;
}

// The bytes of an array or structure object (not of what a pointer points to), which has no pointer
// in it.
#define SPAN_OF(object) span_make(&(object), sizeof(object))
#define CSPAN_OF(object) cspan_make(&(object), sizeof(object))

// The characters of a string literal, without the final zero.
#define SPAN_TEXT(literal) cspan_make(&("" literal), sizeof("" literal) - 1)

static inline size_t span_len(struct span s) { return s.len; }
static inline size_t cspan_len(struct cspan s) { return s.len; }
static inline struct cspan span_const(struct span s) { return cspan_make(s.bytes, s.len); }

// The `len` bytes from `start` on. Beyond the end is a bug of the caller's: panics.
static inline struct span span_sub(struct span s, size_t start, size_t len)
{
    ASSERT(start <= s.len && len <= s.len - start);
    return span_make(s.bytes + start, len);
}

static inline struct cspan cspan_sub(struct cspan s, size_t start, size_t len)
{
    ASSERT(start <= s.len && len <= s.len - start);
    return cspan_make(s.bytes + start, len);
}

// Loads and stores, little-endian. Whether the bytes are there is the caller's to check: panics.
uint8_t cspan_u8(struct cspan s, size_t at);
uint16_t cspan_u16(struct cspan s, size_t at);
uint32_t cspan_u32(struct cspan s, size_t at);
uint64_t cspan_u64(struct cspan s, size_t at);

void span_put_u8(struct span s, size_t at, uint8_t value);
void span_put_u16(struct span s, size_t at, uint16_t value);
void span_put_u32(struct span s, size_t at, uint32_t value);
void span_put_u64(struct span s, size_t at, uint64_t value);

// Where `byte` first is; the length if it is nowhere.
size_t cspan_find(struct cspan s, uint8_t byte);

// Sets every byte.
void span_fill(struct span s, uint8_t byte);

// Whether `s` begins with `prefix`.
bool cspan_starts_with(struct cspan s, struct cspan prefix);

// Whether both have the same bytes.
bool cspan_equal(struct cspan a, struct cspan b);

// The characters of a zero-terminated string. For the frame: reads up to the zero.
struct cspan cspan_of_string(const char *text);

// Copies as many bytes as fit and returns how many that were. The spans do not overlap.
size_t span_copy(struct span to, struct cspan from);

C_END
