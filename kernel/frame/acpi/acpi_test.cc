// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/acpi/acpi_fixture.h"

namespace
{

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

} // namespace
