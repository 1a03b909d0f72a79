// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/acpi/acpi.h"
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace
{

constexpr uint64_t BIOS = 0xe0000, BIOS_END = 0x100000;
constexpr uint64_t RSDP = 0xf0000;
// Low bytes that are no revision number.
constexpr uint64_t ROOT = 0x1010, FADT = 0x2000, DSDT = 0x3000, OTHER = 0x4000;

constexpr size_t FADT_1 = 116, FADT_2 = 148, FADT_6 = 276; // lengths, by revision

// Name(_S5_, Package(4) {type_a, type_b, 0, 0}) as compilers write it.
const std::string S5_5_6 = std::string("\x08_S5_\x12\x08\x04\x0a\x05\x0a\x06\x00\x00", 14);

class Acpi : public ::testing::Test
{
protected:
    Acpi() : bytes(1 * MIB, 0) {}

    void u8(uint64_t at, uint8_t v) { bytes.at(at) = v; }
    void u32(uint64_t at, uint32_t v) { memcpy(&bytes.at(at), &v, 4); }
    void u64(uint64_t at, uint64_t v) { memcpy(&bytes.at(at), &v, 8); }
    void text(uint64_t at, const std::string &s)
    {
        ASSERT_LE(at + s.size(), bytes.size());
        std::copy(s.begin(), s.end(), bytes.begin() + static_cast<ptrdiff_t>(at));
    }

    // Makes the `len` bytes at `at` sum up to zero by changing the one at `checksum`.
    void sum(uint64_t at, size_t len, uint64_t checksum)
    {
        uint8_t s = 0;
        for (size_t i = 0; i < len; i++)
            s = static_cast<uint8_t>(s + bytes.at(at + i));
        u8(checksum, static_cast<uint8_t>(bytes[checksum] - s));
    }

    void rsdp_at(uint64_t at, uint8_t revision, uint32_t rsdt, uint64_t xsdt = 0)
    {
        text(at, "RSD PTR ");
        u8(at + 15, revision);
        u32(at + 16, rsdt);
        u8(at + 8, 0);
        sum(at, 20, at + 8);
        if (revision >= 2) {
            u32(at + 20, 36);
            u64(at + 24, xsdt);
            u8(at + 32, 0);
            sum(at, 36, at + 32);
        }
    }

    // Sets signature and length; finish() then makes the checksum right.
    void table(uint64_t at, const char *signature, size_t len)
    {
        text(at, signature);
        u32(at + 4, static_cast<uint32_t>(len));
        finish(at, len);
    }

    void finish(uint64_t at, size_t len)
    {
        u8(at + 9, 0);
        sum(at, len, at + 9);
    }

    void rsdt(const std::vector<uint32_t> &tables)
    {
        for (size_t i = 0; i < tables.size(); i++)
            u32(ROOT + 36 + 4 * i, tables[i]);
        table(ROOT, "RSDT", 36 + 4 * tables.size());
    }

    void xsdt(const std::vector<uint64_t> &tables)
    {
        for (size_t i = 0; i < tables.size(); i++)
            u64(ROOT + 36 + 8 * i, tables[i]);
        table(ROOT, "XSDT", 36 + 8 * tables.size());
    }

    void dsdt(const std::string &aml)
    {
        text(DSDT + 36, aml);
        table(DSDT, "DSDT", 36 + aml.size());
    }

    // A machine with PM1a at port 0x604 that wants type 5, and 6 in PM1b.
    void machine(size_t fadt_len = FADT_1)
    {
        rsdp_at(RSDP, 0, ROOT);
        rsdt({FADT});
        u32(FADT + 40, DSDT);
        u32(FADT + 64, 0x604);
        table(FADT, "FACP", fadt_len);
        dsdt(S5_5_6);
    }

    // The same by a sleep control register: address space and address.
    void reduced_machine(uint8_t space, uint64_t address, size_t fadt_len = FADT_6)
    {
        machine(FADT_6);
        u32(FADT + 112, 1u << 20);
        u8(FADT + 244, space);
        u64(FADT + 248, address);
        table(FADT, "FACP", fadt_len);
    }

    struct acpi_memory memory() const { return {cspan_make(bytes.data(), bytes.size())}; }

    bool find_table(const char *signature, uint64_t rsdp = RSDP)
    {
        return acpi_find_table(memory(), rsdp, signature, &found);
    }

    bool find_sleep(uint64_t rsdp = RSDP)
    {
        memset(&sleep, 0xee, sizeof(sleep));
        return acpi_find_sleep(memory(), rsdp, &sleep);
    }

    // Whether the sleep types are found in a DSDT of this content.
    bool find_s5(const std::string &aml)
    {
        machine();
        dsdt(aml);
        return find_sleep();
    }

    std::vector<uint8_t> bytes;
    struct cspan found;
    struct acpi_sleep sleep;
};

TEST_F(Acpi, finds_the_root_pointer_in_the_bios_area)
{
    EXPECT_EQ(acpi_find_rsdp(memory()), 0u);
    rsdp_at(BIOS_END - 32, 0, 0);
    EXPECT_EQ(acpi_find_rsdp(memory()), BIOS_END - 32);
    rsdp_at(BIOS, 0, 0);
    EXPECT_EQ(acpi_find_rsdp(memory()), BIOS) << "the first counts";
}

TEST_F(Acpi, root_pointer_needs_its_boundary_and_checksum)
{
    rsdp_at(BIOS + 8, 0, 0);
    EXPECT_EQ(acpi_find_rsdp(memory()), 0u) << "not on a 16-byte boundary";
    rsdp_at(RSDP, 0, 0);
    u8(RSDP + 19, 1);
    EXPECT_EQ(acpi_find_rsdp(memory()), 0u) << "wrong checksum";
}

TEST_F(Acpi, root_pointer_is_not_looked_for_outside_the_bios_area)
{
    bytes.resize(2 * MIB, 0);
    rsdp_at(BIOS - 16, 0, 0);
    rsdp_at(BIOS_END, 0, 0);
    EXPECT_EQ(acpi_find_rsdp(memory()), 0u);
}

TEST_F(Acpi, root_pointer_is_not_looked_for_outside_the_view)
{
    rsdp_at(RSDP, 0, 0);
    bytes.resize(RSDP + 20);
    bytes.shrink_to_fit();
    EXPECT_EQ(acpi_find_rsdp(memory()), RSDP);
    bytes.resize(RSDP + 19);
    bytes.shrink_to_fit();
    EXPECT_EQ(acpi_find_rsdp(memory()), 0u);
    bytes.clear();
    EXPECT_EQ(acpi_find_rsdp(memory()), 0u);
}

TEST_F(Acpi, tables_by_the_old_root)
{
    rsdp_at(RSDP, 0, ROOT);
    table(OTHER, "APIC", 44);
    table(FADT, "FACP", 36);
    rsdt({OTHER, FADT});
    ASSERT_TRUE(find_table("FACP"));
    EXPECT_EQ(found.bytes, &bytes[FADT]);
    EXPECT_EQ(found.len, 36u);
    ASSERT_TRUE(find_table("APIC"));
    EXPECT_EQ(found.bytes, &bytes[OTHER]);
    EXPECT_EQ(found.len, 44u);
    EXPECT_FALSE(find_table("HPET"));
    EXPECT_FALSE(find_table("facp"));
}

TEST_F(Acpi, tables_by_the_new_root)
{
    table(OTHER, "APIC", 44);
    table(FADT, "FACP", 36);
    xsdt({OTHER, FADT});
    rsdp_at(RSDP, 2, 0xdead, ROOT);
    ASSERT_TRUE(find_table("FACP"));
    EXPECT_EQ(found.bytes, &bytes[FADT]);
}

TEST_F(Acpi, new_root_has_entries_of_eight_bytes)
{
    table(FADT, "FACP", 36);
    xsdt({FADT | 1ull << 32});
    rsdp_at(RSDP, 2, 0, ROOT);
    EXPECT_FALSE(find_table("FACP")) << "lies above 4 GiB";
    xsdt({0, FADT});
    EXPECT_TRUE(find_table("FACP"));
}

TEST_F(Acpi, new_root_pointer_may_lie_at_the_very_end)
{
    table(FADT, "FACP", 36);
    xsdt({FADT});
    rsdp_at(bytes.size() - 36, 2, 0, ROOT);
    EXPECT_TRUE(find_table("FACP", bytes.size() - 36));
}

TEST_F(Acpi, revision_two_without_a_new_root_uses_the_old)
{
    table(FADT, "FACP", 36);
    rsdt({FADT});
    rsdp_at(RSDP, 2, ROOT, 0);
    EXPECT_TRUE(find_table("FACP"));
}

TEST_F(Acpi, old_revision_ignores_what_follows_it)
{
    table(FADT, "FACP", 36);
    rsdt({FADT});
    rsdp_at(RSDP, 0, ROOT);
    u64(RSDP + 24, 0xdead);
    EXPECT_TRUE(find_table("FACP"));
}

TEST_F(Acpi, new_revision_cut_off_by_the_view_uses_the_old_root)
{
    table(FADT, "FACP", 36);
    rsdt({FADT});
    uint64_t at = bytes.size() - 20;
    u32(at + 16, ROOT);
    u8(at + 15, 2);
    text(at, "RSD PTR ");
    EXPECT_TRUE(find_table("FACP", at));
}

TEST_F(Acpi, wrong_root_pointers_give_nothing)
{
    table(FADT, "FACP", 36);
    rsdt({FADT});
    rsdp_at(RSDP, 0, ROOT);
    EXPECT_TRUE(find_table("FACP"));
    rsdp_at(0, 0, ROOT);
    EXPECT_FALSE(find_table("FACP", 0)) << "stands for none";
    EXPECT_FALSE(find_table("FACP", RSDP + 16));
    EXPECT_FALSE(find_table("FACP", bytes.size() - 19));
    EXPECT_FALSE(find_table("FACP", bytes.size()));
    EXPECT_FALSE(find_table("FACP", UINT64_MAX));
}

TEST_F(Acpi, wrong_roots_give_nothing)
{
    table(FADT, "FACP", 36);
    for (uint64_t root : {uint64_t{0}, bytes.size() - 35, bytes.size(), uint64_t{UINT32_MAX}}) {
        rsdp_at(RSDP, 0, static_cast<uint32_t>(root));
        EXPECT_FALSE(find_table("FACP")) << root;
    }
    for (uint64_t root : {bytes.size() - 35, UINT64_MAX - 35, UINT64_MAX}) {
        rsdp_at(RSDP, 2, 0, root);
        EXPECT_FALSE(find_table("FACP")) << root;
    }
}

TEST_F(Acpi, root_with_wrong_checksum_or_length_gives_nothing)
{
    table(FADT, "FACP", 36);
    rsdt({FADT});
    rsdp_at(RSDP, 0, ROOT);
    u8(ROOT + 35, 1);
    EXPECT_FALSE(find_table("FACP"));
    for (uint32_t len : {0u, 8u, 35u, static_cast<uint32_t>(bytes.size() - ROOT + 1), UINT32_MAX}) {
        u32(ROOT + 4, len);
        if (len >= 10 && len < bytes.size() - ROOT)
            finish(ROOT, len);
        EXPECT_FALSE(find_table("FACP")) << len;
    }
}

TEST_F(Acpi, damaged_tables_are_passed_over)
{
    table(OTHER, "FACP", 40);
    u8(OTHER + 39, 1); // wrong checksum
    table(FADT, "FACP", 36);
    rsdt({0xffffffff, OTHER, static_cast<uint32_t>(bytes.size() - 1), FADT});
    rsdp_at(RSDP, 0, ROOT);
    ASSERT_TRUE(find_table("FACP"));
    EXPECT_EQ(found.bytes, &bytes[FADT]);
}

TEST_F(Acpi, root_whose_last_entry_is_cut_does_not_use_it)
{
    table(FADT, "FACP", 36);
    rsdt({FADT});
    rsdp_at(RSDP, 0, ROOT);
    for (size_t len = 36; len < 40; len++) {
        table(ROOT, "RSDT", len);
        EXPECT_FALSE(find_table("FACP"));
    }
}

TEST_F(Acpi, sleep_by_ports)
{
    machine();
    u32(FADT + 68, 0x608);
    table(FADT, "FACP", FADT_1);
    ASSERT_TRUE(find_sleep());
    EXPECT_FALSE(sleep.reduced);
    EXPECT_FALSE(sleep.memory);
    EXPECT_EQ(sleep.control_a, 0x604u);
    EXPECT_EQ(sleep.control_b, 0x608u);
    EXPECT_EQ(sleep.type_a, 5);
    EXPECT_EQ(sleep.type_b, 6);
}

TEST_F(Acpi, second_port_is_optional_and_first_is_not)
{
    machine();
    ASSERT_TRUE(find_sleep());
    EXPECT_EQ(sleep.control_b, 0u);
    u32(FADT + 64, 0);
    u32(FADT + 68, 0x608);
    table(FADT, "FACP", FADT_1);
    EXPECT_FALSE(find_sleep());
}

TEST_F(Acpi, ports_beyond_the_port_space_are_refused)
{
    // Cut to 16 bits they would be some other device's.
    machine();
    u32(FADT + 64, 0x10604);
    table(FADT, "FACP", FADT_1);
    EXPECT_FALSE(find_sleep());
    u32(FADT + 64, 0x604);
    u32(FADT + 68, 0x10000);
    table(FADT, "FACP", FADT_1);
    EXPECT_FALSE(find_sleep());
    reduced_machine(1, 0x10000);
    EXPECT_FALSE(find_sleep());
}

TEST_F(Acpi, sleep_by_a_register_in_memory)
{
    reduced_machine(0, 0xfed0'0000'1234);
    ASSERT_TRUE(find_sleep());
    EXPECT_TRUE(sleep.reduced);
    EXPECT_TRUE(sleep.memory);
    EXPECT_EQ(sleep.control_a, 0xfed0'0000'1234u);
    EXPECT_EQ(sleep.control_b, 0u);
    EXPECT_EQ(sleep.type_a, 5);
}

TEST_F(Acpi, sleep_by_a_register_in_a_port)
{
    reduced_machine(1, 0x604);
    ASSERT_TRUE(find_sleep());
    EXPECT_TRUE(sleep.reduced);
    EXPECT_FALSE(sleep.memory);
    EXPECT_EQ(sleep.control_a, 0x604u);
}

TEST_F(Acpi, sleep_register_elsewhere_is_refused)
{
    // PCI configuration space, an embedded controller and the like.
    for (uint8_t space : {2, 3, 4, 10, 127, 255}) {
        reduced_machine(space, 0x604);
        EXPECT_FALSE(find_sleep()) << int{space};
    }
}

TEST_F(Acpi, reduced_machine_needs_its_register)
{
    reduced_machine(0, 0);
    EXPECT_FALSE(find_sleep());
    reduced_machine(0, 0x1234, 255); // cut before the address ends
    EXPECT_FALSE(find_sleep());
    reduced_machine(0, 0x1234, 256);
    EXPECT_TRUE(find_sleep());
}

TEST_F(Acpi, new_dsdt_pointer_wins_where_there_is_one)
{
    machine(FADT_2);
    u32(FADT + 40, 0xdead);
    u64(FADT + 140, DSDT);
    table(FADT, "FACP", FADT_2);
    EXPECT_TRUE(find_sleep());
    table(FADT, "FACP", FADT_2 - 1); // not all of the new one: then the old
    EXPECT_FALSE(find_sleep());
    u32(FADT + 40, DSDT);
    u64(FADT + 140, 0);
    table(FADT, "FACP", FADT_2);
    EXPECT_TRUE(find_sleep());
}

TEST_F(Acpi, tables_that_are_missing_or_too_short)
{
    EXPECT_FALSE(find_sleep(0));
    machine();
    table(FADT, "FACP", FADT_1 - 1);
    EXPECT_FALSE(find_sleep());
    table(FADT, "HPET", FADT_1);
    EXPECT_FALSE(find_sleep());
    machine();
    u8(DSDT + 36, 1); // wrong checksum
    EXPECT_FALSE(find_sleep());
    machine();
    u32(FADT + 40, static_cast<uint32_t>(bytes.size()));
    table(FADT, "FACP", FADT_1);
    EXPECT_FALSE(find_sleep());
}

TEST_F(Acpi, s5_anywhere_in_the_code)
{
    EXPECT_TRUE(find_s5(S5_5_6));
    EXPECT_TRUE(find_s5("some code" + S5_5_6 + "more code"));
    EXPECT_TRUE(find_s5(std::string("\x08\\_S5_\x12\x08\x04\x0a\x05\x0a\x06\x00\x00", 15)))
        << "with the root's prefix";
    EXPECT_EQ(sleep.type_a, 5);
    EXPECT_EQ(sleep.type_b, 6);
}

TEST_F(Acpi, s5_values_of_every_small_encoding)
{
    EXPECT_TRUE(find_s5(std::string("\x08_S5_\x12\x06\x04\x00\x01\x00\x00", 12)));
    EXPECT_EQ(sleep.type_a, 0);
    EXPECT_EQ(sleep.type_b, 1);
    EXPECT_TRUE(find_s5(std::string("\x08_S5_\x12\x07\x04\x01\x0a\x07\x00\x00", 13)));
    EXPECT_EQ(sleep.type_a, 1);
    EXPECT_EQ(sleep.type_b, 7);
}

TEST_F(Acpi, s5_of_two_elements_at_the_very_end)
{
    EXPECT_TRUE(find_s5(std::string("\x08_S5_\x12\x04\x02\x00\x01", 10)));
    EXPECT_EQ(sleep.type_b, 1);
    EXPECT_TRUE(find_s5(std::string("\x08_S5_\x12\x06\x02\x0a\x05\x0a\x06", 12)));
    EXPECT_EQ(sleep.type_b, 6);
}

TEST_F(Acpi, s5_package_lengths_of_every_size)
{
    EXPECT_TRUE(find_s5(std::string("\x08_S5_\x12\x49\x00\x04\x0a\x05\x0a\x06", 13)));
    EXPECT_TRUE(find_s5(std::string("\x08_S5_\x12\x8a\x00\x00\x04\x0a\x05\x0a\x06", 14)));
    EXPECT_TRUE(find_s5(std::string("\x08_S5_\x12\xcb\x00\x00\x00\x04\x0a\x05\x0a\x06", 15)));
    EXPECT_EQ(sleep.type_a, 5);
    EXPECT_EQ(sleep.type_b, 6);
}

TEST_F(Acpi, what_only_looks_like_s5_is_passed_over)
{
    std::string wrong[] = {
        std::string("\x08_S4_\x12\x08\x04\x0a\x05\x0a\x06\x00\x00", 14), // another state
        std::string("\x10_S5_\x12\x08\x04\x0a\x05\x0a\x06\x00\x00", 14), // no name declaration
        std::string("\x08_S5_\x11\x08\x04\x0a\x05\x0a\x06\x00\x00", 14), // no package
        std::string("x\\_S5_\x12\x08\x04\x0a\x05\x0a\x06\x00\x00", 15),  // a prefix, no declaration
        std::string("\x08_S5_\x12\x08\x04\x0b\x05\x00\x0a\x06\x00", 14), // a word
        std::string("\x08_S5_\x12\x08\x04\x0a\x05\x70\x06\x00\x00", 14), // no constant
        std::string("\x08_S5_\x12\x04\x01\x0a\x05\x00", 11),             // a single element
    };
    for (const std::string &aml : wrong) {
        EXPECT_FALSE(find_s5(aml)) << testing::PrintToString(aml);
        EXPECT_TRUE(find_s5(aml + S5_5_6)) << testing::PrintToString(aml);
        EXPECT_EQ(sleep.type_a, 5);
        EXPECT_EQ(sleep.type_b, 6);
    }
}

TEST_F(Acpi, s5_cut_off_at_any_place_is_none)
{
    // At the end of the view, where ASan sees what is read behind it.
    auto find_cut_to = [this](const std::string &aml, size_t len) {
        machine();
        bytes.resize(DSDT + 36 + len);
        bytes.shrink_to_fit();
        dsdt(aml.substr(0, len));
        rsdp_at(0x800, 0, ROOT);
        bool found = acpi_find_sleep(memory(), 0x800, &sleep);
        bytes.resize(1 * MIB, 0);
        return found;
    };
    for (size_t len = 0; len < 12; len++)
        EXPECT_FALSE(find_cut_to(S5_5_6, len)) << len;
    EXPECT_TRUE(find_cut_to(S5_5_6, 12));
    std::string longest("\x08_S5_\x12\xcb\x00\x00\x00\x04\x0a\x05\x0a\x06", 15);
    for (size_t len = 0; len < 15; len++)
        EXPECT_FALSE(find_cut_to(longest, len)) << len;
    EXPECT_TRUE(find_cut_to(longest, 15));
}

TEST_F(Acpi, s5_without_room_for_a_declaration_before_it)
{
    // The header's last byte, which is not code, looks like one.
    machine();
    u8(DSDT + 35, 0x08);
    for (const char *start : {"_S5_", "\\_S5_"}) {
        dsdt(start + S5_5_6.substr(5));
        EXPECT_FALSE(find_sleep());
    }
}

// Whatever stands in the tables, nothing outside them is read and nothing absurd comes out.
TEST_F(Acpi, damaged_tables_are_survived)
{
    constexpr uint32_t SEED = 31;
    std::mt19937 random(SEED);
    for (int step = 0; step < 10'000; step++) {
        // The tables at the end of the view, where ASan sees what is read beyond it.
        bytes.assign(DSDT + 36 + S5_5_6.size(), 0);
        bytes.shrink_to_fit();
        constexpr uint64_t ROOT_POINTER = 0x800;
        rsdp_at(ROOT_POINTER, 2, ROOT, ROOT);
        xsdt({FADT});
        u32(FADT + 40, DSDT);
        u32(FADT + 64, 0x604);
        u32(FADT + 112, random() % 2 << 20);
        u8(FADT + 244, random() % 2);
        u64(FADT + 248, 0x608);
        table(FADT, "FACP", FADT_6);
        dsdt(S5_5_6);
        static const struct {
            uint64_t at;
            size_t len;
        } places[] = {{ROOT_POINTER, 36}, {ROOT, 44}, {FADT, FADT_6}, {DSDT, 36 + 14}};
        for (unsigned n = 1 + random() % 3; n > 0; n--) {
            auto place = places[random() % 4];
            u8(place.at + random() % place.len, static_cast<uint8_t>(random()));
            // A table's own length may have changed: then the old one's checksum is as good.
            if (random() % 4 != 0)
                finish(place.at, place.len);
        }
        if (find_sleep(ROOT_POINTER)) {
            ASSERT_NE(sleep.control_a, 0u) << "seed " << SEED << " step " << step;
            ASSERT_TRUE(sleep.memory || sleep.control_a <= UINT16_MAX);
            ASSERT_TRUE(sleep.control_b <= UINT16_MAX);
            ASSERT_TRUE(!sleep.memory || sleep.reduced);
        }
    }
}

// A MADT whose entries are `entries`, as the only table.
class AcpiCpus : public Acpi
{
protected:
    struct acpi_cpus find(const std::string &entries)
    {
        rsdp_at(RSDP, 0, ROOT);
        u32(ROOT + 36, OTHER);
        table(ROOT, "RSDT", 40);
        text(OTHER + 44, entries);
        table(OTHER, "APIC", 44 + entries.size());
        found = acpi_find_cpus(memory(), RSDP, &cpus);
        return cpus;
    }

    static std::string local(uint8_t id, uint8_t flags)
    {
        return std::string{0, 8, 77, (char)id, (char)flags, 0, 0, 0};
    }

    static std::string local_x2(uint32_t id, uint8_t flags)
    {
        std::string e(16, '\0');
        e[0] = 9;
        e[1] = 16;
        memcpy(&e[4], &id, 4);
        e[8] = (char)flags;
        return e;
    }

    bool found = false;
    struct acpi_cpus cpus = {};
};

TEST_F(AcpiCpus, enabled_ones_in_their_order)
{
    struct acpi_cpus c = find(local(0, 1) + local(4, 1) + local(2, 0) + local_x2(300, 1));
    EXPECT_TRUE(found);
    ASSERT_EQ(c.count, 3u);
    EXPECT_EQ(c.apic_ids[0], 0u);
    EXPECT_EQ(c.apic_ids[1], 4u);
    EXPECT_EQ(c.apic_ids[2], 300u);
    EXPECT_EQ(c.ignored, 0u);
}

TEST_F(AcpiCpus, other_entries_are_passed_over)
{
    std::string io = {1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, unknown = {127, 2};
    struct acpi_cpus c = find(io + unknown + local(1, 1) + io);
    ASSERT_EQ(c.count, 1u);
    EXPECT_EQ(c.apic_ids[0], 1u);
}

TEST_F(AcpiCpus, malformed_entries_end_the_list)
{
    EXPECT_EQ(find(local(1, 1) + std::string{0, 0} + local(2, 1)).count, 1u);
    EXPECT_EQ(find(local(1, 1) + std::string{0, 1} + local(2, 1)).count, 1u);
    EXPECT_EQ(find(local(1, 1) + std::string{0, 60} + local(2, 1)).count, 1u);
    // Long enough for the list, too short for what it claims to be.
    EXPECT_EQ(find(local(1, 1) + std::string{0, 4, 0, 5} + local(2, 1)).count, 2u);
    EXPECT_EQ(find(local(1, 1) + std::string{9, 8, 0, 0, 0, 0, 0, 0} + local(2, 1)).count, 2u);
    EXPECT_EQ(find(local(1, 1) + std::string{0}).count, 1u);
}

TEST_F(AcpiCpus, more_than_fit_are_counted)
{
    std::string all;
    for (unsigned i = 0; i < ACPI_CPUS_MAX + 3; i++)
        all += local_x2(i, 1);
    struct acpi_cpus c = find(all);
    EXPECT_EQ(c.count, ACPI_CPUS_MAX);
    EXPECT_EQ(c.ignored, 3u);
}

TEST_F(AcpiCpus, none_enabled_or_no_table_says_nothing)
{
    find(local(0, 0));
    EXPECT_FALSE(found);
    EXPECT_FALSE(acpi_find_cpus(memory(), 0, &cpus));
    EXPECT_EQ(cpus.count, 0u);
}

} // namespace
