// SPDX-License-Identifier: Apache-2.0
#include "toolchain/qemu/command.h"
#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace
{

struct Parsed {
    bool ok;
    struct options o;
    std::string error;
};

Parsed parse(std::vector<std::string> args)
{
    // Options point into these, until the next.
    static std::vector<std::string> kept;
    static std::vector<char *> argv;
    args.insert(args.begin(), "launcher");
    kept = args;
    argv.clear();
    for (auto &a : kept)
        argv.push_back(a.data());
    char error[256] = "";
    Parsed p = {};
    p.ok = options_parse((int)argv.size(), argv.data(), &p.o, error, sizeof(error));
    p.error = error;
    return p;
}

std::vector<std::string> words(const struct options &o, const struct resources &r,
                               std::string *error = nullptr)
{
    struct command c;
    char text[256] = "";
    bool ok = command_build(&o, &r, &c, text, sizeof(text));
    if (error != nullptr)
        *error = text;
    std::vector<std::string> result(c.words, c.words + (ok ? c.count : 0));
    if (ok) {
        EXPECT_EQ(c.words[c.count], nullptr);
    }
    command_free(&c);
    return result;
}

// The word that follows `option`; "" if it is not there.
std::string after(const std::vector<std::string> &w, const std::string &option)
{
    auto at = std::find(w.begin(), w.end(), option);
    return at == w.end() || at + 1 == w.end() ? "" : at[1];
}

bool has(const std::vector<std::string> &w, const std::string &word)
{
    return std::find(w.begin(), w.end(), word) != w.end();
}

TEST(Options, a_program_and_its_arguments_come_last)
{
    Parsed p = parse({"--smp", "2", "bin/sh", "-c", "--smp"});
    ASSERT_TRUE(p.ok) << p.error;
    EXPECT_EQ(p.o.smp, 2u);
    ASSERT_EQ(p.o.program_words, 3);
    EXPECT_STREQ(p.o.module, "bin/sh");
    EXPECT_STREQ(p.o.program[2], "--smp");
    EXPECT_FALSE(parse({"--module", "a", "b"}).ok);
}

TEST(Command, a_programs_words_survive_the_kernels_command_line)
{
    Parsed p = parse({"--append", "loglevel=debug", "/bin/x", "two words", "100%", "", "\xc3\xa9"});
    struct resources r = {};
    r.module_fd = 5;
    p.o.kernel = "k";
    p.o.qemu = "q";
    EXPECT_EQ(after(words(p.o, r), "-append"),
              "loglevel=debug -- /bin/x two%20words 100%25 % %C3%A9");
    EXPECT_EQ(after(words(p.o, r), "-initrd"), "/proc/self/fd/5");
}

TEST(Command, a_command_line_that_does_not_fit_is_an_error)
{
    Parsed p = parse({"/bin/x", std::string(2048, 'a')});
    struct resources r = {};
    p.o.kernel = "k";
    p.o.qemu = "q";
    std::string error;
    words(p.o, r, &error);
    EXPECT_NE(error.find("2047 bytes"), std::string::npos) << error;
}

TEST(Options, defaults)
{
    Parsed p = parse({});
    ASSERT_TRUE(p.ok);
    EXPECT_STREQ(p.o.machine, "microvm");
    EXPECT_EQ(p.o.accel, ACCEL_AUTO);
    EXPECT_EQ(p.o.smp, 1u);
    EXPECT_EQ(p.o.mem_mib, MEM_DEFAULT_MIB);
    EXPECT_EQ(p.o.timeout_s, 0u);
    EXPECT_EQ(p.o.module, nullptr);
    EXPECT_EQ(p.o.append, nullptr);
    EXPECT_FALSE(p.o.gdb || p.o.icount || p.o.verbose || p.o.help);
}

TEST(Options, all_are_taken)
{
    Parsed p = parse(
        {"--machine", "q35",      "--accel=tcg", "--smp",    "4",     "--mem=8",      "--kernel",
         "k",         "--module", "m",           "--append", "a b=c", "--timeout",    "9",
         "--gdb",     "--icount", "-v",          "--qemu",   "q",     "--gdb-script", "g",
         "--cpu",     "c"});
    ASSERT_TRUE(p.ok) << p.error;
    EXPECT_STREQ(p.o.machine, "q35");
    EXPECT_EQ(p.o.accel, ACCEL_TCG);
    EXPECT_EQ(p.o.smp, 4u);
    EXPECT_EQ(p.o.mem_mib, 8u);
    EXPECT_STREQ(p.o.cpu, "c");
    EXPECT_STREQ(p.o.kernel, "k");
    EXPECT_STREQ(p.o.module, "m");
    EXPECT_STREQ(p.o.append, "a b=c");
    EXPECT_EQ(p.o.timeout_s, 9u);
    EXPECT_TRUE(p.o.gdb && p.o.icount && p.o.verbose);
    EXPECT_STREQ(p.o.qemu, "q");
    EXPECT_STREQ(p.o.gdb_script, "g");
}

TEST(Options, the_last_of_two_wins)
{
    Parsed p = parse({"--kernel", "default", "--kernel", "mine"});
    ASSERT_TRUE(p.ok);
    EXPECT_STREQ(p.o.kernel, "mine");
}

TEST(Options, help_in_both_forms)
{
    EXPECT_TRUE(parse({"-h"}).o.help);
    EXPECT_TRUE(parse({"--help"}).o.help);
}

TEST(Options, errors_name_the_option)
{
    const struct {
        std::vector<std::string> args;
        const char *part;
    } cases[] = {
        {{"--frobnicate"}, "--frobnicate: no such option"},
        {{"--machinery", "pc"}, "--machinery: no such option"},
        {{"--kernel"}, "--kernel: a value is missing"},
        {{"--machine"}, "--machine: a value is missing"},
        {{"--accel"}, "--accel: a value is missing"},
        {{"--smp"}, "--smp: a value is missing"},
        {{"--machine", "virt"}, "--machine: 'virt' is none of"},
        {{"--accel", "xen"}, "--accel: 'xen' is neither"},
        {{"--smp", "0"}, "--smp: '0' is not a number from 1 to 255"},
        {{"--smp", "256"}, "--smp: '256'"},
        {{"--mem", "-1"}, "--mem: '-1'"},
        {{"--mem", "64M"}, "--mem: '64M'"},
        {{"--mem", ""}, "--mem: ''"},
        {{"--timeout", "99999999999999999999"}, "--timeout: "},
        {{"--icount", "--accel", "kvm"}, "--icount"},
    };
    for (const auto &c : cases) {
        Parsed p = parse(c.args);
        EXPECT_FALSE(p.ok) << c.part;
        EXPECT_NE(p.error.find(c.part), std::string::npos) << p.error;
    }
}

TEST(Command, default_machine)
{
    struct options o = parse({"--qemu", "/q", "--kernel", "k"}).o;
    auto w = words(o, {.status_fd = 7, .module_fd = -1});
    ASSERT_FALSE(w.empty());
    EXPECT_EQ(w[0], "/q");
    EXPECT_EQ(after(w, "-machine"), "microvm");
    EXPECT_EQ(after(w, "-accel"), "tcg");
    EXPECT_EQ(after(w, "-cpu"), "max");
    EXPECT_EQ(after(w, "-m"), "128M");
    EXPECT_EQ(after(w, "-smp"), "1");
    EXPECT_EQ(after(w, "-kernel"), "k");
    EXPECT_TRUE(has(w, "file,id=status,path=/proc/self/fd/7"));
    EXPECT_EQ(after(w, "-chardev"), "stdio,id=console");
    EXPECT_FALSE(has(w, "-initrd") || has(w, "-append") || has(w, "-icount") || has(w, "-S") ||
                 has(w, "-mon"));
}

TEST(Command, kvm_uses_the_hosts_cpu)
{
    struct options o = parse({"--qemu", "/q", "--kernel", "k"}).o;
    auto w = words(o, {.kvm = true, .module_fd = -1});
    EXPECT_EQ(after(w, "-accel"), "kvm");
    EXPECT_EQ(after(w, "-cpu"), "host");
}

TEST(Command, cpu_as_asked_for)
{
    struct options o = parse({"--qemu", "/q", "--kernel", "k", "--cpu", "max,-smap"}).o;
    EXPECT_EQ(after(words(o, {.kvm = true, .module_fd = -1}), "-cpu"), "max,-smap");
}

TEST(Command, module_goes_by_descriptor)
{
    struct options o = parse({"--qemu", "/q", "--kernel", "k", "--module", "a, b"}).o;
    auto w = words(o, {.module_fd = 9});
    EXPECT_EQ(after(w, "-initrd"), "/proc/self/fd/9");
}

TEST(Command, the_rest_is_passed_on)
{
    struct options o = parse({"--qemu", "/q", "--kernel", "k", "--append", "x y", "--icount"}).o;
    auto w = words(o, {.terminal = true, .module_fd = -1});
    EXPECT_EQ(after(w, "-append"), "x y");
    EXPECT_EQ(after(w, "-icount"), "shift=0,sleep=off");
    EXPECT_EQ(after(w, "-chardev"), "stdio,id=console,mux=on,signal=off");
    EXPECT_EQ(after(w, "-mon"), "chardev=console");
}

TEST(Command, debugged_kernel_waits_and_stays_where_it_is_linked)
{
    struct options o = parse({"--qemu", "/q", "--kernel", "k", "--append", "x y"}).o;
    auto w = words(o, {.module_fd = -1, .gdb_socket = "/s"});
    EXPECT_EQ(after(w, "-gdb"), "unix:/s,server=on,wait=off");
    EXPECT_TRUE(has(w, "-S"));
    EXPECT_EQ(after(w, "-append"), "x y nokaslr");
    o = parse({"--qemu", "/q", "--kernel", "k"}).o;
    w = words(o, {.module_fd = -1, .gdb_socket = "/s"});
    EXPECT_EQ(after(w, "-append"), "nokaslr");
}

TEST(Command, iso_is_a_cd)
{
    struct options o = parse({"--qemu", "/q", "--kernel", "k.iso", "--machine", "pc"}).o;
    auto w = words(o, {.iso = true, .module_fd = -1});
    EXPECT_EQ(after(w, "-cdrom"), "k.iso");
    EXPECT_FALSE(has(w, "-kernel"));
}

TEST(Command, iso_does_not_go_with_everything)
{
    std::string error;
    struct options o = parse({"--qemu", "/q", "--kernel", "k.iso"}).o;
    EXPECT_TRUE(words(o, {.iso = true, .module_fd = -1}, &error).empty());
    EXPECT_NE(error.find("microvm has no CD drive"), std::string::npos);

    o = parse({"--qemu", "/q", "--kernel", "k.iso", "--machine", "pc", "--append", "x"}).o;
    EXPECT_TRUE(words(o, {.iso = true, .module_fd = -1}, &error).empty());
    EXPECT_NE(error.find("no --append"), std::string::npos);
}

TEST(Cpuinfo, finds_virtualization_as_a_word_of_the_flags)
{
    EXPECT_TRUE(cpuinfo_has_virtualization("processor\t: 0\nflags\t\t: fpu vmx sse\n"));
    EXPECT_TRUE(cpuinfo_has_virtualization("x\nflags\t\t: fpu svm"));
    EXPECT_FALSE(cpuinfo_has_virtualization("x\nflags\t\t: fpu vmx2 xsvm\n"));
    EXPECT_FALSE(cpuinfo_has_virtualization("x\nflags\t\t: fpu\nvmx flags\t: vnmi vmx\n"));
    EXPECT_FALSE(cpuinfo_has_virtualization("model name\t: vmx\n"));
    EXPECT_FALSE(cpuinfo_has_virtualization(""));
}

TEST(Iso, is_known_by_its_volume_descriptor)
{
    std::string head(40000, '\0');
    EXPECT_FALSE(head_is_iso(head.data(), head.size()));
    head.replace(32769, 5, "CD001");
    EXPECT_TRUE(head_is_iso(head.data(), head.size()));
    EXPECT_FALSE(head_is_iso(head.data(), 32772));
}

} // namespace
