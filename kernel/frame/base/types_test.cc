// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/types.h"
#include <gtest/gtest.h>
#include <type_traits>

namespace
{

static_assert(!std::is_convertible_v<paddr_t, uaddr_t> && !std::is_convertible_v<uint64_t, paddr_t>,
              "addresses of other worlds do not mix");

TEST(Types, align_down)
{
    EXPECT_EQ(align_down(0, 4096), 0u);
    EXPECT_EQ(align_down(4095, 4096), 0u);
    EXPECT_EQ(align_down(4096, 4096), 4096u);
    EXPECT_EQ(align_down(UINT64_MAX, 4096), UINT64_MAX - 4095);
    EXPECT_EQ(align_down(12345, 1), 12345u);
}

TEST(Types, align_up)
{
    EXPECT_EQ(align_up(0, 4096), 0u);
    EXPECT_EQ(align_up(1, 4096), 4096u);
    EXPECT_EQ(align_up(4096, 4096), 4096u);
    EXPECT_EQ(align_up(4097, 4096), 8192u);
    EXPECT_EQ(align_up(UINT64_MAX - 4095, 4096), UINT64_MAX - 4095);
    EXPECT_EQ(align_up(12345, 1), 12345u);
}

TEST(Types, align_up_that_does_not_fit_wraps_to_zero)
{
    EXPECT_EQ(align_up(UINT64_MAX - 4094, 4096), 0u);
    EXPECT_EQ(align_up(UINT64_MAX, 2), 0u);
}

TEST(Types, pages_for_rounds_up_and_never_overflows)
{
    EXPECT_EQ(pages_for(0), 0u);
    EXPECT_EQ(pages_for(1), 1u);
    EXPECT_EQ(pages_for(PAGE_SIZE), 1u);
    EXPECT_EQ(pages_for(PAGE_SIZE + 1), 2u);
    EXPECT_EQ(pages_for(UINT64_MAX), 1ull << 52);
    EXPECT_EQ(pages_for(UINT64_MAX - 4095), (1ull << 52) - 1);
}

TEST(Types, min_and_max)
{
    EXPECT_EQ(min_u64(1, UINT64_MAX), 1u);
    EXPECT_EQ(min_u64(2, 1), 1u);
    EXPECT_EQ(max_u64(1, UINT64_MAX), UINT64_MAX);
    EXPECT_EQ(max_u64(2, 1), 2u);
}

} // namespace
