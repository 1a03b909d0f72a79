// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/acpi/acpi_fixture.h"
#include <random>

namespace
{

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

} // namespace
