// SPDX-License-Identifier: Apache-2.0
// The little of ACPI that the frame needs: which CPUs there are, and how to switch off (ACPI
// specification 6.5, chapters 4, 5, 7, 16). Pure: reads tables through a view of physical memory,
// believes no length or pointer in them.
#pragma once
#include "kernel/frame/base/span.h"

C_BEGIN

// How to enter the soft-off state S5.
struct acpi_sleep {
    bool reduced;           // one 8-bit sleep control register, instead of PM1a and PM1b
    bool memory;            // that register is in memory, not a port
    uint64_t control_a;     // port or physical address
    uint64_t control_b;     // port, or zero
    uint8_t type_a, type_b; // SLP_TYP values
};

// Physical memory from address 0 up; the view ends where it cannot be read.
struct acpi_memory {
    struct cspan bytes;
};

// The physical address of the root pointer in the BIOS area, or zero.
uint64_t acpi_find_rsdp(struct acpi_memory memory);

// The table with that 4-character signature, header included; false if there is none or its
// checksum is wrong.
bool acpi_find_table(struct acpi_memory memory, uint64_t rsdp, const char signature[4],
                     struct cspan *table);

// How to switch off; false if the tables do not say.
bool acpi_find_sleep(struct acpi_memory memory, uint64_t rsdp, struct acpi_sleep *sleep);

constexpr uint32_t ACPI_CPUS_MAX = 64;

struct acpi_cpus {
    uint32_t count;
    uint32_t apic_ids[ACPI_CPUS_MAX];
    uint32_t ignored; // there are more than fit
};

// The usable CPUs; false if the tables do not say.
bool acpi_find_cpus(struct acpi_memory memory, uint64_t rsdp, struct acpi_cpus *cpus);

C_END
