// SPDX-License-Identifier: Apache-2.0
// kernel/hello, whole: the file that boots in QEMU, as a library.
#include "testing/hostframe/hostframe.h"
#include <cstring>
#include <gtest/gtest.h>

namespace
{

constexpr uint64_t BASE = 0x400000, CODE = 0x401000;
constexpr uint64_t SYS_WRITE = 1, SYS_EXIT = 60;

// A program that kernel/hello takes: an ELF header, and what is to be in memory behind it.
hostframe::Module module(const std::string &data, uint64_t entry = CODE)
{
    std::vector<uint8_t> file(2 * PAGE_SIZE);
    memcpy(&file[0], "\177ELF\2\1\1", 7);
    file[16] = 2;
    file[18] = 62;
    memcpy(&file[24], &entry, 8);
    memcpy(&file[PAGE_SIZE], data.data(), data.size());
    return {"program", file};
}

hostframe::Outcome run(hostframe::Program program, std::vector<hostframe::Module> modules,
                       bool serial = true)
{
    hostframe::Machine m;
    m.main = kernel_main;
    m.program = std::move(program);
    m.modules = std::move(modules);
    m.serial = serial;
    return hostframe::run(m);
}

class Hello : public ::testing::TestWithParam<bool>
{
};

TEST_P(Hello, writes_and_exits)
{
    std::string text = "Hello, world\n";
    auto script =
        hostframe::Script().calls(CODE, {{SYS_WRITE, 1, CODE, text.size()}, {SYS_EXIT, 0x107}});
    hostframe::Outcome o = run(script, {module(text)}, GetParam());
    EXPECT_EQ(o.console, text);
    EXPECT_EQ(o.status, 7);
    EXPECT_EQ(o.objects, 1u) << "the context of the program that called power_off";
}

TEST_P(Hello, the_built_in_program_is_mapped_where_its_header_says)
{
    // What it is made of is machine code: this program only looks at it.
    auto look = [](hostframe::Cpu &cpu) {
        char head[4];
        EXPECT_TRUE(cpu.read(BASE, head, sizeof(head)));
        EXPECT_EQ(std::string(head, 4), "\177ELF");
        EXPECT_GE(cpu.regs.rip, CODE);
        EXPECT_FALSE(cpu.read(BASE - 1, head, 1));
        return cpu.syscall(SYS_EXIT, 3);
    };
    EXPECT_EQ(run(look, {}, GetParam()).status, 3);
}

TEST_P(Hello, long_writes_bad_addresses_and_unknown_calls)
{
    std::string text(700, 'x');
    std::vector<int64_t> results;
    auto result = [&](hostframe::Cpu &cpu) {
        results.push_back(static_cast<int64_t>(cpu.regs.rax));
    };
    hostframe::Script script;
    script.at(CODE, [&](hostframe::Cpu &cpu) { return cpu.syscall(SYS_WRITE, 1, CODE, 700); });
    script.at(CODE + 2, [&](hostframe::Cpu &cpu) {
        result(cpu);
        // 100 bytes up to the end of what is mapped, and more.
        return cpu.syscall(SYS_WRITE, 2, BASE + 2 * PAGE_SIZE - 100, ~0ull >> 20);
    });
    script.at(CODE + 4, [&](hostframe::Cpu &cpu) {
        result(cpu);
        return cpu.syscall(SYS_WRITE, 1, 0, 1);
    });
    script.at(CODE + 6, [&](hostframe::Cpu &cpu) {
        result(cpu);
        return cpu.syscall(SYS_WRITE, 1, ~0ull, 1);
    });
    script.at(CODE + 8, [&](hostframe::Cpu &cpu) {
        result(cpu);
        return cpu.syscall(39);
    });
    script.at(CODE + 10, [&](hostframe::Cpu &cpu) {
        result(cpu);
        return cpu.syscall(SYS_EXIT, 0);
    });
    hostframe::Outcome o = run(script, {module(text)}, GetParam());
    EXPECT_EQ(o.status, 0);
    EXPECT_EQ(o.console.size(), 800u);
    EXPECT_EQ(results, (std::vector<int64_t>{700, 100, ERR_FAULT, ERR_FAULT, ERR_NOSYS}));
}

TEST_P(Hello, a_program_that_goes_wrong)
{
    auto crash = [](hostframe::Cpu &cpu) {
        uint8_t byte;
        EXPECT_FALSE(cpu.read(0x1234, &byte, 1));
        return cpu.fault();
    };
    hostframe::Outcome o = run(crash, {module("")}, GetParam());
    EXPECT_EQ(o.status, 128 + 11);
    EXPECT_EQ(o.console,
              "hello: the program stopped: page fault at 401000 (error 4, address 1234)\n");
}

TEST_P(Hello, a_program_that_begins_nowhere)
{
    auto never = [](hostframe::Cpu &cpu) {
        ADD_FAILURE() << "not mapped, so not run";
        return cpu.syscall(SYS_EXIT, 0);
    };
    hostframe::Outcome o = run(never, {module("", 0x700000)}, GetParam());
    EXPECT_EQ(o.status, 128 + 11);
    EXPECT_NE(o.console.find("at 700000 (error 14, address 700000)"), std::string::npos)
        << o.console;
}

TEST_P(Hello, what_is_no_program)
{
    hostframe::Outcome o = run({}, {{"text", {'h', 'i'}}}, GetParam());
    EXPECT_EQ(o.status, 126);
    EXPECT_EQ(o.objects, 0u);
}

INSTANTIATE_TEST_SUITE_P(Machines, Hello, ::testing::Bool(),
                         [](const auto &i) { return i.param ? "serial" : "parallel"; });

} // namespace
