// SPDX-License-Identifier: Apache-2.0
// Finding out how fast the time stamp counter runs. Pure, but for the readings.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/types.h"

C_BEGIN

// The i8254's rate: 14.31818 MHz / 12, as a fraction.
constexpr uint64_t PIT_HZ_TIMES_11 = 13'125'000;

// How long its 16-bit counter takes to come round, in nanoseconds, about.
constexpr uint64_t PIT_ROUND_NS = 54'925'000;

// A moment, by both.
struct reading {
    uint64_t cycles;
    uint16_t pit; // counts down
};

// The counter's frequency from two readings less than a round apart. 0 if the second is not
// later.
uint64_t calibrate_hz(struct reading from, struct reading to);

// ns = (cycles * mult) >> 32, for a frequency of `hz`, and back: cycles = (ns * mult) >> 32.
uint64_t calibrate_ns_mult(uint64_t hz);
uint64_t calibrate_cycles_mult(uint64_t hz);

// (value * mult) >> 32 without overflow on the way.
static inline uint64_t scale(uint64_t value, uint64_t mult)
{
    return (uint64_t)((unsigned __int128)value * mult >> 32);
}

// What the processor and the hypervisor tell, for what it is worth: all zero where they do not. See
// clock.c for where it comes from.
struct told {
    uint32_t crystal_hz, numerator, denominator; // CPUID leaf 0x15
    uint32_t base_mhz;                           // leaf 0x16
    uint32_t hypervisor_khz;                     // leaf 0x40000010
    // KVM's clock: ns = (cycles << kvm_shift) * kvm_mult >> 32; a negative shift is one to the
    // right.
    uint32_t kvm_mult;
    int8_t kvm_shift;
};

// The counter's frequency by the first of these that is plausible: what the hypervisor says, what
// its clock says, what the processor says. 0 if none is.
uint64_t calibrate_told_hz(const struct told *t);

// What no counter is slower or faster than. For frequencies in between nothing here overflows.
constexpr uint64_t HZ_MIN = 1'000'000;
constexpr uint64_t HZ_MAX = 100'000'000'000;

C_END
