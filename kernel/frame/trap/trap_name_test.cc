// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/arch/x86_64/trap_regs.h"
#include "kernel/frame/trap/trap_name.h"
#include <gtest/gtest.h>
#include <set>
#include <string>

namespace
{

TEST(TrapName, exceptions_have_their_names)
{
    EXPECT_STREQ(trap_name(TRAP_DIVIDE), "divide error");
    EXPECT_STREQ(trap_name(TRAP_DEBUG), "debug exception");
    EXPECT_STREQ(trap_name(TRAP_NMI), "non-maskable interrupt");
    EXPECT_STREQ(trap_name(TRAP_BREAKPOINT), "breakpoint");
    EXPECT_STREQ(trap_name(TRAP_INVALID_OPCODE), "invalid opcode");
    EXPECT_STREQ(trap_name(TRAP_DOUBLE_FAULT), "double fault");
    EXPECT_STREQ(trap_name(TRAP_GENERAL_PROTECTION), "general protection fault");
    EXPECT_STREQ(trap_name(TRAP_PAGE_FAULT), "page fault");
    EXPECT_STREQ(trap_name(TRAP_ALIGNMENT), "alignment check");
    EXPECT_STREQ(trap_name(TRAP_MACHINE_CHECK), "machine check");
}

TEST(TrapName, names_differ)
{
    std::set<std::string> names;
    int named = 0;
    for (uint64_t vector = 0; vector < TRAP_IRQ_FIRST; vector++) {
        std::string name = trap_name(vector);
        if (name == "reserved exception")
            continue;
        names.insert(name);
        named++;
    }
    EXPECT_EQ(named, 20);
    EXPECT_EQ(names.size(), 20u);
}

TEST(TrapName, reserved_vectors_are_called_so)
{
    for (uint64_t vector : {9, 15, 22, 27, 31})
        EXPECT_STREQ(trap_name(vector), "reserved exception") << vector;
}

TEST(TrapName, everything_else_is_an_interrupt)
{
    for (uint64_t vector : {uint64_t{TRAP_IRQ_FIRST}, uint64_t{255}, uint64_t{256}, UINT64_MAX})
        EXPECT_STREQ(trap_name(vector), "interrupt") << vector;
}

} // namespace
