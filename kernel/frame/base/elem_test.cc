// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/elem.h"
#include <gtest/gtest.h>

namespace
{

TEST(Elem, is_the_element)
{
    int array[3] = {};
    EXPECT_EQ(COUNT_OF(array), 3u);
    ELEM(array, 2)++;
    int *last = &ELEM(array, 2);
    *last += 1;
    EXPECT_EQ(array[2], 2);
}

TEST(ElemDeathTest, beyond_the_end_panics)
{
    int array[3] = {};
    size_t end = 3, before = (size_t)-1;
    EXPECT_DEATH(ELEM(array, end) = 1, "assertion failed");
    EXPECT_DEATH(ELEM(array, before) = 1, "assertion failed");
}

} // namespace
