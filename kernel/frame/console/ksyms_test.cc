// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/console/ksyms.h"
#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace
{

constexpr uint64_t BASE = 0xffff'ffff'8000'1000;

// A table from (offset, name) pairs, laid out as toolchain/image's does.
class Table
{
public:
    explicit Table(const std::map<uint32_t, std::string> &symbols, uint64_t end = UINT64_MAX)
    {
        std::vector<uint32_t> offsets, names;
        std::string strings;
        for (auto &[offset, name] : symbols) {
            offsets.push_back(offset);
            names.push_back(static_cast<uint32_t>(strings.size()));
            strings += name + '\0';
        }
        struct ksyms head = {
            .base = BASE, .end = end, .count = static_cast<uint32_t>(names.size())};
        auto append = [this](const void *bytes, size_t size) {
            size_t at = bytes_.size();
            bytes_.resize(at + size);
            if (size > 0)
                memcpy(bytes_.data() + at, bytes, size);
        };
        append(&head, offsetof(struct ksyms, words));
        append(offsets.data(), offsets.size() * 4);
        append(names.data(), names.size() * 4);
        append(strings.data(), strings.size());
    }

    // "name+offset", or "none".
    std::string find(uint64_t address) const
    {
        uint64_t offset = 0;
        const char *name =
            ksyms_find(reinterpret_cast<const struct ksyms *>(bytes_.data()), address, &offset);
        return name != nullptr ? name + ("+" + std::to_string(offset)) : "none";
    }

private:
    std::vector<char> bytes_;
};

TEST(Ksyms, empty_table_knows_nothing)
{
    Table t({});
    EXPECT_EQ(t.find(0), "none");
    EXPECT_EQ(t.find(BASE), "none");
    EXPECT_EQ(t.find(UINT64_MAX), "none");
}

TEST(Ksyms, one_symbol)
{
    Table t({{16, "only"}});
    EXPECT_EQ(t.find(BASE + 15), "none");
    EXPECT_EQ(t.find(BASE + 16), "only+0");
    EXPECT_EQ(t.find(BASE + 100), "only+84");
}

TEST(Ksyms, address_belongs_to_the_last_symbol_at_or_below_it)
{
    Table t({{0, "first"}, {16, "second"}, {17, "third"}, {0x7fff'0000, "last"}});
    EXPECT_EQ(t.find(BASE - 1), "none");
    EXPECT_EQ(t.find(0), "none");
    EXPECT_EQ(t.find(BASE), "first+0");
    EXPECT_EQ(t.find(BASE + 15), "first+15");
    EXPECT_EQ(t.find(BASE + 16), "second+0");
    EXPECT_EQ(t.find(BASE + 17), "third+0");
    EXPECT_EQ(t.find(BASE + 0x7ffe'ffff), "third+2147418094");
    EXPECT_EQ(t.find(UINT64_MAX - 1), "last+61438");
}

TEST(Ksyms, behind_the_last_symbol_there_is_none)
{
    Table t({{0, "first"}, {16, "last"}}, BASE + 20);
    EXPECT_EQ(t.find(BASE + 19), "last+3");
    EXPECT_EQ(t.find(BASE + 20), "none");
    EXPECT_EQ(t.find(UINT64_MAX), "none");
}

TEST(Ksyms, random_tables_agree_with_a_map)
{
    constexpr uint32_t SEED = 32;
    std::mt19937 random(SEED);
    for (int step = 0; step < 300; step++) {
        std::map<uint32_t, std::string> symbols;
        for (size_t n = random() % 40; n > 0; n--) {
            uint32_t offset = random() % 200;
            symbols[offset] = "f" + std::to_string(offset);
        }
        Table t(symbols);
        for (uint32_t at = 0; at < 210; at++) {
            auto above = symbols.upper_bound(at);
            std::string want = "none";
            if (above != symbols.begin()) {
                auto [offset, name] = *std::prev(above);
                want = name + "+" + std::to_string(at - offset);
            }
            ASSERT_EQ(t.find(BASE + at), want) << "seed " << SEED << " step " << step;
        }
    }
}

} // namespace
