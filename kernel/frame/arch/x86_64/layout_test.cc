// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/arch/x86_64/mmu.h"
#include <gtest/gtest.h>

namespace
{

TEST(Layout, canonical_addresses)
{
    for (uint64_t at :
         {uint64_t{0}, USER_START, USER_END, uint64_t{0x7fff'ffff'ffff},
          uint64_t{0xffff'8000'0000'0000}, DIRECT_MAP_BASE, KVA_START, IMAGE_OFFSET, UINT64_MAX})
        EXPECT_TRUE(address_is_canonical(at)) << std::hex << at;
    for (uint64_t at : {uint64_t{0x8000'0000'0000}, uint64_t{0xffff'7fff'ffff'ffff},
                        uint64_t{1} << 63, uint64_t{1} << 48, uint64_t{0x0001'8000'0000'0000}})
        EXPECT_FALSE(address_is_canonical(at)) << std::hex << at;
}

TEST(Layout, areas_do_not_overlap)
{
    EXPECT_LT(USER_END, DIRECT_MAP_BASE);
    EXPECT_LT(DIRECT_MAP_BASE, KVA_START);
    EXPECT_LT(KVA_START, KVA_END);
    EXPECT_LT(KVA_END, IMAGE_OFFSET);
    EXPECT_EQ(pt_index(KVA_START, 4), pt_index(KVA_END - 1, 4)) << "one top-level entry";
    EXPECT_LT(pt_index(USER_END, 4), PT_ENTRIES / 2) << "user space is in the lower half";
}

TEST(Layout, direct_map_there_and_back)
{
    EXPECT_EQ(direct_map_base, DIRECT_MAP_BASE);
    EXPECT_EQ(reinterpret_cast<uint64_t>(phys_to_virt({0x1234})), DIRECT_MAP_BASE + 0x1234);
    EXPECT_EQ(virt_to_phys(phys_to_virt({0xabc'def0'1234})).raw, 0xabc'def0'1234u);
    direct_map_base = 0x10000;
    EXPECT_EQ(phys_to_virt({5}), reinterpret_cast<void *>(0x10005));
    direct_map_base = DIRECT_MAP_BASE;
}

TEST(Mmu, span_of_each_level)
{
    EXPECT_EQ(pt_span(1), 4 * KIB);
    EXPECT_EQ(pt_span(2), 2 * MIB);
    EXPECT_EQ(pt_span(3), 1 * GIB);
    EXPECT_EQ(pt_span(4), 512 * GIB);
}

TEST(Mmu, index_of_each_level)
{
    uint64_t at = 3 * pt_span(4) + 5 * pt_span(3) + 7 * pt_span(2) + 11 * pt_span(1) + 123;
    EXPECT_EQ(pt_index(at, 4), 3u);
    EXPECT_EQ(pt_index(at, 3), 5u);
    EXPECT_EQ(pt_index(at, 2), 7u);
    EXPECT_EQ(pt_index(at, 1), 11u);
    for (int level = 1; level <= PT_LEVELS; level++) {
        EXPECT_EQ(pt_index(0, level), 0u);
        EXPECT_EQ(pt_index(UINT64_MAX, level), 511u);
    }
    EXPECT_EQ(pt_index(DIRECT_MAP_BASE, 4), 256u);
}

TEST(Mmu, bits_we_use_are_the_ones_the_cpu_leaves_to_us)
{
    // SDM Vol. 3A, "Format of a Page-Table Entry": 9 to 11 and 52 to 58 are ignored.
    EXPECT_EQ(PTE_HOLDS_PAGE & ~uint64_t{0x07f0'0000'0000'0e00}, 0u);
    EXPECT_EQ(PTE_ADDRESS & PAGE_MASK, 0u);
}

} // namespace
