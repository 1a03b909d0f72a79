// SPDX-License-Identifier: Apache-2.0
#include "boot/boot_mem.h"
#include "boot/fake_loader.h"
#include <gtest/gtest.h>

namespace
{

constexpr size_t SIZE = 4096;

class BootMem : public ::testing::Test
{
protected:
    bool view(uint64_t at, uint64_t len)
    {
        struct cspan out;
        if (!boot_mem_view(memory.mem(), at, len, &out))
            return false;
        EXPECT_EQ(out.bytes, memory.bytes().data() + at);
        EXPECT_EQ(out.len, len);
        return true;
    }

    std::string string(uint64_t at, size_t max)
    {
        std::string to(max + 1, '#');
        size_t len = boot_mem_string(memory.mem(), at, to.data(), max, &cut);
        EXPECT_LE(len, max);
        EXPECT_EQ(to[len], '#') << "nothing is written behind, no terminator either";
        return to.substr(0, len);
    }

    FakeLoader memory{SIZE};
    std::unique_ptr<struct boot_info> info = std::make_unique<struct boot_info>();
    bool cut = true;
};

TEST_F(BootMem, view_of_what_is_mapped)
{
    EXPECT_TRUE(view(0, 0));
    EXPECT_TRUE(view(0, SIZE));
    EXPECT_TRUE(view(SIZE - 1, 1));
    EXPECT_TRUE(view(SIZE, 0));
}

TEST_F(BootMem, no_view_of_what_is_not)
{
    EXPECT_FALSE(view(0, SIZE + 1));
    EXPECT_FALSE(view(SIZE, 1));
    EXPECT_FALSE(view(SIZE + 1, 0));
    EXPECT_FALSE(view(UINT64_MAX, 0));
}

TEST_F(BootMem, no_view_that_wraps)
{
    EXPECT_FALSE(view(1, UINT64_MAX));
    EXPECT_FALSE(view(UINT64_MAX, 2));
    EXPECT_FALSE(view(SIZE, UINT64_MAX - SIZE + 1));
}

TEST_F(BootMem, string_up_to_its_zero)
{
    memory.string(100, "hello");
    EXPECT_EQ(string(100, 10), "hello");
    EXPECT_FALSE(cut);
    EXPECT_EQ(string(105, 10), "");
    EXPECT_FALSE(cut);
}

TEST_F(BootMem, string_that_just_fits_is_not_cut)
{
    memory.string(100, "hello");
    EXPECT_EQ(string(100, 5), "hello");
    EXPECT_FALSE(cut);
    EXPECT_EQ(string(100, 4), "hell");
    EXPECT_TRUE(cut);
    EXPECT_EQ(string(100, 0), "");
    EXPECT_TRUE(cut);
}

TEST_F(BootMem, string_without_a_zero_ends_with_memory)
{
    memory.bytes()[SIZE - 2] = 'x';
    memory.bytes()[SIZE - 1] = 'y';
    EXPECT_EQ(string(SIZE - 2, 10), "xy");
    EXPECT_FALSE(cut);
}

TEST_F(BootMem, string_outside_memory_is_empty)
{
    for (uint64_t at : {uint64_t{SIZE}, uint64_t{SIZE} + 1, UINT64_MAX, uint64_t{1} << 63}) {
        EXPECT_EQ(string(at, 10), "");
        EXPECT_FALSE(cut);
    }
}

TEST_F(BootMem, cmdline)
{
    memory.string(0, "console=ttyS0");
    boot_mem_cmdline(memory.mem(), 0, info.get());
    EXPECT_EQ(cmdline_of(*info), "console=ttyS0");
    EXPECT_FALSE(info->cmdline_cut);
}

TEST_F(BootMem, longest_cmdline)
{
    memory.string(8, std::string(BOOT_CMDLINE_MAX, 'x'));
    boot_mem_cmdline(memory.mem(), 8, info.get());
    EXPECT_EQ(cmdline_of(*info), std::string(BOOT_CMDLINE_MAX, 'x'));
    EXPECT_FALSE(info->cmdline_cut);
}

TEST_F(BootMem, longer_cmdline_is_cut)
{
    memory.string(8, std::string(BOOT_CMDLINE_MAX, 'x') + "y");
    boot_mem_cmdline(memory.mem(), 8, info.get());
    EXPECT_EQ(cmdline_of(*info), std::string(BOOT_CMDLINE_MAX, 'x'));
    EXPECT_TRUE(info->cmdline_cut);
}

TEST_F(BootMem, module_with_its_name)
{
    memory.string(8, "initramfs");
    ASSERT_TRUE(boot_mem_module(memory.mem(), 0x100, 0x200, info.get()));
    boot_mem_module_name(memory.mem(), 8, info.get());
    ASSERT_EQ(info->module_count, 1u);
    EXPECT_EQ(info->modules[0].range.start, 0x100u);
    EXPECT_EQ(info->modules[0].range.end, 0x200u);
    EXPECT_EQ(name_of(info->modules[0]), "initramfs");
    EXPECT_EQ(info->error, nullptr);
}

TEST_F(BootMem, module_names_are_optional_and_cut)
{
    memory.string(0, "address zero stands for none");
    memory.string(40, std::string(BOOT_MODULE_NAME_MAX, 'n') + "more");
    for (uint64_t at : {0, 40, int{SIZE}}) {
        ASSERT_TRUE(boot_mem_module(memory.mem(), 0, 1, info.get()));
        boot_mem_module_name(memory.mem(), at, info.get());
    }
    EXPECT_EQ(name_of(info->modules[0]), "");
    EXPECT_EQ(name_of(info->modules[1]), std::string(BOOT_MODULE_NAME_MAX, 'n'));
    EXPECT_EQ(name_of(info->modules[2]), "");
}

TEST_F(BootMem, modules_may_be_empty_and_reach_the_end)
{
    EXPECT_TRUE(boot_mem_module(memory.mem(), 0x100, 0x100, info.get()));
    EXPECT_TRUE(boot_mem_module(memory.mem(), SIZE, SIZE, info.get()));
    EXPECT_TRUE(boot_mem_module(memory.mem(), 0, SIZE, info.get()));
    EXPECT_EQ(info->module_count, 3u);
}

TEST_F(BootMem, module_outside_memory_is_refused)
{
    for (auto [start, end] : ranges{{0, SIZE + 1},
                                    {SIZE - 1, SIZE + 1},
                                    {SIZE + 1, SIZE + 1},
                                    {SIZE + 1, SIZE + 2},
                                    {0, UINT64_MAX},
                                    {UINT64_MAX, UINT64_MAX}}) {
        info->error = nullptr;
        EXPECT_FALSE(boot_mem_module(memory.mem(), start, end, info.get()));
        EXPECT_STREQ(info->error,
                     "the loader passed a module outside the memory that can be reached");
        EXPECT_EQ(info->module_count, 0u);
    }
}

TEST_F(BootMem, module_that_ends_before_it_starts_is_refused)
{
    EXPECT_FALSE(boot_mem_module(memory.mem(), 2, 1, info.get()));
    EXPECT_NE(info->error, nullptr);
}

TEST_F(BootMem, one_module_too_many_is_refused)
{
    for (size_t i = 0; i < BOOT_MODULES_MAX; i++)
        ASSERT_TRUE(boot_mem_module(memory.mem(), i, i + 1, info.get()));
    EXPECT_EQ(info->error, nullptr);
    EXPECT_FALSE(boot_mem_module(memory.mem(), 0, 1, info.get()));
    EXPECT_STREQ(info->error, "the loader passed too many modules");
    EXPECT_EQ(info->module_count, BOOT_MODULES_MAX);
}

} // namespace
