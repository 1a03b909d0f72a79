// SPDX-License-Identifier: Apache-2.0
// kernel/linux, whole: what boots in QEMU, as a library, under the sanitizers. What its calls do is
// for testing/syscall; here many processes and threads make them at once.
#include "testing/hostframe/programs.h"
#include <gtest/gtest.h>

namespace
{

using hostframe::Cpu;
using hostframe::Outcome;
using namespace programs;

Outcome run(hostframe::Program program, bool serial, uint64_t seed = 1)
{
    hostframe::Machine m;
    m.main = kernel_main;
    m.program = std::move(program);
    m.modules = {module()};
    m.serial = serial;
    m.seed = seed;
    return hostframe::run(m);
}

class Linux : public ::testing::TestWithParam<bool>
{
};

TEST_P(Linux, writes_and_ends)
{
    auto script = hostframe::Script().calls(CODE, {{SYS_write, 1, DATA, 6}, {SYS_exit_group, 7}});
    Outcome o = run(script, GetParam());
    EXPECT_EQ(o.console, "Hello\n");
    EXPECT_EQ(o.status, 7);
}

// The console carries three streams: input is asked for, and has a pair in it and an end. A read
// takes as many of the console's bytes as it has room for, so that a pair makes it short.
TEST_P(Linux, reads_standard_input)
{
    hostframe::Machine m;
    m.main = kernel_main;
    m.program = hostframe::Script().calls(CODE, {{SYS_read, 0, DATA, 3},
                                                 {SYS_write, 1, DATA, 2},
                                                 {SYS_read, 0, DATA, 3},
                                                 {SYS_write, 2, DATA, 1},
                                                 {SYS_exit_group, 0}});
    m.modules = {module()};
    m.serial = GetParam();
    m.cmdline = "console=framed";
    m.input = "a\x10\x10z\x10"
              "e";
    EXPECT_EQ(hostframe::run(m).console, "\x10ra\x10\x10\x10"
                                         "2z\x10"
                                         "1");
}

TEST_P(Linux, what_is_no_program)
{
    hostframe::Machine m;
    m.main = kernel_main;
    m.modules = {{"text", {'h', 'i'}}};
    m.serial = GetParam();
    EXPECT_EQ(hostframe::run(m).status, 126);
}

// The first process makes children, which make calls by chance, and ends when some time has passed.
TEST_P(Linux, calls_by_chance)
{
    const char *more = getenv("KEEL_SEEDS");
    uint64_t seeds = more != nullptr ? strtoull(more, nullptr, 10) : 20;
    uint64_t calls = 0;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        Chance chance(seed, 4, 200);
        Outcome o = run(std::ref(chance), GetParam(), seed);
        EXPECT_EQ(o.status, 0) << "seed " << seed << ": " << o.console;
        calls += chance.calls;
    }
    EXPECT_GT(calls, seeds * 50) << "most processes end before they have done much";
}

INSTANTIATE_TEST_SUITE_P(Machines, Linux, ::testing::Bool(),
                         [](const auto &i) { return i.param ? "serial" : "parallel"; });

} // namespace
