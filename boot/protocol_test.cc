// SPDX-License-Identifier: Apache-2.0
#include "boot/fake_loader.h"
#include "boot/protocol.h"
#include <gtest/gtest.h>

namespace
{

constexpr uint64_t INFO = 0x1000;
constexpr uint64_t MAP = 0x2000;
constexpr uint64_t MODULES = 0x3000;

// Speaks PVH, since what boot_parse adds is the same for all.
class Protocol : public ::testing::Test
{
protected:
    void SetUp() override
    {
        for (uint64_t at = INFO; at < INFO + 56; at += 8)
            memory.u64(at, 0);
        memory.u32(INFO, BOOT_MAGIC_PVH);
        memory.u32(INFO + 4, 1);
        set_map({{0x4000, 0x8000}});
    }

    void set_map(const ranges &usable)
    {
        for (size_t i = 0; i < usable.size(); i++) {
            memory.u64(MAP + i * 24, usable[i].first);
            memory.u64(MAP + i * 24 + 8, usable[i].second - usable[i].first);
            memory.u32(MAP + i * 24 + 16, 1);
        }
        memory.u64(INFO + 40, MAP);
        memory.u32(INFO + 48, static_cast<uint32_t>(usable.size()));
    }

    void set_modules(const ranges &modules)
    {
        for (size_t i = 0; i < modules.size(); i++) {
            memory.u64(MODULES + i * 32, modules[i].first);
            memory.u64(MODULES + i * 32 + 8, modules[i].second - modules[i].first);
            memory.u64(MODULES + i * 32 + 16, 0);
        }
        memory.u32(INFO + 12, static_cast<uint32_t>(modules.size()));
        memory.u64(INFO + 16, MODULES);
    }

    const char *parse(uint32_t magic = BOOT_MAGIC_PVH, uint64_t at = INFO)
    {
        info = junk_boot_info();
        boot_parse(magic, memory.mem(), at, info.get());
        expect_sound(*info, memory.size());
        return info->error;
    }

    FakeLoader memory;
    std::unique_ptr<struct boot_info> info;
};

constexpr const char *OUTSIDE = "the loader passed a module outside the memory of its map";

TEST_F(Protocol, magic_number_chooses_the_parser)
{
    EXPECT_EQ(parse(BOOT_MAGIC_PVH), nullptr);
    EXPECT_STREQ(info->protocol, "PVH");

    memory.u32(INFO, 1 << 6); // Multiboot 1: there is a map
    memory.u32(INFO + 44, 24);
    memory.u32(INFO + 48, MAP);
    memory.u32(MAP, 20);
    memory.u64(MAP + 4, 0x4000);
    memory.u64(MAP + 12, 0x4000);
    memory.u32(MAP + 20, 1);
    EXPECT_EQ(parse(BOOT_MAGIC_MULTIBOOT1), nullptr);
    EXPECT_STREQ(info->protocol, "Multiboot 1");
    EXPECT_EQ(regions_of(*info), (ranges{{0x4000, 0x8000}}));

    memory.u32(INFO, 8);
    EXPECT_STREQ(parse(BOOT_MAGIC_MULTIBOOT2), "the loader passed no memory map");
    EXPECT_STREQ(info->protocol, "Multiboot 2");
}

TEST_F(Protocol, other_magic_numbers_are_an_error)
{
    for (uint32_t magic : {0u, 0x2badb003u, UINT32_MAX}) {
        EXPECT_STREQ(parse(magic),
                     "started by a loader that speaks none of Multiboot 1, Multiboot 2 and PVH");
        EXPECT_STREQ(info->protocol, "unknown");
        EXPECT_EQ(info->region_count, 0u);
        EXPECT_EQ(info->module_count, 0u);
        EXPECT_EQ(info->cmdline_len, 0u);
    }
}

TEST_F(Protocol, errors_of_a_parser_stay)
{
    EXPECT_STREQ(parse(BOOT_MAGIC_PVH, UINT64_MAX), "the loader's boot information cannot be read");
    set_map({});
    EXPECT_STREQ(parse(), "the loader passed no memory map");
}

TEST_F(Protocol, map_without_usable_memory_is_an_error)
{
    set_map({{0x4001, 0x4fff}});
    EXPECT_STREQ(parse(), "the loader's memory map has no usable memory");
}

TEST_F(Protocol, module_inside_a_region_is_good)
{
    set_map({{0x4000, 0x5000}, {0x8000, 0xc000}});
    set_modules({{0x4000, 0x5000}, {0x8001, 0xbfff}, {0x4fff, 0x5000}});
    EXPECT_EQ(parse(), nullptr);
    EXPECT_EQ(info->module_count, 3u);
}

TEST_F(Protocol, module_outside_the_map_is_an_error)
{
    set_map({{0x4000, 0x5000}, {0x8000, 0xc000}});
    for (auto module : ranges{{0x3fff, 0x4800},
                              {0x4800, 0x5001},
                              {0x6000, 0x6001},
                              {0x4800, 0x8800},
                              {0xbfff, 0xc001},
                              {0xd000, 0xe000}}) {
        set_modules({{0x4000, 0x4001}, module});
        EXPECT_STREQ(parse(), OUTSIDE) << module.first << " " << module.second;
        set_modules({module, {0x4000, 0x4001}});
        EXPECT_STREQ(parse(), OUTSIDE) << module.first << " " << module.second;
    }
}

TEST_F(Protocol, module_may_span_regions_that_touch)
{
    set_map({{0x6000, 0x8000}, {0x4000, 0x6000}});
    set_modules({{0x4800, 0x7800}});
    EXPECT_EQ(parse(), nullptr);
}

TEST_F(Protocol, empty_module_may_lie_anywhere)
{
    set_modules({{0, 0}, {0xf000, 0xf000}});
    EXPECT_EQ(parse(), nullptr);
    EXPECT_EQ(info->module_count, 2u);
}

} // namespace
