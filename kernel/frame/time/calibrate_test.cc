// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/time/calibrate.h"
#include <gtest/gtest.h>
#include <memory>
#include <random>

namespace
{

// What a frequency is for: must not fault, and must be near the truth.
void expect_usable(uint64_t hz)
{
    uint64_t to_ns = calibrate_ns_mult(hz), to_cycles = calibrate_cycles_mult(hz);
    EXPECT_NEAR(static_cast<double>(scale(hz, to_ns)), 1e9, 1e9 / 1e3) << hz;
    EXPECT_NEAR(static_cast<double>(scale(1'000'000'000, to_cycles)), static_cast<double>(hz),
                static_cast<double>(hz) / 1e3)
        << hz;
}

TEST(CalibrateTold, nothing) { EXPECT_EQ(calibrate_told_hz(std::make_unique<told>().get()), 0u); }

TEST(CalibrateTold, hypervisors_leaf)
{
    struct told t = {.hypervisor_khz = 2'400'000};
    EXPECT_EQ(calibrate_told_hz(&t), 2'400'000'000u);
}

TEST(CalibrateTold, crystal_and_ratio)
{
    struct told t = {.crystal_hz = 24'000'000, .numerator = 216, .denominator = 2};
    EXPECT_EQ(calibrate_told_hz(&t), 2'592'000'000u);
    t.denominator = 0;
    EXPECT_EQ(calibrate_told_hz(&t), 0u);
    t.denominator = 2;
    t.numerator = 0;
    EXPECT_EQ(calibrate_told_hz(&t), 0u);
}

TEST(CalibrateTold, base_frequency_where_the_crystal_is_left_out)
{
    struct told t = {.numerator = 216, .denominator = 2, .base_mhz = 2600};
    EXPECT_EQ(calibrate_told_hz(&t), 2'600'000'000u);
    t.base_mhz = 0;
    EXPECT_EQ(calibrate_told_hz(&t), 0u);
    t = {.base_mhz = 2600};
    EXPECT_EQ(calibrate_told_hz(&t), 0u) << "nothing says that the counter runs at it";
}

// The pair that KVM makes for a frequency: mult in the upper half of 32 bits.
struct told kvm_of(uint64_t hz)
{
    int shift = 0;
    double ns_per_cycle = 1e9 / static_cast<double>(hz);
    while (ns_per_cycle >= 1)
        ns_per_cycle /= 2, shift++;
    while (ns_per_cycle < 0.5)
        ns_per_cycle *= 2, shift--;
    return {.kvm_mult = static_cast<uint32_t>(ns_per_cycle * 4294967296.0),
            .kvm_shift = static_cast<int8_t>(shift)};
}

TEST(CalibrateTold, kvms_clock)
{
    // As seen on a 2.0 GHz machine: exactly half a nanosecond a cycle.
    struct told t = {.kvm_mult = 1u << 31, .kvm_shift = 0};
    EXPECT_EQ(calibrate_told_hz(&t), 2'000'000'000u);
    t = {.kvm_mult = 1u << 31, .kvm_shift = -1};
    EXPECT_EQ(calibrate_told_hz(&t), 4'000'000'000u);
    t = {.kvm_mult = 1u << 31, .kvm_shift = 1};
    EXPECT_EQ(calibrate_told_hz(&t), 1'000'000'000u);
    for (uint64_t hz = HZ_MIN + 7; hz < HZ_MAX; hz += hz / 3 + 1) {
        t = kvm_of(hz);
        EXPECT_NEAR(static_cast<double>(calibrate_told_hz(&t)), static_cast<double>(hz),
                    static_cast<double>(hz) / 1e6)
            << hz;
    }
}

TEST(CalibrateTold, nonsense_from_kvms_clock_is_nothing)
{
    for (int shift : {-128, -32, 32, 127}) {
        struct told t = {.kvm_mult = 1u << 31, .kvm_shift = static_cast<int8_t>(shift)};
        EXPECT_EQ(calibrate_told_hz(&t), 0u) << shift;
    }
    for (int shift = -128; shift < 128; shift++) {
        for (uint32_t mult : {0u, 1u, 2u, 0x7fff'ffffu, 0x8000'0000u, UINT32_MAX}) {
            struct told t = {.kvm_mult = mult, .kvm_shift = static_cast<int8_t>(shift)};
            uint64_t hz = calibrate_told_hz(&t);
            if (hz != 0)
                expect_usable(hz);
            if (mult == 0) {
                EXPECT_EQ(hz, 0u);
            }
        }
    }
}

TEST(CalibrateTold, first_plausible_one_counts)
{
    struct told t = {.crystal_hz = 25'000'000,
                     .numerator = 100,
                     .denominator = 1,
                     .hypervisor_khz = 3'000'000,
                     .kvm_mult = 1u << 31};
    EXPECT_EQ(calibrate_told_hz(&t), 3'000'000'000u);
    t.hypervisor_khz = 1;
    EXPECT_EQ(calibrate_told_hz(&t), 2'000'000'000u);
    t.kvm_mult = 0;
    EXPECT_EQ(calibrate_told_hz(&t), 2'500'000'000u);
}

// Scale factors for such a frequency do not fit 64 bits: computing them would fault.
TEST(CalibrateTold, impossible_frequencies_are_nothing)
{
    struct told t = {.crystal_hz = UINT32_MAX, .numerator = UINT32_MAX, .denominator = 1};
    EXPECT_EQ(calibrate_told_hz(&t), 0u);
    t = {.hypervisor_khz = UINT32_MAX};
    EXPECT_EQ(calibrate_told_hz(&t), 0u);
    t = {.crystal_hz = 1, .numerator = 1, .denominator = UINT32_MAX};
    EXPECT_EQ(calibrate_told_hz(&t), 0u);
}

TEST(CalibrateTold, whatever_is_told_is_usable)
{
    std::mt19937 random(11);
    auto number = [&random] { return static_cast<uint32_t>(random()) >> random() % 32; };
    for (int i = 0; i < 100'000; i++) {
        struct told t = {number(),
                         number(),
                         number(),
                         number(),
                         random() % 2 ? number() : 0,
                         random() % 2 ? number() : 0,
                         static_cast<int8_t>(random())};
        uint64_t hz = calibrate_told_hz(&t);
        if (hz == 0)
            continue;
        EXPECT_GE(hz, HZ_MIN);
        EXPECT_LE(hz, HZ_MAX);
        expect_usable(hz);
        ASSERT_FALSE(HasFailure()) << i;
    }
}

TEST(CalibrateMeasured, a_tick_of_the_pit)
{
    // 11 932 ticks are 10 ms.
    EXPECT_NEAR(static_cast<double>(calibrate_hz({1000, 60'000}, {30'001'000, 48'068})), 3e9, 3e5);
}

TEST(CalibrateMeasured, counter_that_came_round)
{
    EXPECT_EQ(calibrate_hz({0, 100}, {1'000'000, 65'536 - 900}),
              calibrate_hz({0, 1000}, {1'000'000, 0}));
}

TEST(CalibrateMeasured, readings_that_say_nothing)
{
    EXPECT_EQ(calibrate_hz({5, 7}, {500, 7}), 0u) << "no tick";
    EXPECT_EQ(calibrate_hz({500, 7}, {500, 6}), 0u) << "no cycle";
    EXPECT_EQ(calibrate_hz({500, 7}, {400, 6}), 0u) << "cycles run backwards";
    EXPECT_EQ(calibrate_hz({0, 7}, {uint64_t{1} << 48, 6}), 0u) << "too many cycles";
}

TEST(Scale, factors_there_and_back)
{
    for (uint64_t hz : {HZ_MIN, uint64_t{999'999'999}, uint64_t{2'400'000'000}, HZ_MAX})
        expect_usable(hz);
    // A year of nanoseconds does not overflow on the way.
    uint64_t year = uint64_t{366} * 24 * 3600 * 1'000'000'000;
    uint64_t cycles = scale(year, calibrate_cycles_mult(5'000'000'000));
    EXPECT_NEAR(static_cast<double>(cycles), static_cast<double>(year) * 5, 1e9);
}

} // namespace
