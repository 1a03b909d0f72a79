// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/time/calibrate.h"
#include "kernel/frame/arch/x86_64/x86.h"

uint64_t calibrate_hz(struct reading from, struct reading to)
{
    uint64_t ticks = (uint16_t)(from.pit - to.pit);
    if (ticks == 0 || to.cycles <= from.cycles)
        return 0;
    uint64_t cycles = to.cycles - from.cycles;
    // No counter is that fast: the readings are nonsense.
    if (cycles >> 48 != 0)
        return 0;
    return mul_div(cycles, PIT_HZ_TIMES_11, ticks * 11);
}

uint64_t calibrate_ns_mult(uint64_t hz) { return mul_div(1'000'000'000, 1ull << 32, hz); }

uint64_t calibrate_cycles_mult(uint64_t hz) { return mul_div(hz, 1ull << 32, 1'000'000'000); }

uint64_t calibrate_told_hz(const struct told *t)
{
    if (t->hypervisor_khz != 0)
        return t->hypervisor_khz * 1000ull;
    if (t->crystal_hz != 0 && t->numerator != 0 && t->denominator != 0)
        return (uint64_t)t->crystal_hz * t->numerator / t->denominator;
    return 0;
}
