// SPDX-License-Identifier: Apache-2.0
// The start of entropy.h's streams, and random numbers before there are any. For boot.
#pragma once
#include "boot/boot_info.h"

C_BEGIN

// Gathers the seed. The first thing to do once `info` is there: needs no memory, no per-CPU data
// and no traps, but the direct map and cpuid. Boot CPU.
void entropy_start(const struct boot_info *info);

// A random number, from a stream that is nobody else's: for addresses, stack canaries and the
// like. Boot CPU, one caller at a time (interrupts off), from entropy_start to kernel_main; needs
// no memory, no per-CPU data and no lock.
uint64_t entropy_boot_u64(void);

// Gives every CPU its stream and forgets the seed. Boot CPU, when all CPUs are in the table.
void entropy_start_cpus(void);

C_END
