// SPDX-License-Identifier: Apache-2.0
#include "boot/fake_loader.h"
#include "boot/protocol.h"
#include <gtest/gtest.h>
#include <random>

namespace
{

constexpr uint64_t INFO = 0x1000;
constexpr uint64_t MODULES = 0x2000;
constexpr uint64_t MAP = 0x3000;
constexpr uint64_t STRINGS = 0x8000;

class Pvh : public ::testing::Test
{
protected:
    // A start-of-day structure of version 1 with one usable MiB.
    void SetUp() override
    {
        for (uint64_t at = INFO; at < INFO + 56; at += 8)
            memory.u64(at, 0);
        memory.u32(INFO, BOOT_MAGIC_PVH);
        memory.u32(INFO + 4, 1);
        add_map(1 * MIB, 1 * MIB, 1);
    }

    void add_module(uint64_t start, uint64_t size, uint64_t name = 0)
    {
        memory.u64(MODULES + modules * 32, start);
        memory.u64(MODULES + modules * 32 + 8, size);
        memory.u64(MODULES + modules * 32 + 16, name);
        memory.u32(INFO + 12, ++modules);
        memory.u64(INFO + 16, MODULES);
    }

    void add_map(uint64_t start, uint64_t len, uint32_t type)
    {
        memory.u64(MAP + entries * 24, start);
        memory.u64(MAP + entries * 24 + 8, len);
        memory.u32(MAP + entries * 24 + 16, type);
        memory.u32(INFO + 48, ++entries);
        memory.u64(INFO + 40, MAP);
    }

    const char *parse(uint64_t at = INFO)
    {
        info = junk_boot_info();
        boot_parse_pvh(memory.mem(), at, info.get());
        EXPECT_STREQ(info->protocol, "PVH");
        expect_sound(*info, memory.size());
        return info->error;
    }

    FakeLoader memory;
    uint32_t modules = 0, entries = 0;
    std::unique_ptr<struct boot_info> info;
};

TEST_F(Pvh, everything_a_loader_says)
{
    memory.u64(INFO + 24, STRINGS);
    memory.string(STRINGS, "init=/bin/sh quiet");
    memory.u64(INFO + 32, 0xf5680);
    memory.string(STRINGS + 100, "initramfs");
    add_module(0x4000, 0x801, STRINGS + 100);
    add_module(0x5000, 0x10);
    add_map(4 * MIB, 2 * MIB, 1);
    add_map(5 * MIB, 4096, 2);
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(cmdline_of(*info), "init=/bin/sh quiet");
    EXPECT_EQ(info->rsdp, 0xf5680u);
    ASSERT_EQ(info->module_count, 2u);
    EXPECT_EQ(info->modules[0].range.start, 0x4000u);
    EXPECT_EQ(info->modules[0].range.end, 0x4801u);
    EXPECT_EQ(name_of(info->modules[0]), "initramfs");
    EXPECT_EQ(info->modules[1].range.end, 0x5010u);
    EXPECT_EQ(name_of(info->modules[1]), "");
    EXPECT_EQ(regions_of(*info),
              (ranges{{1 * MIB, 2 * MIB}, {4 * MIB, 5 * MIB}, {5 * MIB + 4096, 6 * MIB}}));
}

TEST_F(Pvh, the_least_a_loader_says)
{
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(info->cmdline_len, 0u);
    EXPECT_EQ(info->module_count, 0u);
    EXPECT_EQ(info->rsdp, 0u);
    EXPECT_EQ(regions_of(*info), (ranges{{1 * MIB, 2 * MIB}}));
}

TEST_F(Pvh, information_must_lie_in_memory)
{
    EXPECT_STREQ(parse(memory.size() - 39), "the loader's boot information cannot be read");
    EXPECT_STREQ(parse(UINT64_MAX), "the loader's boot information cannot be read");
}

TEST_F(Pvh, information_must_have_its_magic_number)
{
    memory.u32(INFO, BOOT_MAGIC_PVH + 1);
    EXPECT_STREQ(parse(), "the loader's boot information cannot be read");
}

TEST_F(Pvh, version_without_memory_map_is_an_error)
{
    memory.u32(INFO + 4, 0);
    EXPECT_STREQ(parse(), "the loader passed no memory map");
}

TEST_F(Pvh, version_one_must_lie_in_memory_too)
{
    // Version 0's part fits and the rest does not.
    std::vector<uint8_t> head(memory.bytes().begin() + INFO, memory.bytes().begin() + INFO + 40);
    memory.put(memory.size() - 55, head.data(), head.size());
    EXPECT_STREQ(parse(memory.size() - 55), "the loader passed no memory map");
}

TEST_F(Pvh, information_may_lie_at_the_very_end)
{
    std::vector<uint8_t> head(memory.bytes().begin() + INFO, memory.bytes().begin() + INFO + 56);
    memory.put(memory.size() - 56, head.data(), 56);
    EXPECT_EQ(parse(memory.size() - 56), nullptr);
    memory.put(memory.size() - 40, head.data(), 40);
    EXPECT_STREQ(parse(memory.size() - 40), "the loader passed no memory map");
}

TEST_F(Pvh, later_versions_are_read_as_version_one)
{
    memory.u32(INFO + 4, 2);
    EXPECT_EQ(parse(), nullptr);
    EXPECT_EQ(info->region_count, 1u);
}

TEST_F(Pvh, map_without_entries_is_an_error)
{
    memory.u32(INFO + 48, 0);
    EXPECT_STREQ(parse(), "the loader passed no memory map");
}

TEST_F(Pvh, memory_map_must_lie_in_memory)
{
    memory.u64(INFO + 40, memory.size() - 23);
    EXPECT_STREQ(parse(), "the loader's memory map cannot be read");
    memory.u64(INFO + 40, UINT64_MAX - 8);
    EXPECT_STREQ(parse(), "the loader's memory map cannot be read");
    memory.u64(INFO + 40, MAP);
    memory.u32(INFO + 48, UINT32_MAX);
    EXPECT_STREQ(parse(), "the loader's memory map cannot be read");
}

TEST_F(Pvh, module_list_must_lie_in_memory)
{
    add_module(0, 1);
    memory.u64(INFO + 16, memory.size() - 31);
    EXPECT_STREQ(parse(), "the loader's module list cannot be read");
    memory.u64(INFO + 16, MODULES);
    memory.u32(INFO + 12, UINT32_MAX);
    EXPECT_STREQ(parse(), "the loader's module list cannot be read");
}

TEST_F(Pvh, module_outside_memory_is_an_error)
{
    add_module(0x4000, memory.size());
    EXPECT_STREQ(parse(), "the loader passed a module outside the memory that can be reached");
}

TEST_F(Pvh, module_that_wraps_is_an_error)
{
    add_module(0x4000, UINT64_MAX);
    EXPECT_NE(parse(), nullptr);
    memory.u64(MODULES + 8, UINT64_MAX - 0x4000 + 1);
    EXPECT_NE(parse(), nullptr);
    memory.u64(MODULES, UINT64_MAX);
    memory.u64(MODULES + 8, 2);
    EXPECT_NE(parse(), nullptr);
}

TEST_F(Pvh, as_many_modules_as_there_is_room_for)
{
    for (size_t i = 0; i < BOOT_MODULES_MAX; i++)
        add_module(0x4000, i);
    EXPECT_EQ(parse(), nullptr);
    EXPECT_EQ(info->module_count, BOOT_MODULES_MAX);
    add_module(0x4000, 1);
    EXPECT_STREQ(parse(), "the loader passed too many modules");
}

TEST_F(Pvh, long_command_line_is_cut)
{
    memory.u64(INFO + 24, STRINGS);
    memory.string(STRINGS, std::string(BOOT_CMDLINE_MAX + 1, 'x'));
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(cmdline_of(*info), std::string(BOOT_CMDLINE_MAX, 'x'));
    EXPECT_TRUE(info->cmdline_cut);
}

TEST_F(Pvh, command_line_outside_memory_is_empty)
{
    memory.u64(INFO + 24, UINT64_MAX);
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(info->cmdline_len, 0u);
}

TEST_F(Pvh, more_entries_and_regions_than_there_is_room_for)
{
    for (uint64_t i = 4; i < 260; i++)
        add_map(i * MIB, 64 * KIB, 1);
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(info->region_count, BOOT_REGIONS_MAX);
}

TEST_F(Pvh, damaged_information_is_survived)
{
    constexpr uint32_t SEED = 13;
    std::mt19937 random(SEED);
    memory.u64(INFO + 24, STRINGS);
    memory.string(STRINGS, "a command line");
    add_module(0x4000, 0x1000, STRINGS);
    add_map(4 * MIB, 1 * MIB, 2);
    const std::vector<uint8_t> whole = memory.bytes();
    for (int step = 0; step < 4'000; step++) {
        SCOPED_TRACE("seed " + std::to_string(SEED) + " step " + std::to_string(step));
        memory.bytes() = whole;
        for (unsigned n = 1 + random() % 4; n > 0; n--) {
            static const struct {
                uint64_t at, len;
            } places[] = {{INFO, 56}, {MODULES, 32}, {MAP, 48}};
            auto place = places[random() % 3];
            memory.u8(place.at + random() % place.len, static_cast<uint8_t>(random()));
        }
        parse();
        ASSERT_FALSE(HasFailure());
    }
}

} // namespace
