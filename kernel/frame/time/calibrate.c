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

static uint64_t kvm_hz(uint32_t mult, int shift)
{
    if (mult == 0 || shift < -31 || shift > 31)
        return 0;
    uint64_t shifted_hz = (1'000'000'000ull << 32) / mult;
    if (shift >= 0)
        return shifted_hz >> shift;
    return shifted_hz > HZ_MAX >> -shift ? 0 : shifted_hz << -shift;
}

static uint64_t cpuid_hz(const struct told *t)
{
    if (t->numerator == 0 || t->denominator == 0)
        return 0;
    // Processors that leave the crystal's rate out: the counter runs at the base frequency.
    if (t->crystal_hz == 0)
        return t->base_mhz * 1'000'000ull;
    return (uint64_t)t->crystal_hz * t->numerator / t->denominator;
}

uint64_t calibrate_told_hz(const struct told *t)
{
    const uint64_t all[] = {
        t->hypervisor_khz * 1000ull,
        kvm_hz(t->kvm_mult, t->kvm_shift),
        cpuid_hz(t),
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i] >= HZ_MIN && all[i] <= HZ_MAX)
            return all[i];
    }
    return 0;
}
