// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/trap/check.h"
#include <gtest/gtest.h>

namespace
{

// As clang 19 emits them: ud1l N(%eax), %eax.
const char *of(uint8_t n)
{
    const uint8_t code[] = {0x67, 0x0f, 0xb9, 0x40, n};
    return check_of_code(code);
}

TEST(Check, the_number_says_which)
{
    EXPECT_STREQ(of(0x12), "array index out of bounds");
    EXPECT_STREQ(of(0x14), "shift out of range");
    EXPECT_STREQ(of(0x15), "signed subtraction overflows");
    EXPECT_STREQ(of(0x0c), "signed multiplication overflows");
    EXPECT_STREQ(of(0x03), "division by zero, or its result overflows");
    EXPECT_STREQ(of(0x0a), "value that its type does not have");
    EXPECT_STREQ(of(0x01), "unreachable code reached");
    EXPECT_STREQ(of(0xff), "check of an unknown kind");
}

TEST(Check, number_0_needs_no_byte)
{
    const uint8_t code[] = {0x67, 0x0f, 0xb9, 0x00, 0x12};
    EXPECT_STREQ(check_of_code(code), "signed addition overflows");
}

TEST(Check, other_instructions_are_none)
{
    const uint8_t ud2[] = {0x0f, 0x0b, 0, 0, 0}, ud1[] = {0x0f, 0xb9, 0x40, 0x12, 0},
                  other_register[] = {0x67, 0x0f, 0xb9, 0x41, 0x12};
    EXPECT_EQ(check_of_code(ud2), nullptr);
    EXPECT_EQ(check_of_code(ud1), nullptr);
    EXPECT_EQ(check_of_code(other_register), nullptr);
}

} // namespace
