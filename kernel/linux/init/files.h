// SPDX-License-Identifier: Apache-2.0
// The files that there are before the first process. The room's own.
#pragma once
#include "kernel/linux/file/descriptors.h"

C_BEGIN

// Makes the tree: devices, and what the boot modules have that are archives. ERR_INVAL: one is
// broken, which has been said. ERR_NOMEM.
enum err files_init(void);

// Enters a program's file, which anybody may execute. `path` is from the root.
enum err files_enter_program(struct cspan path, struct cspan bytes);

// The first descriptors: 0, 1 and 2 are the console.
enum err files_open_standard(struct descriptors **out);

C_END
