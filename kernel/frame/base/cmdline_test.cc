// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/cmdline.h"
#include <gtest/gtest.h>
#include <optional>
#include <random>
#include <sstream>
#include <string>

namespace
{

struct cspan text(const std::string &s) { return cspan_make(s.data(), s.size()); }

std::optional<std::string> find(const std::string &line, const std::string &key)
{
    struct cspan value;
    if (!cmdline_find(text(line), text(key), &value))
        return std::nullopt;
    return std::string(reinterpret_cast<const char *>(value.bytes), value.len);
}

std::optional<uint64_t> find_u64(const std::string &line, const std::string &key)
{
    uint64_t value = 0x5eed;
    if (!cmdline_find_u64(text(line), text(key), &value)) {
        EXPECT_EQ(value, 0x5eedu) << "failure changes nothing";
        return std::nullopt;
    }
    return value;
}

TEST(Cmdline, finds_the_value_wherever_the_word_stands)
{
    EXPECT_EQ(find("a=1 b=2 c=3", "a"), "1");
    EXPECT_EQ(find("a=1 b=2 c=3", "b"), "2");
    EXPECT_EQ(find("a=1 b=2 c=3", "c"), "3");
    EXPECT_EQ(find("a=1 b=2 c=3", "d"), std::nullopt);
}

TEST(Cmdline, empty_line_has_nothing)
{
    EXPECT_EQ(find("", "a"), std::nullopt);
    EXPECT_EQ(find(" \t\n ", "a"), std::nullopt);
    struct cspan value;
    EXPECT_FALSE(cmdline_find(cspan_make(nullptr, 0), SPAN_TEXT("a"), &value));
}

TEST(Cmdline, word_without_value_has_the_empty_one)
{
    EXPECT_EQ(find("quiet", "quiet"), "");
    EXPECT_EQ(find("quiet=", "quiet"), "");
    EXPECT_EQ(find("a quiet b", "quiet"), "");
}

TEST(Cmdline, key_is_the_whole_word_up_to_the_first_equals_sign)
{
    EXPECT_EQ(find("loglevels=1", "loglevel"), std::nullopt);
    EXPECT_EQ(find("xloglevel=1", "loglevel"), std::nullopt);
    EXPECT_EQ(find("log=1", "loglevel"), std::nullopt);
    EXPECT_EQ(find("LOG=1", "log"), std::nullopt);
    EXPECT_EQ(find("root=UUID=5=6", "root"), "UUID=5=6");
    EXPECT_EQ(find("a=b=1", "b"), std::nullopt);
}

TEST(Cmdline, later_words_win)
{
    EXPECT_EQ(find("a=1 a=2 b=9 a=3", "a"), "3");
    EXPECT_EQ(find("a=1 a", "a"), "");
    EXPECT_EQ(find("a a=1 ab=2", "a"), "1");
}

TEST(Cmdline, what_follows_two_dashes_is_a_programs)
{
    EXPECT_EQ(find("a=1 -- a=2 b=3", "a"), "1");
    EXPECT_EQ(find("a=1 -- a=2 b=3", "b"), std::nullopt);
    EXPECT_EQ(find("-- --", "--"), std::nullopt);
    EXPECT_EQ(find("--a=1 b=2", "b"), "2");
}

TEST(Cmdline, every_blank_separates)
{
    EXPECT_EQ(find("  a=1\tb=2\nc=3 \t\n d=4  ", "a"), "1");
    EXPECT_EQ(find("  a=1\tb=2\nc=3 \t\n d=4  ", "b"), "2");
    EXPECT_EQ(find("  a=1\tb=2\nc=3 \t\n d=4  ", "c"), "3");
    EXPECT_EQ(find("  a=1\tb=2\nc=3 \t\n d=4  ", "d"), "4");
}

TEST(Cmdline, value_lies_in_the_line)
{
    std::string line = "x key=value y";
    struct cspan value;
    ASSERT_TRUE(cmdline_find(text(line), SPAN_TEXT("key"), &value));
    EXPECT_EQ(reinterpret_cast<const char *>(value.bytes), line.data() + 6);
}

TEST(Cmdline, bytes_that_are_no_text_are_ordinary)
{
    EXPECT_EQ(find(std::string("a=\0\xff z", 6), "a"), std::string("\0\xff", 2));
}

TEST(Cmdline, decimal_numbers)
{
    EXPECT_EQ(find_u64("n=0", "n"), 0u);
    EXPECT_EQ(find_u64("n=0042", "n"), 42u);
    EXPECT_EQ(find_u64("n=18446744073709551615", "n"), UINT64_MAX);
}

TEST(Cmdline, hexadecimal_numbers)
{
    EXPECT_EQ(find_u64("n=0x0", "n"), 0u);
    EXPECT_EQ(find_u64("n=0x0123456789abcdef", "n"), 0x0123456789abcdefu);
    EXPECT_EQ(find_u64("n=0xFEDCBA9876543210", "n"), 0xfedcba9876543210u);
    EXPECT_EQ(find_u64("n=0xffffffffffffffff", "n"), UINT64_MAX);
    EXPECT_EQ(find_u64("n=0x000000000000000000001", "n"), 1u);
}

TEST(Cmdline, numbers_that_do_not_fit_are_none)
{
    EXPECT_EQ(find_u64("n=18446744073709551616", "n"), std::nullopt);
    EXPECT_EQ(find_u64("n=99999999999999999999", "n"), std::nullopt);
    EXPECT_EQ(find_u64("n=0x10000000000000000", "n"), std::nullopt);
}

TEST(Cmdline, other_text_is_no_number)
{
    for (const char *line : {"", "m=1", "n", "n=", "n=0x", "n=-1", "n=+1", "n=1k", "n=a", "n=1.5",
                             "n=0xg", "n=0X10", "n=x10", "n=1,2", "n=/", "n=:", "n=@", "n=`"})
        EXPECT_EQ(find_u64(line, "n"), std::nullopt) << line;
}

TEST(Cmdline, last_value_decides_even_if_it_is_no_number)
{
    EXPECT_EQ(find_u64("n=1 n=2", "n"), 2u);
    EXPECT_EQ(find_u64("n=1 n=junk", "n"), std::nullopt);
}

// The same search by the standard library.
std::optional<std::string> find_model(const std::string &line, const std::string &key)
{
    std::istringstream words(line);
    std::optional<std::string> found;
    for (std::string word; words >> word;) {
        size_t equals = word.find('=');
        if (word.substr(0, equals) == key)
            found = equals == std::string::npos ? "" : word.substr(equals + 1);
    }
    return found;
}

TEST(Cmdline, random_lines_agree_with_a_model)
{
    constexpr uint32_t SEED = 2;
    std::mt19937 random(SEED);
    for (int step = 0; step < 20'000; step++) {
        std::string line, key;
        for (size_t n = random() % 24; n > 0; n--)
            line += "ab= \t\n"[random() % 6];
        for (size_t n = 1 + random() % 2; n > 0; n--)
            key += "ab"[random() % 2];
        ASSERT_EQ(find(line, key), find_model(line, key))
            << "seed " << SEED << " step " << step << " line '" << line << "' key " << key;
    }
}

} // namespace
