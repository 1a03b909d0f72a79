// SPDX-License-Identifier: Apache-2.0
// What every boot protocol is turned into. The structure is whole and self-contained: nothing
// in it points to what the loader left in memory, but for the modules' own bytes.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/types.h"

C_BEGIN

constexpr size_t BOOT_REGIONS_MAX = 64;
constexpr size_t BOOT_MODULES_MAX = 16;
constexpr size_t BOOT_CMDLINE_MAX = 2048;
constexpr size_t BOOT_MODULE_NAME_MAX = 64;

// Bytes [start, end) of physical memory.
struct boot_range {
    uint64_t start, end;
};

struct boot_module {
    struct boot_range range;
    size_t name_len;
    char name[BOOT_MODULE_NAME_MAX]; // the module's command line, cut to fit
};

struct boot_info {
    const char *protocol; // for people: "Multiboot 1"
    const char *error;    // why the rest is not to be used; null if it is
    // Usable memory: ascending, disjoint, page-aligned.
    size_t region_count;
    struct boot_range regions[BOOT_REGIONS_MAX];
    size_t module_count;
    struct boot_module modules[BOOT_MODULES_MAX];
    size_t cmdline_len;
    char cmdline[BOOT_CMDLINE_MAX];
    bool cmdline_cut; // the loader's was longer
    uint64_t rsdp;    // physical address of ACPI's root pointer; 0 if the loader gave none
};

C_END
