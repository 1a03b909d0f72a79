// SPDX-License-Identifier: Apache-2.0
// The machine's CPUs: the boot CPU's tables early on, and starting the others.
#pragma once
#include "boot/boot_info.h"
#include "kernel/frame/acpi/acpi.h"
#include "kernel/frame/base/err.h"

// Sets the boot CPU up: its block, tables and features.
void cpus_init_boot_cpu(void);

// Interrupt stacks and interrupt controller of the boot CPU. After memory_init. ERR_NOMEM.
enum err cpus_init_interrupts(void);

// Starts the CPUs that `list` has beside the boot CPU, up to CPUS_MAX in all, and returns when
// each has been entered into the table of CPUs and waits. One that does not answer in time is
// left out, with a warning. Boot CPU, interrupts off. ERR_NOMEM; ERR_NOENT: there is no memory
// below 1 MiB to start them in.
enum err cpus_start(const struct boot_info *info, const struct acpi_cpus *list);

// Lets them go: each calls run(), which does not return, on a stack of its own.
void cpus_release(void (*run)(void));
