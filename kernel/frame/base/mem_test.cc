// SPDX-License-Identifier: Apache-2.0
// The kernel's memcpy and its kin, compiled under other names (BUILD.bazel, mem_renamed): a
// host program has the C library's under theirs.
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <numeric>
#include <vector>

extern "C" {
void *keel_memcpy(void *to, const void *from, size_t n);
void *keel_memmove(void *to, const void *from, size_t n);
void *keel_memset(void *at, int byte, size_t n);
int keel_memcmp(const void *a, const void *b, size_t n);
}

namespace
{

using bytes = std::vector<uint8_t>;

// Longer than several words and every remainder.
constexpr size_t LENGTH_MAX = 41;
constexpr size_t ALIGNMENTS = 8;

bytes numbered(size_t n)
{
    bytes b(n);
    std::iota(b.begin(), b.end(), uint8_t{1});
    return b;
}

TEST(Mem, memcpy_at_every_alignment_and_length)
{
    bytes from = numbered(LENGTH_MAX + ALIGNMENTS);
    for (size_t d = 0; d < ALIGNMENTS; d++) {
        for (size_t s = 0; s < ALIGNMENTS; s++) {
            for (size_t n = 0; n <= LENGTH_MAX; n++) {
                bytes to(LENGTH_MAX + 2 * ALIGNMENTS, 0xee), want = to;
                std::copy_n(from.begin() + s, n, want.begin() + d);
                ASSERT_EQ(keel_memcpy(&to[d], &from[s], n), &to[d]);
                ASSERT_EQ(to, want) << d << " " << s << " " << n;
            }
        }
    }
}

TEST(Mem, memmove_at_every_alignment_overlap_and_length)
{
    constexpr size_t SIZE = LENGTH_MAX + 40;
    for (size_t d = 0; d + LENGTH_MAX <= SIZE; d++) {
        for (size_t s = 0; s + LENGTH_MAX <= SIZE; s++) {
            for (size_t n : {size_t{0}, size_t{1}, size_t{7}, size_t{8}, size_t{9}, size_t{16},
                             size_t{23}, LENGTH_MAX}) {
                bytes b = numbered(SIZE), copy = b, want = b;
                std::copy_n(copy.begin() + s, n, want.begin() + d);
                ASSERT_EQ(keel_memmove(&b[d], &b[s], n), &b[d]);
                ASSERT_EQ(b, want) << d << " " << s << " " << n;
            }
        }
    }
}

TEST(Mem, memset_at_every_alignment_and_length)
{
    for (int value : {0, 1, 0x80, 0xff, 0x1a5, -1}) {
        for (size_t at = 0; at < ALIGNMENTS; at++) {
            for (size_t n = 0; n <= LENGTH_MAX; n++) {
                bytes b(LENGTH_MAX + 2 * ALIGNMENTS, 0xee), want = b;
                std::fill_n(want.begin() + at, n, static_cast<uint8_t>(value));
                ASSERT_EQ(keel_memset(&b[at], value, n), &b[at]);
                ASSERT_EQ(b, want) << value << " " << at << " " << n;
            }
        }
    }
}

TEST(Mem, memcmp_finds_the_first_difference)
{
    for (size_t at = 0; at < ALIGNMENTS; at++) {
        for (size_t n = 0; n <= LENGTH_MAX; n++) {
            bytes a = numbered(LENGTH_MAX + ALIGNMENTS), b = a;
            ASSERT_EQ(keel_memcmp(&a[at], &b[at], n), 0);
            b[at + n]++; // just behind
            ASSERT_EQ(keel_memcmp(&a[at], &b[at], n), 0);
            for (size_t i = 0; i < n; i++) {
                bytes c = a;
                c[at + i]++;
                c[at + n - 1] ^= 0x55; // a later one does not count
                int sign = keel_memcmp(&a[at], &c[at], n);
                ASSERT_EQ(sign < 0, memcmp(&a[at], &c[at], n) < 0);
                ASSERT_EQ(keel_memcmp(&c[at], &a[at], n), -sign);
            }
        }
    }
}

TEST(Mem, memcmp_compares_unsigned_bytes)
{
    const uint8_t low[] = {0x7f}, high[] = {0x80};
    EXPECT_LT(keel_memcmp(low, high, 1), 0);
    EXPECT_GT(keel_memcmp(high, low, 1), 0);
}

TEST(Mem, nothing_is_touched_for_no_bytes)
{
    EXPECT_EQ(keel_memcpy(nullptr, nullptr, 0), nullptr);
    EXPECT_EQ(keel_memmove(nullptr, nullptr, 0), nullptr);
    EXPECT_EQ(keel_memset(nullptr, 1, 0), nullptr);
    EXPECT_EQ(keel_memcmp(nullptr, nullptr, 0), 0);
}

} // namespace
