// SPDX-License-Identifier: Apache-2.0
// Switching the machine off, with a status for whoever started it.
//
// A status from 0 to 255 leaves in two ways at once. QEMU's debug-exit port (isa-debug-exit at
// 0xf4) ends QEMU, but its exit status has room for seven bits only: (code << 1) | 1. So the
// byte goes first to a debug console (isa-debugcon at 0xe8), which the launcher reads. A
// machine with neither is switched off by ACPI, and one without ACPI resets.
#pragma once
#include "kernel/frame/acpi/acpi.h"

C_BEGIN

// Looks for ACPI's way, if the machine has no debug-exit port. `rsdp` is the root pointer's
// physical address, or zero if there is none.
FRAME_ONLY void power_init(struct acpi_memory memory, uint64_t rsdp);

// Whether ACPI's way is a register in memory; then `*at` is its address, and the caller maps
// it and calls power_set_register. Without that the machine resets instead.
FRAME_ONLY bool power_needs_register(paddr_t *at);
FRAME_ONLY void power_set_register(volatile uint8_t *mapped);

// Never returns. Any context. `status` counts modulo 256.
[[noreturn]] void power_off(int status);

C_END
