// SPDX-License-Identifier: Apache-2.0
// Giving the machine's memory to pmm and vmm.
#pragma once
#include "boot/boot_info.h"
#include "kernel/frame/base/err.h"

// Starts pmm and vmm on the memory of `info`. ERR_NOMEM.
enum err memory_init(const struct boot_info *info);
