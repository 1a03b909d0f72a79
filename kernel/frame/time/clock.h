// SPDX-License-Identifier: Apache-2.0
// Clocks. The first of the four doors through which chance enters the machine: nobody else reads
// the time stamp counter. Any context.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/types.h"

C_BEGIN

// Notes the moment, from which calibration counts if there has to be any. Early in boot.
FRAME_ONLY void clock_init(void);

// The time stamp counter: constant rate, the same on all CPUs.
uint64_t clock_cycles(void);

// Nanoseconds since boot. Never goes back.
uint64_t clock_mono_ns(void);

// Nanoseconds since 1970-01-01 00:00 UTC.
uint64_t clock_real_ns(void);

// Sets the time of day: from now on clock_real_ns counts from `ns`.
void clock_set_real_ns(uint64_t ns);

// What the clocks are made of, for programs that read the counter themselves:
// clock_mono_ns() is ((clock_cycles() - base) * mult) >> 32, in 128 bits.
struct clock_scale {
    uint64_t base;
    uint64_t mult;         // 0: programs cannot read it
    uint64_t real_base_ns; // clock_real_ns() - clock_mono_ns(), until it is set anew
};
struct clock_scale clock_scale(void);

// Durations. The first use of either, or of the clocks above, finds out the counter's rate: at
// once where the CPU or the hypervisor tells it, else by a few milliseconds of the i8254.
uint64_t clock_cycles_to_ns(uint64_t cycles);
uint64_t clock_ns_to_cycles(uint64_t ns);

// What clock_cycles() says when clock_mono_ns() says `ns`.
uint64_t clock_cycles_at(uint64_t mono_ns);

C_END
