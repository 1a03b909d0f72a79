// SPDX-License-Identifier: Apache-2.0
// Tables as firmware leaves them, for tests.
#pragma once
#include "kernel/frame/acpi/acpi.h"
#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <vector>

inline constexpr uint64_t BIOS = 0xe0000, BIOS_END = 0x100000;
inline constexpr uint64_t RSDP = 0xf0000;
// Low bytes that are no revision number.
inline constexpr uint64_t ROOT = 0x1010, FADT = 0x2000, DSDT = 0x3000, OTHER = 0x4000;

inline constexpr size_t FADT_1 = 116, FADT_2 = 148, FADT_6 = 276; // lengths, by revision

// Name(_S5_, Package(4) {type_a, type_b, 0, 0}) as compilers write it.
inline const std::string S5_5_6 = std::string("\x08_S5_\x12\x08\x04\x0a\x05\x0a\x06\x00\x00", 14);

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
