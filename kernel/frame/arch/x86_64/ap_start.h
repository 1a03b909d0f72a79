// SPDX-License-Identifier: Apache-2.0
// How a CPU other than the boot CPU gets from real mode into the kernel.
//
// The code between ap_start_code and ap_start_code_end is copied to the start of a page below
// 1 MiB, with a struct ap_start at AP_START_DATA in it. The page is mapped at its own address,
// executable and not writable, in the tables that `root` names. All CPUs may be in it at once.
#pragma once

#define AP_START_DATA 0xf00

#define AP_START_ROOT 0
#define AP_START_ENTRY 8
#define AP_START_STACKS 16
#define AP_START_NEXT 24
#define AP_START_BLOCK 32
#define AP_START_GDT 40
#define AP_START_TO_PROTECTED 48
#define AP_START_TO_LONG 56

#ifndef __ASSEMBLER__
#include "kernel/frame/base/types.h"

// What a far jump goes through.
struct far_pointer {
    uint32_t offset;
    uint16_t selector;
} __attribute__((packed));

struct ap_start {
    uint64_t root;   // top-level page table, below 4 GiB
    uint64_t entry;  // void (*)(uint32_t n), for the n-th CPU to arrive
    uint64_t stacks; // const uint64_t *: the n-th one's stack top
    uint64_t next;   // uint32_t *: how many have arrived
    uint64_t block;  // struct cpu_arch *: where GS points until cpu_arch_init
    struct {
        uint16_t limit;
        uint32_t base;
    } __attribute__((packed)) gdt;
    uint16_t unused0;
    struct far_pointer to_protected;
    uint16_t unused1;
    struct far_pointer to_long;
};

static_assert(offsetof(struct ap_start, root) == AP_START_ROOT);
static_assert(offsetof(struct ap_start, entry) == AP_START_ENTRY);
static_assert(offsetof(struct ap_start, stacks) == AP_START_STACKS);
static_assert(offsetof(struct ap_start, next) == AP_START_NEXT);
static_assert(offsetof(struct ap_start, block) == AP_START_BLOCK);
static_assert(offsetof(struct ap_start, gdt) == AP_START_GDT);
static_assert(offsetof(struct ap_start, to_protected) == AP_START_TO_PROTECTED);
static_assert(offsetof(struct ap_start, to_long) == AP_START_TO_LONG);

extern const char ap_start_code[], ap_start_code_end[];

// Fills in everything about a page at physical address `page` but the first five fields.
void ap_start_locate(struct ap_start *data, uint32_t page);
#endif
