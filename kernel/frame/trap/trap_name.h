// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernel/frame/base/cdefs.h"
#include <stdint.h>

C_BEGIN

// "page fault" and the like, by vector.
const char *trap_name(uint64_t vector);

C_END
