// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/cpu/cpu.h"

static_assert(offsetof(struct cpu, arch) == 0);

struct cpu cpu_boot;
