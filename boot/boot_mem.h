// SPDX-License-Identifier: Apache-2.0
// Reading what a loader left in physical memory. Every address and length in it may be wrong:
// the calls here check them against what is mapped.
#pragma once
#include "boot/boot_info.h"
#include "kernel/frame/base/span.h"

C_BEGIN

// Physical memory from address 0 up, as far as it is mapped.
struct boot_mem {
    struct cspan bytes;
};

// The `len` bytes at physical address `at`. False if they are not all mapped.
bool boot_mem_view(struct boot_mem mem, uint64_t at, uint64_t len, struct cspan *out);

// Copies a zero-terminated string, cut to `max` bytes and not terminated; returns its length
// and sets `*cut`. An address that is not mapped gives the empty string.
size_t boot_mem_string(struct boot_mem mem, uint64_t at, char *to, size_t max, bool *cut);

// Sets the command line from the string at `at`.
void boot_mem_cmdline(struct boot_mem mem, uint64_t at, struct boot_info *info);

// Adds a module without a name; false with info->error set if it is no module: not mapped, or
// one too many. An empty one is accepted.
bool boot_mem_module(struct boot_mem mem, uint64_t start, uint64_t end, struct boot_info *info);

// Names the module added last by the string at `at`; address 0 stands for no name.
void boot_mem_module_name(struct boot_mem mem, uint64_t at, struct boot_info *info);

C_END
