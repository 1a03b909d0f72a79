// SPDX-License-Identifier: Apache-2.0
// struct rusage. The room's own.
#pragma once
#include "kernel/linux/process/process.h"

C_BEGIN

// Writes it for a program. All processor time counts as the program's. ERR_FAULT.
enum err rusage_write(struct thread *t, uint64_t at, const struct usage *used);

C_END
