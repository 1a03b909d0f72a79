// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/span.h"
#include <gtest/gtest.h>
#include <string>

namespace
{

const uint8_t bytes[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x80};
const struct cspan all = CSPAN_OF(bytes);

std::string str(struct cspan s)
{
    return std::string(reinterpret_cast<const char *>(s.bytes), s.len);
}

TEST(Span, macros_take_whole_objects)
{
    uint32_t object = 0;
    struct span s = SPAN_OF(object);
    EXPECT_EQ(s.bytes, reinterpret_cast<uint8_t *>(&object));
    EXPECT_EQ(span_len(s), 4u);
    EXPECT_EQ(cspan_len(all), 9u);
    EXPECT_EQ(str(SPAN_TEXT("text")), "text");
    EXPECT_EQ(cspan_len(SPAN_TEXT("")), 0u);
}

TEST(Span, const_view_names_the_same_bytes)
{
    char buf[3];
    struct span s = SPAN_OF(buf);
    struct cspan c = span_const(s);
    EXPECT_EQ(c.bytes, s.bytes);
    EXPECT_EQ(c.len, s.len);
}

TEST(Span, sub_takes_any_part)
{
    struct cspan mid = cspan_sub(all, 2, 3);
    EXPECT_EQ(mid.bytes, bytes + 2);
    EXPECT_EQ(mid.len, 3u);
    EXPECT_EQ(cspan_sub(all, 0, 9).len, 9u);
    EXPECT_EQ(cspan_sub(all, 9, 0).len, 0u) << "empty at the very end";

    char buf[4] = {'a', 'b', 'c', 'd'};
    struct span s = span_sub(SPAN_OF(buf), 1, 2);
    EXPECT_EQ(str(span_const(s)), "bc");
}

TEST(Span, sub_of_the_empty_span)
{
    struct cspan none = cspan_make(nullptr, 0);
    EXPECT_EQ(cspan_sub(none, 0, 0).len, 0u);
    EXPECT_EQ(span_sub(span_make(nullptr, 0), 0, 0).len, 0u);
}

TEST(SpanDeathTest, sub_beyond_the_end_panics)
{
    EXPECT_DEATH(cspan_sub(all, 0, 10), "assertion failed");
    EXPECT_DEATH(cspan_sub(all, 9, 1), "assertion failed");
    EXPECT_DEATH(cspan_sub(all, 10, 0), "assertion failed");
    char buf[4];
    EXPECT_DEATH(span_sub(SPAN_OF(buf), 3, 2), "assertion failed");
}

TEST(SpanDeathTest, sub_that_wraps_panics)
{
    EXPECT_DEATH(cspan_sub(all, 1, SIZE_MAX), "assertion failed");
    EXPECT_DEATH(cspan_sub(all, SIZE_MAX, 2), "assertion failed");
    char buf[4];
    EXPECT_DEATH(span_sub(SPAN_OF(buf), 2, SIZE_MAX - 1), "assertion failed");
}

TEST(Span, loads_are_little_endian_at_any_alignment)
{
    EXPECT_EQ(cspan_u16(all, 0), 0x2301);
    EXPECT_EQ(cspan_u16(all, 7), 0x80ef);
    EXPECT_EQ(cspan_u32(all, 1), 0x89674523u);
    EXPECT_EQ(cspan_u32(all, 5), 0x80efcdabu);
    EXPECT_EQ(cspan_u64(all, 0), 0xefcdab8967452301u);
    EXPECT_EQ(cspan_u64(all, 1), 0x80efcdab89674523u);
    const uint8_t zeros[8] = {};
    EXPECT_EQ(cspan_u64(CSPAN_OF(zeros), 0), 0u);
}

TEST(SpanDeathTest, loads_beyond_the_end_panic)
{
    EXPECT_DEATH(cspan_u16(all, 8), "assertion failed");
    EXPECT_DEATH(cspan_u32(all, 6), "assertion failed");
    EXPECT_DEATH(cspan_u64(all, 2), "assertion failed");
    EXPECT_DEATH(cspan_u64(all, SIZE_MAX - 3), "assertion failed");
}

TEST(Span, starts_with)
{
    struct cspan word = SPAN_TEXT("keel");
    EXPECT_TRUE(cspan_starts_with(word, SPAN_TEXT("")));
    EXPECT_TRUE(cspan_starts_with(word, SPAN_TEXT("ke")));
    EXPECT_TRUE(cspan_starts_with(word, SPAN_TEXT("keel")));
    EXPECT_FALSE(cspan_starts_with(word, SPAN_TEXT("keels")));
    EXPECT_FALSE(cspan_starts_with(word, SPAN_TEXT("kf")));
    EXPECT_FALSE(cspan_starts_with(cspan_make(nullptr, 0), SPAN_TEXT("k")));
}

TEST(Span, equal)
{
    EXPECT_TRUE(cspan_equal(SPAN_TEXT("abc"), SPAN_TEXT("abc")));
    EXPECT_FALSE(cspan_equal(SPAN_TEXT("abc"), SPAN_TEXT("abd")));
    EXPECT_FALSE(cspan_equal(SPAN_TEXT("abc"), SPAN_TEXT("ab")));
    EXPECT_TRUE(cspan_equal(cspan_make(nullptr, 0), SPAN_TEXT("")));
}

TEST(Span, zero_bytes_are_ordinary)
{
    EXPECT_FALSE(cspan_equal(SPAN_TEXT("a\0b"), SPAN_TEXT("a\0c")));
    EXPECT_TRUE(cspan_starts_with(SPAN_TEXT("a\0bc"), SPAN_TEXT("a\0b")));
}

TEST(Span, of_string_stops_at_the_zero)
{
    EXPECT_EQ(str(cspan_of_string("one\0two")), "one");
    EXPECT_EQ(cspan_of_string("").len, 0u);
}

TEST(Span, copy_takes_what_fits)
{
    char buf[5] = {'#', '#', '#', '#', '#'};
    EXPECT_EQ(span_copy(span_make(buf, 3), SPAN_TEXT("abcd")), 3u);
    EXPECT_EQ(std::string(buf, 5), "abc##");
    EXPECT_EQ(span_copy(span_make(buf, 5), SPAN_TEXT("xy")), 2u);
    EXPECT_EQ(std::string(buf, 5), "xyc##");
    EXPECT_EQ(span_copy(span_make(buf, 5), SPAN_TEXT("z")), 1u);
    EXPECT_EQ(std::string(buf, 5), "zyc##");
    EXPECT_EQ(span_copy(span_make(nullptr, 0), SPAN_TEXT("xy")), 0u);
    EXPECT_EQ(span_copy(span_make(buf, 5), cspan_make(nullptr, 0)), 0u);
    EXPECT_EQ(std::string(buf, 5), "zyc##");
}

TEST(Span, stores_are_little_endian_and_loads_find_them)
{
    uint8_t b[16] = {};
    struct span s = SPAN_OF(b);
    span_put_u8(s, 0, 0x11);
    span_put_u16(s, 1, 0x2233);
    span_put_u32(s, 3, 0x44556677);
    span_put_u64(s, 8, 0x8899aabbccddeeff);
    EXPECT_EQ(b[1], 0x33);
    EXPECT_EQ(b[3], 0x77);
    EXPECT_EQ(cspan_u8(span_const(s), 0), 0x11);
    EXPECT_EQ(cspan_u16(span_const(s), 1), 0x2233);
    EXPECT_EQ(cspan_u32(span_const(s), 3), 0x44556677u);
    EXPECT_EQ(cspan_u64(span_const(s), 8), 0x8899aabbccddeeffu);
}

TEST(Span, finds_and_fills)
{
    uint8_t b[4] = {1, 2, 3, 2};
    EXPECT_EQ(cspan_find(CSPAN_OF(b), 2), 1u);
    EXPECT_EQ(cspan_find(CSPAN_OF(b), 9), 4u);
    span_fill(span_sub(SPAN_OF(b), 1, 2), 7);
    EXPECT_EQ(b[0] * 1000 + b[1] * 100 + b[2] * 10 + b[3], 1772);
    span_fill(span_sub(SPAN_OF(b), 4, 0), 7);
}

TEST(SpanDeathTest, stores_beyond_the_end_panic)
{
    uint8_t b[4] = {};
    EXPECT_DEATH(span_put_u8(SPAN_OF(b), 4, 1), "assertion failed");
    EXPECT_DEATH(span_put_u32(SPAN_OF(b), 1, 1), "assertion failed");
    EXPECT_DEATH(span_put_u64(SPAN_OF(b), 0, 1), "assertion failed");
    EXPECT_DEATH(cspan_u8(CSPAN_OF(b), SIZE_MAX), "assertion failed");
}

} // namespace
