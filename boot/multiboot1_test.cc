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

constexpr uint32_t CMDLINE_FLAG = 1 << 2, MODULES_FLAG = 1 << 3, MAP_FLAG = 1 << 6;

class Multiboot1 : public ::testing::Test
{
protected:
    // One usable MiB, which most tests need and do not care about.
    void SetUp() override
    {
        memory.u32(INFO, 0);
        add_map(1 * MIB, 1 * MIB, 1);
    }

    void set_flag(uint32_t flag) { memory.u32(INFO, flags |= flag); }

    void set_cmdline(const std::string &s)
    {
        set_flag(CMDLINE_FLAG);
        memory.u32(INFO + 16, STRINGS);
        memory.string(STRINGS, s);
    }

    void add_module(uint32_t start, uint32_t end, uint32_t name = 0)
    {
        set_flag(MODULES_FLAG);
        memory.u32(MODULES + modules * 16, start);
        memory.u32(MODULES + modules * 16 + 4, end);
        memory.u32(MODULES + modules * 16 + 8, name);
        memory.u32(INFO + 20, ++modules);
        memory.u32(INFO + 24, MODULES);
    }

    // `size` is that of the entry without its first word.
    void add_map(uint64_t start, uint64_t len, uint32_t type, uint32_t size = 20)
    {
        set_flag(MAP_FLAG);
        memory.u32(MAP + map_len, size);
        memory.u64(MAP + map_len + 4, start);
        memory.u64(MAP + map_len + 12, len);
        memory.u32(MAP + map_len + 20, type);
        map_len += size + 4;
        memory.u32(INFO + 44, map_len);
        memory.u32(INFO + 48, MAP);
    }

    void clear_map() { map_len = 0; }

    const char *parse(uint64_t at = INFO)
    {
        info = junk_boot_info();
        boot_parse_multiboot1(memory.mem(), at, info.get());
        EXPECT_STREQ(info->protocol, "Multiboot 1");
        expect_sound(*info, memory.size());
        return info->error;
    }

    FakeLoader memory;
    uint32_t flags = 0, modules = 0, map_len = 0;
    std::unique_ptr<struct boot_info> info;
};

TEST_F(Multiboot1, everything_a_loader_says)
{
    set_cmdline("init=/bin/sh quiet");
    memory.string(STRINGS + 100, "initramfs");
    add_module(0x4000, 0x4801, STRINGS + 100);
    add_module(0x5000, 0x5010);
    add_map(4 * MIB, 2 * MIB, 1);
    add_map(5 * MIB, 4096, 2);
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(cmdline_of(*info), "init=/bin/sh quiet");
    EXPECT_FALSE(info->cmdline_cut);
    ASSERT_EQ(info->module_count, 2u);
    EXPECT_EQ(info->modules[0].range.start, 0x4000u);
    EXPECT_EQ(info->modules[0].range.end, 0x4801u);
    EXPECT_EQ(name_of(info->modules[0]), "initramfs");
    EXPECT_EQ(info->modules[1].range.start, 0x5000u);
    EXPECT_EQ(name_of(info->modules[1]), "");
    EXPECT_EQ(regions_of(*info),
              (ranges{{1 * MIB, 2 * MIB}, {4 * MIB, 5 * MIB}, {5 * MIB + 4096, 6 * MIB}}));
    EXPECT_EQ(info->rsdp, 0u) << "this protocol has none";
}

TEST_F(Multiboot1, fields_without_their_flag_are_not_looked_at)
{
    // Those of modules are junk that points nowhere; the command line's is good.
    for (uint64_t at = INFO + 4; at < INFO + 44; at += 4)
        memory.u32(at, 0xfffffff0);
    memory.u32(INFO + 16, STRINGS);
    memory.string(STRINGS, "not seen");
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(info->cmdline_len, 0u);
    EXPECT_EQ(info->module_count, 0u);
    EXPECT_EQ(info->region_count, 1u);
}

TEST_F(Multiboot1, information_must_lie_in_memory)
{
    constexpr uint64_t SIZE = 52;
    for (uint64_t at : {memory.size() - SIZE + 1, memory.size(), uint64_t{UINT32_MAX}, UINT64_MAX})
        EXPECT_STREQ(parse(at), "the loader's boot information cannot be read");
    std::vector<uint8_t> whole(memory.bytes().begin() + INFO, memory.bytes().begin() + INFO + SIZE);
    memory.put(memory.size() - SIZE, whole.data(), SIZE);
    EXPECT_EQ(parse(memory.size() - SIZE), nullptr) << "its very end will do";
}

TEST_F(Multiboot1, without_a_memory_map_there_is_an_error)
{
    memory.u32(INFO, flags & ~MAP_FLAG);
    EXPECT_STREQ(parse(), "the loader passed no memory map");
}

TEST_F(Multiboot1, memory_map_must_lie_in_memory)
{
    memory.u32(INFO + 48, static_cast<uint32_t>(memory.size() - 23));
    EXPECT_STREQ(parse(), "the loader's memory map cannot be read");
    memory.u32(INFO + 48, MAP);
    memory.u32(INFO + 44, UINT32_MAX);
    EXPECT_STREQ(parse(), "the loader's memory map cannot be read");
}

TEST_F(Multiboot1, module_list_must_lie_in_memory)
{
    add_module(0, 1);
    memory.u32(INFO + 24, static_cast<uint32_t>(memory.size() - 15));
    EXPECT_STREQ(parse(), "the loader's module list cannot be read");
    memory.u32(INFO + 24, MODULES);
    memory.u32(INFO + 20, UINT32_MAX);
    EXPECT_STREQ(parse(), "the loader's module list cannot be read");
}

TEST_F(Multiboot1, as_many_modules_as_there_is_room_for)
{
    for (uint32_t i = 0; i < BOOT_MODULES_MAX; i++)
        add_module(i, i + 1);
    EXPECT_EQ(parse(), nullptr);
    EXPECT_EQ(info->module_count, BOOT_MODULES_MAX);
    add_module(0, 1);
    EXPECT_STREQ(parse(), "the loader passed too many modules");
}

TEST_F(Multiboot1, module_outside_memory_is_an_error)
{
    add_module(0, static_cast<uint32_t>(memory.size()) + 1);
    EXPECT_STREQ(parse(), "the loader passed a module outside the memory that can be reached");
}

TEST_F(Multiboot1, module_that_ends_before_it_starts_is_an_error)
{
    add_module(2, 1);
    EXPECT_NE(parse(), nullptr);
}

TEST_F(Multiboot1, long_command_line_is_cut)
{
    set_cmdline(std::string(BOOT_CMDLINE_MAX + 100, 'x'));
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(cmdline_of(*info), std::string(BOOT_CMDLINE_MAX, 'x'));
    EXPECT_TRUE(info->cmdline_cut);
}

TEST_F(Multiboot1, command_line_outside_memory_is_empty)
{
    set_cmdline("");
    memory.u32(INFO + 16, UINT32_MAX);
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(info->cmdline_len, 0u);
}

TEST_F(Multiboot1, map_entries_may_be_longer_than_we_know)
{
    clear_map();
    add_map(1 * MIB, 1 * MIB, 1, 24);
    add_map(4 * MIB, 1 * MIB, 1, 100);
    add_map(8 * MIB, 1 * MIB, 1);
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(regions_of(*info),
              (ranges{{1 * MIB, 2 * MIB}, {4 * MIB, 5 * MIB}, {8 * MIB, 9 * MIB}}));
}

TEST_F(Multiboot1, map_ends_at_an_entry_of_impossible_size)
{
    for (uint32_t size : {0u, 19u, 21u, UINT32_MAX - 3, UINT32_MAX}) {
        clear_map();
        add_map(1 * MIB, 1 * MIB, 1);
        add_map(4 * MIB, 1 * MIB, 1);
        memory.u32(MAP + 24, size);
        ASSERT_EQ(parse(), nullptr);
        EXPECT_EQ(regions_of(*info), (ranges{{1 * MIB, 2 * MIB}})) << size;
    }
}

TEST_F(Multiboot1, last_entry_cut_short_does_not_count)
{
    add_map(4 * MIB, 1 * MIB, 1);
    for (uint32_t len = 24; len < 48; len++) {
        memory.u32(INFO + 44, len);
        ASSERT_EQ(parse(), nullptr);
        EXPECT_EQ(regions_of(*info), (ranges{{1 * MIB, 2 * MIB}})) << len;
    }
}

TEST_F(Multiboot1, empty_map_has_no_regions)
{
    memory.u32(INFO + 44, 0);
    EXPECT_EQ(parse(), nullptr);
    EXPECT_EQ(info->region_count, 0u);
}

TEST_F(Multiboot1, only_type_one_is_usable)
{
    clear_map();
    for (uint32_t type = 0; type < 8; type++)
        add_map((type + 1) * 16 * MIB, 1 * MIB, type);
    add_map(0x8000'0000, 1 * MIB, 0x8000'0001);
    ASSERT_EQ(parse(), nullptr);
    EXPECT_EQ(regions_of(*info), (ranges{{32 * MIB, 33 * MIB}}));
}

TEST_F(Multiboot1, more_regions_than_there_is_room_for)
{
    clear_map();
    for (uint64_t i = 1; i <= BOOT_REGIONS_MAX + 10; i++)
        add_map(i * MIB, 64 * KIB, 1);
    ASSERT_EQ(parse(), nullptr);
    ASSERT_EQ(info->region_count, BOOT_REGIONS_MAX);
    EXPECT_EQ(info->regions[BOOT_REGIONS_MAX - 1].start, BOOT_REGIONS_MAX * MIB);
}

// Whatever stands there, the parser keeps to its memory and its promises.
TEST_F(Multiboot1, damaged_information_is_survived)
{
    constexpr uint32_t SEED = 11;
    std::mt19937 random(SEED);
    set_cmdline("a command line");
    add_module(0x4000, 0x5000, STRINGS);
    add_module(0x6000, 0x6001, STRINGS + 2);
    add_map(4 * MIB, 1 * MIB, 2);
    const std::vector<uint8_t> whole = memory.bytes();
    for (int step = 0; step < 4'000; step++) {
        SCOPED_TRACE("seed " + std::to_string(SEED) + " step " + std::to_string(step));
        memory.bytes() = whole;
        for (unsigned n = 1 + random() % 4; n > 0; n--) {
            static const struct {
                uint64_t at, len;
            } places[] = {{INFO, 52}, {MODULES, 32}, {MAP, 72}};
            auto place = places[random() % 3];
            memory.u8(place.at + random() % place.len, static_cast<uint8_t>(random()));
        }
        parse();
        ASSERT_FALSE(HasFailure());
    }
}

} // namespace
