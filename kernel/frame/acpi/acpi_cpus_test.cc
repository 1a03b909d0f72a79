// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/acpi/acpi_fixture.h"

namespace
{

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
