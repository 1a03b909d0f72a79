// SPDX-License-Identifier: Apache-2.0
// Running a function on other CPUs.
#pragma once
#include "kernel/frame/cpu/cpuset.h"
#include "kernel/frame/cpu/preempt.h"

C_BEGIN

// Runs fn(arg) on every CPU of `cpus`, the calling one included if it is among them, and returns
// when all have. There it runs with interrupts off and must be short. Preemption is off; not from
// an interrupt handler. While it waits this CPU serves the others' calls, so two that call each
// other do not lock up; but holding a lock that others wait for with interrupts off would.
FRAME_ONLY void smp_call(struct cpuset cpus, void (*fn)(void *arg), void *arg);

// For services: the body of such a function, whose argument is a `type *`, and name_on(cpus, x).
#define SMP_CALL_DEFINE(name, type, parameter)                                                     \
    typedef type name##_argument;                                                                  \
    static void name(name##_argument *parameter);                                                  \
    static void name##_entry(void *argument) { name((name##_argument *)argument); }                \
    [[maybe_unused]] static inline void name##_on(struct cpuset cpus, name##_argument *x)          \
    {                                                                                              \
        preempt_disable();                                                                         \
        smp_call(cpus, name##_entry, x);                                                           \
        preempt_enable();                                                                          \
    }                                                                                              \
    static void name(name##_argument *parameter)

// Makes `cpu` look whether its running task should give way.
FRAME_ONLY void smp_reschedule(uint32_t cpu);

// Connects the interrupts. Once.
FRAME_ONLY void smp_call_init(void);

C_END
