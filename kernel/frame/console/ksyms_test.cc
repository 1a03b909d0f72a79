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

struct Line {
    uint32_t offset;
    uint16_t number, file;
};

// A table from (offset, name) pairs and lines, laid out as toolchain/image's does.
class Table
{
public:
    explicit Table(const std::map<uint32_t, std::string> &symbols, uint64_t end = UINT64_MAX,
                   const std::vector<Line> &lines = {}, const std::vector<std::string> &files = {})
    {
        std::vector<uint32_t> words, names, places, file_names;
        std::string texts;
        for (auto &[offset, name] : symbols) {
            words.push_back(offset);
            names.push_back(static_cast<uint32_t>(texts.size()));
            texts += name + '\0';
        }
        words.insert(words.end(), names.begin(), names.end());
        for (const Line &l : lines) {
            words.push_back(l.offset);
            places.push_back(uint32_t{l.file} << KSYMS_LINE_BITS | l.number);
        }
        words.insert(words.end(), places.begin(), places.end());
        for (const std::string &file : files) {
            words.push_back(static_cast<uint32_t>(texts.size()));
            texts += file + '\0';
        }
        struct ksyms head = {.base = BASE,
                             .end = end,
                             .count = static_cast<uint32_t>(symbols.size()),
                             .line_count = static_cast<uint32_t>(lines.size()),
                             .file_count = static_cast<uint32_t>(files.size())};
        append(&head, offsetof(struct ksyms, words));
        append(words.data(), words.size() * sizeof(uint32_t));
        append(texts.data(), texts.size());
    }

    // "file:number", or "none".
    std::string line(uint64_t address) const
    {
        uint32_t number = 0;
        const char *file = ksyms_line(table(), address, &number);
        return file != nullptr ? file + (":" + std::to_string(number)) : "none";
    }

    // "name+offset", or "none".
    std::string find(uint64_t address) const
    {
        uint64_t offset = 0;
        const char *name = ksyms_find(table(), address, &offset);
        return name != nullptr ? name + ("+" + std::to_string(offset)) : "none";
    }

private:
    void append(const void *bytes, size_t size)
    {
        size_t at = bytes_.size();
        bytes_.resize(at + size);
        if (size > 0)
            memcpy(bytes_.data() + at, bytes, size);
    }

    const struct ksyms *table() const
    {
        return reinterpret_cast<const struct ksyms *>(bytes_.data());
    }

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

TEST(Ksyms, a_line_goes_on_until_the_next_begins)
{
    Table t({{0, "first"}, {16, "last"}}, BASE + 40, {{4, 10, 1}, {8, 65535, 0}, {30, 10, 1}},
            {"a.c", "b.h"});
    EXPECT_EQ(t.line(BASE - 1), "none");
    EXPECT_EQ(t.line(BASE + 3), "none");
    EXPECT_EQ(t.line(BASE + 4), "b.h:10");
    EXPECT_EQ(t.line(BASE + 7), "b.h:10");
    EXPECT_EQ(t.line(BASE + 8), "a.c:65535");
    EXPECT_EQ(t.line(BASE + 29), "a.c:65535");
    EXPECT_EQ(t.line(BASE + 39), "b.h:10");
    EXPECT_EQ(t.line(BASE + 40), "none");
    EXPECT_EQ(Table({{0, "only"}}).line(BASE), "none");
    EXPECT_EQ(t.find(BASE + 17), "last+1");
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
