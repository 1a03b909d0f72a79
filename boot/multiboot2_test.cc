// SPDX-License-Identifier: Apache-2.0
#include "boot/fake_loader.h"
#include "boot/protocol.h"
#include <gtest/gtest.h>
#include <random>

namespace
{

constexpr uint64_t INFO = 0x1000;

enum : uint32_t {
    END = 0,
    CMDLINE = 1,
    MODULE = 3,
    MAP = 6,
    ACPI_OLD = 14,
    ACPI_NEW = 15
};

struct entry {
    uint64_t start, len;
    uint32_t type;
};

class Multiboot2 : public ::testing::Test
{
protected:
    // Appends a tag; `content` follows its header. Returns its address.
    uint64_t tag(uint32_t type, const std::string &content)
    {
        uint64_t at = next;
        auto size = static_cast<uint32_t>(content.size() + 8);
        memory.u32(at, type);
        memory.u32(at + 4, size);
        memory.put(at + 8, content.data(), content.size());
        next = align_up(at + size, 8);
        return at;
    }

    uint64_t cmdline(const std::string &s) { return tag(CMDLINE, s + '\0'); }

    uint64_t module(uint32_t start, uint32_t end, const std::string &rest)
    {
        return tag(MODULE, words({start, end}) + rest);
    }

    uint64_t map(const std::vector<entry> &entries, uint32_t entry_size = 24)
    {
        std::string content = words({entry_size, 0});
        for (const entry &e : entries) {
            std::string one(entry_size, '\x5a');
            memcpy(&one[0], &e.start, 8);
            memcpy(&one[8], &e.len, 8);
            memcpy(&one[16], &e.type, 4);
            content += one;
        }
        return tag(MAP, content);
    }

    static std::string words(std::initializer_list<uint32_t> list)
    {
        return std::string(reinterpret_cast<const char *>(list.begin()), list.size() * 4);
    }

    // Ends the tags and sets the total size.
    void finish()
    {
        tag(END, "");
        memory.u32(INFO, static_cast<uint32_t>(next - INFO));
    }

    const char *parse(uint64_t at = INFO)
    {
        info = junk_boot_info();
        boot_parse_multiboot2(memory.mem(), at, info.get());
        EXPECT_STREQ(info->protocol, "Multiboot 2");
        expect_sound(*info, memory.size());
        return info->error;
    }

    FakeLoader memory;
    uint64_t next = INFO + 8;
    std::unique_ptr<struct boot_info> info;
};

TEST_F(Multiboot2, everything_a_loader_says)
{
    cmdline("init=/bin/sh quiet");
    tag(2, std::string("GRUB") + '\0'); // the loader's name: none of ours
    module(0x4000, 0x4801, std::string("initramfs") + '\0');
    module(0x5000, 0x5010, std::string(1, '\0'));
    map({{1 * MIB, 1 * MIB, 1}, {4 * MIB, 2 * MIB, 1}, {5 * MIB, 4096, 2}});
    uint64_t rsdp = tag(ACPI_NEW, std::string(36, 'r'));
    finish();
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(cmdline_of(*info), "init=/bin/sh quiet");
    ASSERT_EQ(info->module_count, 2u);
    EXPECT_EQ(info->modules[0].range.start, 0x4000u);
    EXPECT_EQ(info->modules[0].range.end, 0x4801u);
    EXPECT_EQ(name_of(info->modules[0]), "initramfs");
    EXPECT_EQ(name_of(info->modules[1]), "");
    EXPECT_EQ(regions_of(*info),
              (ranges{{1 * MIB, 2 * MIB}, {4 * MIB, 5 * MIB}, {5 * MIB + 4096, 6 * MIB}}));
    EXPECT_EQ(info->rsdp, rsdp + 8);
}

TEST_F(Multiboot2, newer_acpi_pointer_wins_in_either_order)
{
    map({});
    tag(ACPI_OLD, std::string(20, 'r'));
    uint64_t newer = tag(ACPI_NEW, std::string(36, 'r'));
    tag(ACPI_OLD, std::string(20, 'r'));
    finish();
    parse();
    EXPECT_EQ(info->rsdp, newer + 8);
}

TEST_F(Multiboot2, old_acpi_pointer_is_taken_if_alone)
{
    map({});
    uint64_t old = tag(ACPI_OLD, std::string(20, 'r'));
    finish();
    parse();
    EXPECT_EQ(info->rsdp, old + 8);
}

TEST_F(Multiboot2, nothing_behind_the_end_tag_counts)
{
    map({{1 * MIB, 1 * MIB, 1}});
    tag(END, "");
    cmdline("not seen");
    finish();
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(info->cmdline_len, 0u);
}

TEST_F(Multiboot2, tags_may_end_without_an_end_tag)
{
    map({{1 * MIB, 1 * MIB, 1}});
    memory.u32(INFO, static_cast<uint32_t>(next - INFO));
    EXPECT_EQ(parse(), nullptr);
    EXPECT_EQ(info->region_count, 1u);
    // Nor does a rest too small for a tag's header matter.
    memory.u32(INFO, static_cast<uint32_t>(next - INFO + 7));
    EXPECT_EQ(parse(), nullptr);
}

TEST_F(Multiboot2, information_must_lie_in_memory)
{
    finish();
    EXPECT_STREQ(parse(memory.size() - 7), "the loader's boot information cannot be read");
    EXPECT_STREQ(parse(UINT64_MAX), "the loader's boot information cannot be read");
    memory.u32(INFO, static_cast<uint32_t>(memory.size() - INFO + 1));
    EXPECT_STREQ(parse(), "the loader's boot information cannot be read");
    memory.u32(INFO, UINT32_MAX);
    EXPECT_STREQ(parse(), "the loader's boot information cannot be read");
}

TEST_F(Multiboot2, without_a_memory_map_there_is_an_error)
{
    cmdline("quiet");
    tag(ACPI_OLD, std::string(20, 'r'));
    tag(ACPI_NEW, std::string(36, 'r'));
    module(0x4000, 0x5000, "");
    finish();
    EXPECT_STREQ(parse(), "the loader passed no memory map");
    for (uint32_t size : {0u, 7u, 8u}) {
        memory.u32(INFO, size);
        EXPECT_STREQ(parse(), "the loader passed no memory map") << size;
    }
}

TEST_F(Multiboot2, tag_of_impossible_size_is_an_error)
{
    uint64_t at = cmdline("quiet");
    finish();
    for (uint32_t size : {0u, 7u, static_cast<uint32_t>(next - at + 1), 0x8000'0000u, UINT32_MAX}) {
        memory.u32(at + 4, size);
        EXPECT_STREQ(parse(), "the loader's boot information is malformed") << size;
    }
}

TEST_F(Multiboot2, tag_of_impossible_size_is_an_error_at_the_very_end_too)
{
    memory.u32(tag(CMDLINE, "") + 4, 7);
    memory.u32(INFO, static_cast<uint32_t>(next - INFO));
    EXPECT_STREQ(parse(), "the loader's boot information is malformed");
}

TEST_F(Multiboot2, strings_end_with_their_tag)
{
    tag(CMDLINE, "quiet"); // without its zero
    memory.string(next - 3, "xyz");
    module(0x4000, 0x5000, "initr");
    memory.string(next - 3, "xyz");
    map({{1 * MIB, 1 * MIB, 1}});
    finish();
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(cmdline_of(*info), "quiet");
    EXPECT_EQ(name_of(info->modules[0]), "initr");
}

TEST_F(Multiboot2, tags_without_content)
{
    tag(CMDLINE, "");
    tag(MODULE, "");
    tag(MODULE, words({0x4000}));
    module(0x4000, 0x5000, "");
    map({{1 * MIB, 1 * MIB, 1}});
    finish();
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(info->cmdline_len, 0u);
    ASSERT_EQ(info->module_count, 1u) << "one without addresses is none";
    EXPECT_EQ(info->modules[0].name_len, 0u);
}

TEST_F(Multiboot2, long_strings_are_cut)
{
    cmdline(std::string(BOOT_CMDLINE_MAX + 1, 'x'));
    module(0, 1, std::string(BOOT_MODULE_NAME_MAX + 1, 'y') + '\0');
    map({{1 * MIB, 1 * MIB, 1}});
    finish();
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(cmdline_of(*info), std::string(BOOT_CMDLINE_MAX, 'x'));
    EXPECT_TRUE(info->cmdline_cut);
    EXPECT_EQ(name_of(info->modules[0]), std::string(BOOT_MODULE_NAME_MAX, 'y'));
}

TEST_F(Multiboot2, bad_module_ends_the_parsing)
{
    module(0, static_cast<uint32_t>(memory.size() + 1), "");
    cmdline("not seen");
    finish();
    EXPECT_STREQ(parse(), "the loader passed a module outside the memory that can be reached");
    EXPECT_EQ(info->cmdline_len, 0u);
}

TEST_F(Multiboot2, one_module_too_many_is_an_error)
{
    for (size_t i = 0; i <= BOOT_MODULES_MAX; i++)
        module(0, 1, "");
    finish();
    EXPECT_STREQ(parse(), "the loader passed too many modules");
}

TEST_F(Multiboot2, map_entries_may_be_longer_than_we_know)
{
    map({{1 * MIB, 1 * MIB, 1}, {4 * MIB, 1 * MIB, 1}}, 40);
    finish();
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(regions_of(*info), (ranges{{1 * MIB, 2 * MIB}, {4 * MIB, 5 * MIB}}));
}

TEST_F(Multiboot2, map_of_impossible_entry_size_is_empty)
{
    uint64_t at = map({{1 * MIB, 1 * MIB, 1}});
    finish();
    for (uint32_t size : {0u, 1u, 23u, 25u, UINT32_MAX}) {
        memory.u32(at + 8, size);
        ASSERT_EQ(parse(), nullptr);
        EXPECT_EQ(info->region_count, 0u) << size;
    }
}

TEST_F(Multiboot2, map_too_short_for_its_own_header_is_empty)
{
    tag(MAP, words({24}));
    finish();
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(info->region_count, 0u);
}

TEST_F(Multiboot2, last_map_entry_cut_short_does_not_count)
{
    uint64_t at = map({{1 * MIB, 1 * MIB, 1}, {4 * MIB, 1 * MIB, 1}});
    finish();
    for (uint32_t size = 16 + 24; size < 16 + 48; size++) {
        memory.u32(at + 4, size);
        memory.u32(at + align_up(size, 8), END);
        ASSERT_EQ(parse(), nullptr);
        EXPECT_EQ(regions_of(*info), (ranges{{1 * MIB, 2 * MIB}})) << size;
    }
}

TEST_F(Multiboot2, more_regions_than_there_is_room_for)
{
    std::vector<entry> entries;
    for (uint64_t i = 1; i <= BOOT_REGIONS_MAX + 10; i++)
        entries.push_back({i * MIB, 64 * KIB, 1});
    map(entries);
    finish();
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(info->region_count, BOOT_REGIONS_MAX);
}

TEST_F(Multiboot2, damaged_information_is_survived)
{
    constexpr uint32_t SEED = 12;
    std::mt19937 random(SEED);
    cmdline("a command line");
    module(0x4000, 0x5000, std::string("name") + '\0');
    map({{1 * MIB, 1 * MIB, 1}, {4 * MIB, 1 * MIB, 2}});
    tag(ACPI_OLD, std::string(20, 'r'));
    finish();
    const std::vector<uint8_t> whole = memory.bytes();
    for (int step = 0; step < 4'000; step++) {
        SCOPED_TRACE("seed " + std::to_string(SEED) + " step " + std::to_string(step));
        memory.bytes() = whole;
        for (unsigned n = 1 + random() % 4; n > 0; n--)
            memory.u8(INFO + random() % (next - INFO), static_cast<uint8_t>(random()));
        parse();
        ASSERT_FALSE(HasFailure());
    }
}

} // namespace
