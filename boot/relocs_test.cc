// SPDX-License-Identifier: Apache-2.0
#include "boot/relocs.h"
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <vector>

namespace
{

// The lists of a table, in its order.
enum list {
    TEXT_IMAGE_32,
    DATA_IMAGE_32,
    TEXT_IMAGE_64,
    DATA_IMAGE_64,
    TEXT_DIRECT,
    DATA_DIRECT
};
using places = std::set<uint64_t>;
using tables = std::vector<places>;

std::vector<uint8_t> encode(const tables &lists)
{
    std::vector<uint8_t> out;
    for (const places &list : lists) {
        uint64_t last = UINT64_MAX;
        for (uint64_t at : list) {
            uint64_t n = at - last;
            for (; n >= 0x80; n >>= 7)
                out.push_back(static_cast<uint8_t>(n | 0x80));
            out.push_back(static_cast<uint8_t>(n));
            last = at;
        }
        out.push_back(0);
    }
    return out;
}

constexpr uint64_t IMAGE = 0x12'3456'7800, DIRECT = 0x40'0000'0000;

class Relocs : public ::testing::Test
{
protected:
    Relocs() : text(100'000, 0x11), data(100'000, 0x22) {}

    void apply(const tables &lists)
    {
        // Exactly as long as it is, so that reading on is noticed.
        std::vector<uint8_t> table = encode(lists);
        relocs_apply(table.data(), text.data(), data.data(), IMAGE, DIRECT);
    }

    uint64_t word(const std::vector<uint8_t> &from, uint64_t at, size_t width = 8) const
    {
        uint64_t v = 0;
        memcpy(&v, from.data() + at, width);
        return v;
    }

    std::vector<uint8_t> text, data;
};

constexpr uint64_t ONES = 0x1111'1111'1111'1111, TWOS = 0x2222'2222'2222'2222;

TEST_F(Relocs, empty_lists_change_nothing)
{
    auto t = text, d = data;
    apply(tables(6));
    EXPECT_EQ(text, t);
    EXPECT_EQ(data, d);
}

TEST_F(Relocs, each_list_has_its_place_width_and_distance)
{
    apply({{0}, {1}, {10}, {11}, {20}, {21}});
    EXPECT_EQ(word(text, 0, 4), (ONES + IMAGE) & UINT32_MAX);
    EXPECT_EQ(word(text, 4, 4), ONES & UINT32_MAX) << "32 bits and no more";
    EXPECT_EQ(word(text, 10), ONES + IMAGE);
    EXPECT_EQ(word(text, 20), ONES + DIRECT);
    EXPECT_EQ(word(data, 1, 4), (TWOS + IMAGE) & UINT32_MAX);
    EXPECT_EQ(word(data, 11), TWOS + IMAGE);
    EXPECT_EQ(word(data, 21), TWOS + DIRECT);
    EXPECT_EQ(word(text, 30), ONES);
    EXPECT_EQ(word(data, 30), TWOS);
}

TEST_F(Relocs, steps_of_every_length)
{
    places list = {0,   8,         126 + 8,         127 + 126 + 16, 500,
                   508, 508 + 127, 508 + 127 + 128, 17'000,         99'992};
    apply({{}, {}, {}, list, {}, {}});
    for (uint64_t at : list)
        EXPECT_EQ(word(data, at), TWOS + IMAGE) << at;
    EXPECT_EQ(word(data, 16), TWOS);
}

TEST_F(Relocs, addresses_in_32_bits_wrap_as_sign_extended_ones_do)
{
    uint32_t linked = 0x8010'0000; // of 0xffffffff80100000
    memcpy(text.data(), &linked, 4);
    std::vector<uint8_t> table = encode({{0}, {}, {}, {}, {}, {}});
    relocs_apply(table.data(), text.data(), data.data(), 0x7ec0'0000, 0);
    EXPECT_EQ(word(text, 0, 4), 0xfed0'0000u);
}

TEST_F(Relocs, random_tables)
{
    std::mt19937 random(3);
    for (int round = 0; round < 200; round++) {
        // Places that do not overlap, each in one list.
        tables lists(6);
        std::vector<uint8_t> t = text, d = data;
        uint64_t at[2] = {};
        while (at[0] < 90'000 && at[1] < 90'000) {
            unsigned l = random() % 6;
            bool in_data = l % 2;
            at[in_data] += random() % (random() % 8 == 0 ? 20'000 : 200);
            if (at[in_data] > 99'000)
                break;
            lists[l].insert(at[in_data]);
            size_t width = l < TEXT_IMAGE_64 ? 4 : 8;
            auto &where = in_data ? d : t;
            uint64_t v = word(where, at[in_data], width) + (l < TEXT_DIRECT ? IMAGE : DIRECT);
            memcpy(where.data() + at[in_data], &v, width);
            at[in_data] += width;
        }
        apply(lists);
        ASSERT_EQ(text, t) << round;
        ASSERT_EQ(data, d) << round;
    }
}

} // namespace
