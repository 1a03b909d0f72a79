// SPDX-License-Identifier: Apache-2.0
// Program files, good and hostile. testing/fuzz:elf_fuzz has the rest.
#include "kernel/linux/elf/elf.h"
#include <cstring>
#include <elf.h>
#include <gtest/gtest.h>
#include <vector>

namespace
{

class File
{
public:
    Elf64_Ehdr head = {};
    std::vector<Elf64_Phdr> segments;

    File()
    {
        memcpy(head.e_ident, ELFMAG, SELFMAG);
        head.e_ident[EI_CLASS] = ELFCLASS64;
        head.e_ident[EI_DATA] = ELFDATA2LSB;
        head.e_type = ET_EXEC;
        head.e_machine = EM_X86_64;
        head.e_entry = 0x401000;
        head.e_phoff = sizeof(head);
        head.e_phentsize = sizeof(Elf64_Phdr);
        add(PT_LOAD, PF_R | PF_X, 0, 0x400000, 0x2000, 0x2000);
        add(PT_LOAD, PF_R | PF_W, 0x2010, 0x402010, 0x100, 0x5000);
    }

    Elf64_Phdr &add(uint32_t type, uint32_t flags, uint64_t offset, uint64_t address,
                    uint64_t in_file, uint64_t in_memory)
    {
        Elf64_Phdr p = {};
        p.p_type = type;
        p.p_flags = flags;
        p.p_offset = offset;
        p.p_vaddr = address;
        p.p_filesz = in_file;
        p.p_memsz = in_memory;
        segments.push_back(p);
        return segments.back();
    }

    enum err parse(struct elf_program *p)
    {
        bytes_.assign(0x3000, 0);
        head.e_phnum = static_cast<uint16_t>(segments.size());
        memcpy(bytes_.data(), &head, sizeof(head));
        memcpy(bytes_.data() + sizeof(head), segments.data(), segments.size() * sizeof(Elf64_Phdr));
        if (!interpreter.empty())
            memcpy(bytes_.data() + 0x1000, interpreter.data(), interpreter.size());
        struct cspan all = cspan_make(bytes_.data(), bytes_.size());
        enum err err = elf_begin(all, bytes_.size(), p);
        if (err != ERR_OK)
            return err;
        return elf_take_table(p, cspan_sub(all, p->headers_at, p->headers_size));
    }

    std::string interpreter;

private:
    std::vector<uint8_t> bytes_;
};

TEST(Elf, a_program_of_two_segments)
{
    File f;
    struct elf_program p;
    ASSERT_EQ(f.parse(&p), ERR_OK);
    EXPECT_FALSE(p.moves);
    EXPECT_EQ(p.entry, 0x401000u);
    EXPECT_EQ(p.headers, 0x400000u + sizeof(Elf64_Ehdr));
    EXPECT_EQ(p.low, 0x400000u);
    EXPECT_EQ(p.high, 0x408000u);
    uint16_t i = 0;
    struct elf_segment s;
    ASSERT_TRUE(elf_next_segment(&p, &i, &s));
    EXPECT_EQ(s.start, 0x400000u);
    EXPECT_EQ(s.end, 0x402000u);
    EXPECT_EQ(s.prot, VM_READ | VM_EXEC);
    ASSERT_TRUE(elf_next_segment(&p, &i, &s));
    EXPECT_EQ(s.start, 0x402000u);
    EXPECT_EQ(s.end, 0x408000u);
    EXPECT_EQ(s.file_page, 2u);
    EXPECT_EQ(s.file_end, 0x402110u);
    EXPECT_EQ(s.prot, VM_READ | VM_WRITE);
    EXPECT_FALSE(elf_next_segment(&p, &i, &s));
}

TEST(Elf, an_interpreter_is_a_string_in_the_file)
{
    File f;
    f.interpreter = std::string("/lib/ld.so\0", 11);
    f.add(PT_INTERP, PF_R, 0x1000, 0x401000, 11, 11);
    struct elf_program p;
    ASSERT_EQ(f.parse(&p), ERR_OK);
    EXPECT_EQ(p.interpreter_at, 0x1000u);
    EXPECT_EQ(p.interpreter_size, 11u);
    f.segments.back().p_filesz = 1; // not even a name
    EXPECT_EQ(f.parse(&p), ERR_NOEXEC);
}

TEST(Elf, what_is_wrong_is_refused)
{
    struct {
        const char *what;
        void (*change)(File &);
    } cases[] = {
        {"not ELF", [](File &f) { f.head.e_ident[1] = 'X'; }},
        {"32 bits", [](File &f) { f.head.e_ident[EI_CLASS] = ELFCLASS32; }},
        {"big endian", [](File &f) { f.head.e_ident[EI_DATA] = ELFDATA2MSB; }},
        {"another machine", [](File &f) { f.head.e_machine = EM_AARCH64; }},
        {"an object file", [](File &f) { f.head.e_type = ET_REL; }},
        {"headers beyond the file", [](File &f) { f.head.e_phoff = 0x2fff; }},
        {"headers that wrap", [](File &f) { f.head.e_phoff = ~0ull - 10; }},
        {"headers of another size", [](File &f) { f.head.e_phentsize = 32; }},
        {"no segments", [](File &f) { f.segments.clear(); }},
        {"a segment beyond the file", [](File &f) { f.segments[0].p_filesz = 0x3001; }},
        {"more in the file than in memory", [](File &f) { f.segments[0].p_memsz = 0x1fff; }},
        {"memory that wraps", [](File &f) { f.segments[1].p_memsz = ~0ull; }},
        {"the kernel's memory", [](File &f) { f.segments[1].p_vaddr = 0xffffffff80002010; }},
        {"misaligned", [](File &f) { f.segments[1].p_vaddr++; }},
    };
    for (const auto &c : cases) {
        File f;
        struct elf_program p;
        c.change(f);
        EXPECT_EQ(f.parse(&p), ERR_NOEXEC) << c.what;
    }
}

TEST(Elf, a_short_file_is_refused)
{
    struct elf_program p;
    uint8_t bytes[sizeof(Elf64_Ehdr) - 1] = {0x7f, 'E', 'L', 'F'};
    for (size_t len = 0; len <= sizeof(bytes); len++)
        EXPECT_EQ(elf_begin(cspan_make(bytes, len), len, &p), ERR_NOEXEC);
}

} // namespace
