// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/fmt.h"
#include <climits>
#include <cstdio>
#include <gtest/gtest.h>
#include <random>
#include <string>

namespace
{

void append(void *arg, struct cspan text)
{
    EXPECT_GT(text.len, 0u) << "a sink never gets an empty piece";
    static_cast<std::string *>(arg)->append(reinterpret_cast<const char *>(text.bytes), text.len);
}

// Not declared PRINTF_LIKE: formats that a compiler would refuse are tested too.
std::string fmt(const char *format, ...)
{
    std::string out;
    va_list args;
    va_start(args, format);
    fmt_format(append, &out, format, args);
    va_end(args);
    return out;
}

TEST(Fmt, text_without_conversions_is_copied)
{
    EXPECT_EQ(fmt(""), "");
    EXPECT_EQ(fmt("plain text\n"), "plain text\n");
    EXPECT_EQ(fmt("%%"), "%");
    EXPECT_EQ(fmt("100%% sure%%"), "100% sure%");
    EXPECT_EQ(fmt("\xff\x80"), "\xff\x80");
}

TEST(Fmt, decimal)
{
    EXPECT_EQ(fmt("%d", 0), "0");
    EXPECT_EQ(fmt("%d %i", 42, -42), "42 -42");
    EXPECT_EQ(fmt("%d", INT_MAX), "2147483647");
    EXPECT_EQ(fmt("%d", INT_MIN), "-2147483648");
    EXPECT_EQ(fmt("%u", UINT_MAX), "4294967295");
    EXPECT_EQ(fmt("a%db%dc", 1, 2), "a1b2c");
}

TEST(Fmt, sixty_four_bit_extremes)
{
    EXPECT_EQ(fmt("%ld", INT64_MAX), "9223372036854775807");
    EXPECT_EQ(fmt("%ld", INT64_MIN), "-9223372036854775808");
    EXPECT_EQ(fmt("%25ld|%-25ld|", INT64_MIN, INT64_MIN),
              "     -9223372036854775808|-9223372036854775808     |");
    EXPECT_EQ(fmt("%025ld", INT64_MIN), "-000009223372036854775808");
    EXPECT_EQ(fmt("%lu", UINT64_MAX), "18446744073709551615");
    EXPECT_EQ(fmt("%lx", UINT64_MAX), "ffffffffffffffff");
    EXPECT_EQ(fmt("%lo", UINT64_MAX), "1777777777777777777777") << "the longest number";
}

TEST(Fmt, other_bases)
{
    EXPECT_EQ(fmt("%x %X", 0xdeadbeefu, 0xdeadbeefu), "deadbeef DEADBEEF");
    EXPECT_EQ(fmt("%o", 0755u), "755");
    EXPECT_EQ(fmt("%x", -1), "ffffffff");
}

TEST(Fmt, lengths_cut_and_widen_the_argument)
{
    EXPECT_EQ(fmt("%hd %hu %hx", 0x12345, 0x12345, 0x12345), "9029 9029 2345");
    EXPECT_EQ(fmt("%hhd %hhu %hhx", 0x1ff, 0x1ff, 0x1ff), "-1 255 ff");
    EXPECT_EQ(fmt("%hd", 0x8000), "-32768");
    EXPECT_EQ(fmt("%ld %lld", 1L << 40, -(1LL << 40)), "1099511627776 -1099511627776");
    EXPECT_EQ(fmt("%zu %ju %td", size_t{1} << 40, uintmax_t{2} << 40, ptrdiff_t{-5}),
              "1099511627776 2199023255552 -5");
}

TEST(Fmt, width_and_flags)
{
    EXPECT_EQ(fmt("[%5d]", 42), "[   42]");
    EXPECT_EQ(fmt("[%-5d]", 42), "[42   ]");
    EXPECT_EQ(fmt("[%05d]", 42), "[00042]");
    EXPECT_EQ(fmt("[%05d]", -42), "[-0042]");
    EXPECT_EQ(fmt("[%-05d]", 42), "[42   ]") << "left wins over zero";
    EXPECT_EQ(fmt("[%0-5d]", 42), "[42   ]");
    EXPECT_EQ(fmt("[%2d]", 12345), "[12345]") << "a width never cuts";
    EXPECT_EQ(fmt("[%3c|%-3c]", 'x', 'y'), "[  x|y  ]");
}

TEST(Fmt, precision_of_numbers)
{
    EXPECT_EQ(fmt("[%.5d]", 42), "[00042]");
    EXPECT_EQ(fmt("[%.5d]", -42), "[-00042]");
    EXPECT_EQ(fmt("[%8.5d]", -42), "[  -00042]");
    EXPECT_EQ(fmt("[%-8.5d]", -42), "[-00042  ]");
    EXPECT_EQ(fmt("[%08.5d]", 42), "[   00042]") << "a precision turns the zero flag off";
    EXPECT_EQ(fmt("[%.2d]", 12345), "[12345]");
    EXPECT_EQ(fmt("[%.40x]", 0xau), "[" + std::string(39, '0') + "a]");
}

TEST(Fmt, zero_with_precision_zero_has_no_digits)
{
    EXPECT_EQ(fmt("[%.0d]", 0), "[]");
    EXPECT_EQ(fmt("[%.d]", 0), "[]");
    EXPECT_EQ(fmt("[%3.0u]", 0u), "[   ]");
    EXPECT_EQ(fmt("[%.0x]", 1u), "[1]");
}

TEST(Fmt, strings)
{
    EXPECT_EQ(fmt("%s", "text"), "text");
    EXPECT_EQ(fmt("[%6s|%-6s]", "abc", "abc"), "[   abc|abc   ]");
    EXPECT_EQ(fmt("[%2s]", "abc"), "[abc]");
    EXPECT_EQ(fmt("[%.2s]", "abc"), "[ab]");
    EXPECT_EQ(fmt("[%5.2s]", "abc"), "[   ab]");
    EXPECT_EQ(fmt("[%.0s|%.s]", "abc", "abc"), "[|]");
    EXPECT_EQ(fmt("%s", static_cast<const char *>(nullptr)), "(null)");
    EXPECT_EQ(fmt("%.3s", static_cast<const char *>(nullptr)), "(nu");
}

TEST(Fmt, string_with_precision_needs_no_terminator)
{
    // On the heap, where ASan sees a read beyond the end.
    auto text = std::make_unique<char[]>(3);
    text[0] = 'a', text[1] = 'b', text[2] = 'c';
    EXPECT_EQ(fmt("%.3s", text.get()), "abc");
    EXPECT_EQ(fmt("%.*s", 3, text.get()), "abc");
}

TEST(Fmt, characters)
{
    EXPECT_EQ(fmt("%c%c", 'a', 'b'), "ab");
    EXPECT_EQ(fmt("%c", 0), std::string(1, '\0'));
    EXPECT_EQ(fmt("%c", 0x141), "A") << "only the low byte counts";
}

TEST(Fmt, pointers)
{
    EXPECT_EQ(fmt("%p", reinterpret_cast<void *>(0xffff'8000'0000'1000)), "0xffff800000001000");
    EXPECT_EQ(fmt("%p", nullptr), "0x0");
    EXPECT_EQ(fmt("[%8p|%-8p|%08p]", reinterpret_cast<void *>(0xab), reinterpret_cast<void *>(0xab),
                  reinterpret_cast<void *>(0xab)),
              "[    0xab|0xab    |0x0000ab]");
}

TEST(Fmt, width_and_precision_as_arguments)
{
    EXPECT_EQ(fmt("[%*d]", 5, 42), "[   42]");
    EXPECT_EQ(fmt("[%*d]", -5, 42), "[42   ]") << "negative: left";
    EXPECT_EQ(fmt("[%-*d]", 5, 42), "[42   ]");
    EXPECT_EQ(fmt("[%.*d]", 4, 42), "[0042]");
    EXPECT_EQ(fmt("[%.*d]", -1, 42), "[42]") << "negative: as if there were none";
    EXPECT_EQ(fmt("[%0*.*d]", 6, -1, 42), "[000042]");
    EXPECT_EQ(fmt("[%*.*s]", 6, 2, "abc"), "[    ab]");
    EXPECT_EQ(fmt("[%.*s]", -1, "abc"), "[abc]");
    EXPECT_EQ(fmt("[%.*s|%.*d]", 0, "abc", 0, 0), "[|]");
}

TEST(Fmt, hostile_widths_end)
{
    EXPECT_LT(fmt("%999999999999999999999d", 1).size(), 20'000u);
    EXPECT_LT(fmt("%.999999999999999999999d", 1).size(), 20'000u);
    EXPECT_LT(fmt("%*d", INT_MAX, 1).size(), 20'000u);
    EXPECT_LT(fmt("%*d", INT_MIN, 1).size(), 20'000u);
    EXPECT_LT(fmt("%.*d", INT_MAX, 1).size(), 20'000u);
    EXPECT_LT(fmt("%.*p", INT_MAX, nullptr).size(), 20'000u);
    EXPECT_EQ(fmt("%.*d", INT_MIN, 1), "1");
    EXPECT_EQ(fmt("%.*s", INT_MAX, "abc"), "abc");
}

TEST(Fmt, unknown_conversions_are_printed_as_they_stand)
{
    EXPECT_EQ(fmt("%q"), "%q");
    EXPECT_EQ(fmt("a%-5.3lqb%d", 7), "a%-5.3lqb7") << "and take no argument";
    EXPECT_EQ(fmt("%f %n"), "%f %n");
    EXPECT_EQ(fmt("%y%y%d%y", 1), "%y%y1%y");
    EXPECT_EQ(fmt("%\x80"), "%\x80");
}

TEST(Fmt, percent_at_the_end_is_printed_as_it_stands)
{
    EXPECT_EQ(fmt("%"), "%");
    EXPECT_EQ(fmt("50%"), "50%");
    EXPECT_EQ(fmt("%d%", 3), "3%");
    EXPECT_EQ(fmt("a%-05.3ll"), "a%-05.3ll");
    EXPECT_EQ(fmt("a%."), "a%.");
    EXPECT_EQ(fmt("a%*", 7), "a%*");
}

TEST(Fmt, span_gets_what_fits_and_nothing_behind)
{
    for (size_t room = 0; room <= 12; room++) {
        char buf[16];
        memset(buf, '#', sizeof(buf));
        size_t n = fmt_span(span_make(buf, room), "%s-%05d", "abc", 42);
        std::string all = "abc-00042";
        EXPECT_EQ(n, std::min(room, all.size()));
        EXPECT_EQ(std::string(buf, n), all.substr(0, room));
        EXPECT_EQ(std::string(buf + n, sizeof(buf) - n), std::string(sizeof(buf) - n, '#'))
            << "room " << room;
    }
}

TEST(Fmt, empty_span_takes_nothing) { EXPECT_EQ(fmt_span(span_make(nullptr, 0), "%d", 42), 0u); }

// Formats one number with a random specification by ours and by the C library.
class Differential
{
public:
    explicit Differential(uint32_t seed) : random_(seed) {}

    void step()
    {
        std::string spec = "<%" + flags();
        if (below(2))
            spec += std::to_string(below(30));
        if (below(2))
            spec += "." + std::to_string(below(30));
        unsigned length = below(std::size(LENGTHS));
        spec += LENGTHS[length];
        spec += "diuxXo"[below(6)];
        spec += ">";
        uint64_t value = interesting();
        char want[128];
        std::string got;
        // The argument's type must be the one that the length names.
        if (length <= 2) {
            snprintf(want, sizeof(want), spec.c_str(), static_cast<int>(value));
            got = fmt(spec.c_str(), static_cast<int>(value));
        } else {
            snprintf(want, sizeof(want), spec.c_str(), value);
            got = fmt(spec.c_str(), value);
        }
        EXPECT_EQ(got, want) << spec << " of " << value;
    }

private:
    static constexpr const char *LENGTHS[] = {"", "h", "hh", "l", "ll", "z", "j", "t"};

    unsigned below(size_t n) { return static_cast<unsigned>(random_() % n); }

    std::string flags()
    {
        static const char *const all[] = {"", "-", "0", "-0", "0-", "00", "--"};
        return all[below(std::size(all))];
    }

    uint64_t interesting()
    {
        uint64_t v = random_();
        switch (below(5)) {
        case 0:
            return below(20);
        case 1:
            return 0 - static_cast<uint64_t>(below(20));
        case 2:
            return 1ull << below(64);
        case 3:
            return (1ull << below(64)) - 1;
        default:
            return v << 32 | random_();
        }
    }

    std::mt19937 random_;
};

TEST(Fmt, numbers_agree_with_the_c_library)
{
    constexpr uint32_t SEED = 1;
    Differential d(SEED);
    for (int step = 0; step < 20'000 && !::testing::Test::HasFailure(); step++) {
        SCOPED_TRACE("seed " + std::to_string(SEED) + " step " + std::to_string(step));
        d.step();
    }
}

} // namespace
