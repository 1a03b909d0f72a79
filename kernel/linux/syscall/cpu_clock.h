// SPDX-License-Identifier: Apache-2.0
// Clocks of processor time (clock_getcpuclockid(3)): a process's or a thread's, by fixed numbers
// for the caller's own, and by ones that contain an identifier. The room's own.
#pragma once
#include "kernel/linux/process/process.h"

C_BEGIN

// A clock that has been found: with references.
struct cpu_clock {
    struct process *process; // null: it is a thread's
    struct thread *thread;
};

// False: the number names no such clock.
bool cpu_clock_find(struct thread *t, uint32_t clock, struct cpu_clock *out);
uint64_t cpu_clock_read(const struct cpu_clock *c);
void cpu_clock_put(const struct cpu_clock *c);

C_END
