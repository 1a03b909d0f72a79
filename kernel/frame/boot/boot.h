// SPDX-License-Identifier: Apache-2.0
// What the machine was started with, for services. All of it lives as long as the kernel.
#pragma once
#include "kernel/frame/base/span.h"

C_BEGIN

// Supplied by the kernel that is built on the frame; called in a task of its own when memory,
// traps and the console are up. It may return.
void kernel_main(void);

// The command line.
struct cspan boot_cmdline(void);

// The modules, in the loader's order: their bytes, and the text that came with each.
size_t boot_module_count(void);
struct cspan boot_module(size_t i);
struct cspan boot_module_name(size_t i);

C_END
