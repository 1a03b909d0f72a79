// SPDX-License-Identifier: Apache-2.0
// Running a function on other CPUs.
#pragma once
#include "kernel/frame/cpu/cpuset.h"

C_BEGIN

// Runs fn(arg) on every CPU of `cpus`, the calling one included if it is among them, and returns
// when all have. There it runs with interrupts off and must be short. Preemption is off; not from
// an interrupt handler. While it waits this CPU serves the others' calls, so two that call each
// other do not lock up; but holding a lock that others wait for with interrupts off would.
void smp_call(struct cpuset cpus, void (*fn)(void *arg), void *arg);

// Makes `cpu` look whether its running task should give way.
void smp_reschedule(uint32_t cpu);

// Connects the interrupts. Once.
void smp_call_init(void);

C_END
