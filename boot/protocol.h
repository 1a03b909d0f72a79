// SPDX-License-Identifier: Apache-2.0
// The boot protocols' parsers. Each fills `*info` from what its loader left at physical
// address `at`, or sets info->error.
#pragma once
#include "boot/boot_mem.h"

C_BEGIN

// In eax at entry. PVH has none; entry.S puts this number of ours there.
constexpr uint32_t BOOT_MAGIC_MULTIBOOT1 = 0x2badb002;
constexpr uint32_t BOOT_MAGIC_MULTIBOOT2 = 0x36d76289;
constexpr uint32_t BOOT_MAGIC_PVH = 0x336ec578;

// Multiboot Specification 0.6.96, "Boot information format".
void boot_parse_multiboot1(struct boot_mem mem, uint64_t at, struct boot_info *info);

// Multiboot2 Specification 2.0, "Boot information format".
void boot_parse_multiboot2(struct boot_mem mem, uint64_t at, struct boot_info *info);

// Xen, "x86/HVM direct boot ABI" (xen/include/public/arch-x86/hvm/start_info.h).
void boot_parse_pvh(struct boot_mem mem, uint64_t at, struct boot_info *info);

// Whichever of these `magic` names.
void boot_parse(uint32_t magic, struct boot_mem mem, uint64_t at, struct boot_info *info);

C_END
