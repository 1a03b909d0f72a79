// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/entropy/stream.h"
#include <array>
#include <cstring>
#include <gtest/gtest.h>
#include <set>
#include <string>

namespace
{

void mix(struct entropy_stream &s, const std::string &data)
{
    entropy_stream_mix(&s, cspan_make(data.data(), data.size()));
}

struct entropy_stream made_from(const std::string &seed)
{
    struct entropy_stream s;
    memset(&s, 0xa5, sizeof(s));
    entropy_stream_init(&s);
    mix(s, seed);
    return s;
}

std::string draw(struct entropy_stream &s, size_t n)
{
    std::string out(n, '#');
    entropy_stream_fill(&s, span_make(out.data(), n));
    return out;
}

struct entropy_stream fork(const struct entropy_stream &s, uint32_t n)
{
    struct entropy_stream child;
    memset(&child, 0xa5, sizeof(child));
    entropy_stream_fork(&s, n, &child);
    return child;
}

TEST(EntropyStream, same_seed_gives_the_same_bytes)
{
    auto a = made_from("seed"), b = made_from("seed"), c = made_from("seee");
    std::string bytes = draw(a, 10'000);
    EXPECT_EQ(bytes, draw(b, 10'000));
    EXPECT_NE(bytes, draw(c, 10'000));
}

// One batch is the key stream of RFC 8439's zero key behind its first 32 bytes.
TEST(EntropyStream, first_bytes_of_an_unseeded_stream_are_chachas)
{
    struct entropy_stream s;
    entropy_stream_init(&s);
    std::array<uint32_t, 8> key = {};
    std::array<uint32_t, 3> nonce = {};
    std::string expected;
    for (uint32_t i = 0; i < 4; i++) {
        std::array<uint8_t, CHACHA_BLOCK> block;
        chacha_block(key.data(), i, nonce.data(), block.data());
        expected.append(block.begin(), block.end());
    }
    EXPECT_EQ(draw(s, 224), expected.substr(32));
    EXPECT_EQ(memcmp(s.key, expected.data(), 32), 0) << "the first 32 are the next key";
}

TEST(EntropyStream, bytes_do_not_depend_on_how_they_are_fetched)
{
    auto whole = made_from("x");
    std::string expected = draw(whole, 5'000);
    for (size_t step : {1, 7, 32, 223, 224, 225, 1000}) {
        auto s = made_from("x");
        std::string got;
        while (got.size() < expected.size())
            got += draw(s, std::min(step, expected.size() - got.size()));
        EXPECT_EQ(got, expected) << step;
    }
    auto s = made_from("x");
    EXPECT_EQ(draw(s, 0), "");
    EXPECT_EQ(draw(s, 8), expected.substr(0, 8));
}

TEST(EntropyStream, bytes_are_wiped_as_they_are_given)
{
    auto s = made_from("secret");
    std::string before(reinterpret_cast<const char *>(s.key), 32);
    std::string out = draw(s, 100);
    std::string state(reinterpret_cast<const char *>(&s), sizeof(s));
    for (size_t at = 0; at + 8 <= out.size(); at++)
        ASSERT_EQ(state.find(out.substr(at, 8)), std::string::npos) << at;
    EXPECT_EQ(state.find(before), std::string::npos) << "nor is the key there that made them";
}

TEST(EntropyStream, mixing_takes_effect_at_once)
{
    auto a = made_from("x"), b = made_from("x"), c = made_from("x");
    draw(a, 10), draw(b, 10), draw(c, 10); // the rest of the batch is in them
    mix(a, "more");
    mix(b, "more");
    std::string bytes = draw(a, 100);
    EXPECT_EQ(bytes, draw(b, 100));
    EXPECT_NE(bytes, draw(c, 100));
}

TEST(EntropyStream, every_byte_mixed_in_counts)
{
    std::string data(100, 'd');
    std::set<std::string> seen;
    auto plain = made_from(data);
    seen.insert(draw(plain, 16));
    for (size_t i = 0; i < data.size(); i++) {
        std::string changed = data;
        changed[i] ^= 0x40;
        auto s = made_from(changed);
        EXPECT_TRUE(seen.insert(draw(s, 16)).second) << i;
    }
}

TEST(EntropyStream, length_of_what_is_mixed_in_counts)
{
    std::set<std::string> seen;
    for (size_t n = 0; n < 100; n++) {
        auto s = made_from(std::string(n, '\0'));
        EXPECT_TRUE(seen.insert(draw(s, 16)).second) << n;
    }
}

TEST(EntropyStream, what_was_mixed_in_first_is_not_lost)
{
    auto a = made_from("one"), b = made_from("two");
    for (int i = 0; i < 100; i++) {
        mix(a, "known to all");
        mix(b, "known to all");
    }
    EXPECT_NE(draw(a, 32), draw(b, 32));
}

TEST(EntropyStream, children_differ_from_each_other_and_from_the_parent)
{
    auto parent = made_from("parent");
    std::set<std::string> seen;
    for (uint32_t n = 0; n < 100; n++) {
        auto child = fork(parent, n);
        EXPECT_TRUE(seen.insert(draw(child, 64)).second) << n;
    }
    EXPECT_TRUE(seen.insert(draw(parent, 64)).second);
}

TEST(EntropyStream, child_depends_on_its_number_and_the_key_only)
{
    auto a = made_from("parent"), b = made_from("parent");
    fork(a, 1);
    fork(a, 2);
    auto from_a = fork(a, 7), from_b = fork(b, 7);
    EXPECT_EQ(draw(from_a, 64), draw(from_b, 64));
    EXPECT_EQ(draw(a, 64), draw(b, 64)) << "a fork leaves the parent as it was";
}

// No proof of quality, but what a slip in copying bytes around would not survive.
TEST(EntropyStream, bits_are_set_half_the_time)
{
    auto s = made_from("statistics");
    constexpr size_t ROUNDS = 4096;
    std::array<size_t, 2048> ones = {};
    for (size_t i = 0; i < ROUNDS; i++) {
        std::string bytes = draw(s, 256);
        for (size_t bit = 0; bit < ones.size(); bit++)
            ones[bit] += bytes[bit / 8] >> (bit % 8) & 1;
    }
    for (size_t bit = 0; bit < ones.size(); bit++) {
        // Six standard deviations of 32.
        EXPECT_GT(ones[bit], ROUNDS / 2 - 192) << bit;
        EXPECT_LT(ones[bit], ROUNDS / 2 + 192) << bit;
    }
}

} // namespace
