// SPDX-License-Identifier: Apache-2.0
// The frame's start: every room's initialisation, in order, in one function.
#pragma once
#include "boot/boot_info.h"

// The machine's status when the kernel could not start: the one that tools which start others
// (chroot, timeout) use for their own failure.
constexpr int BOOT_FAILED_STATUS = 125;

// Called by boot_main on the boot stack, with entry.S's page tables. `info` lives for ever.
[[noreturn]] void frame_main(const struct boot_info *info);
