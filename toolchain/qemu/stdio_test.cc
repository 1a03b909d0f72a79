// SPDX-License-Identifier: Apache-2.0
#include "toolchain/qemu/stdio.h"
#include <gtest/gtest.h>
#include <string>

namespace
{

// What comes out of a console's bytes: standard error in brackets, and a question for input.
std::string decode(const std::string &bytes)
{
    struct stdio_decoder d = {};
    std::string out;
    for (char c : bytes) {
        enum stdio_part part = stdio_decode(&d, static_cast<unsigned char>(c));
        if (part == STDIO_NOTHING)
            continue;
        std::string text = part == STDIO_ASKS       ? "?"
                           : part == STDIO_DLE_BYTE ? "\x10" + std::string(1, c)
                                                    : std::string(1, c);
        out += d.error ? "[" + text + "]" : text;
    }
    return out;
}

TEST(Stdio, streams_are_told_apart)
{
    EXPECT_EQ(decode("out\n"), "out\n");
    EXPECT_EQ(decode("a\x10"
                     "2b\x10"
                     "1c"),
              "a[b]c");
    EXPECT_EQ(decode("a\x10\x10"
                     "b"),
              "a\x10"
              "b");
    EXPECT_EQ(decode("\x10"
                     "2\x10\x10\x10"
                     "1"),
              "[\x10]");
}

TEST(Stdio, input_is_asked_for) { EXPECT_EQ(decode("a\x10rb"), "a?b"); }

TEST(Stdio, what_is_no_pair_is_passed_on) { EXPECT_EQ(decode("a\x10zb"), "a\x10zb"); }

TEST(Stdio, input_comes_through)
{
    const unsigned char in[] = {'a', 0x10, 'e', 0x10};
    unsigned char out[8];
    size_t len = stdio_encode(in, 4, out);
    EXPECT_EQ(std::string(out, out + len), "a\x10\x10"
                                           "e\x10\x10");
}

} // namespace
