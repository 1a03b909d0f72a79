// SPDX-License-Identifier: Apache-2.0
// What a CPU does that has nothing to do.
#pragma once
#include "kernel/frame/cpu/cpuset.h"

// If `cpu` idles, makes it look for work. False if it does not idle.
bool idle_kick(uint32_t cpu);

// For the loop. All with interrupts off. Whether a task is ready here, after taking one from
// another CPU if need be; and runs tasks until there are none.
bool idle_find_work(void);
void idle_run_work(void);
