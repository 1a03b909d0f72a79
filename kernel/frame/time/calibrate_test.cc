// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/time/calibrate.h"
#include <gtest/gtest.h>

namespace
{

// What the i8254 and a counter of `hz` say `ticks` after they said `from`.
struct reading later(struct reading from, uint64_t hz, uint32_t ticks)
{
    auto cycles = static_cast<unsigned __int128>(hz) * 11 * ticks / PIT_HZ_TIMES_11;
    return {from.cycles + static_cast<uint64_t>(cycles), static_cast<uint16_t>(from.pit - ticks)};
}

TEST(Calibrate, finds_the_rate_to_a_millionth)
{
    for (uint64_t hz : {500'000'000ull, 2'600'000'000ull, 5'812'345'678ull}) {
        for (uint16_t pit : {uint16_t{65535}, uint16_t{3000}, uint16_t{0}}) { // it comes round
            struct reading from = {1ull << 40, pit};
            uint64_t found = calibrate_hz(from, later(from, hz, 60'000));
            EXPECT_NEAR(static_cast<double>(found), static_cast<double>(hz), hz / 1e6);
        }
    }
}

TEST(Calibrate, readings_that_cannot_be_give_nothing)
{
    EXPECT_EQ(calibrate_hz({1000, 500}, {2000, 500}), 0u);
    EXPECT_EQ(calibrate_hz({1000, 500}, {1000, 400}), 0u);
    EXPECT_EQ(calibrate_hz({1000, 500}, {900, 400}), 0u);
    EXPECT_EQ(calibrate_hz({0, 500}, {1ull << 48, 400}), 0u);
}

TEST(Calibrate, there_and_back_is_the_same_to_a_nanosecond)
{
    for (uint64_t hz : {100'000'000ull, 2'100'000'000ull, 4'999'999'999ull}) {
        uint64_t to_ns = calibrate_ns_mult(hz), to_cycles = calibrate_cycles_mult(hz);
        for (uint64_t ns : {1'000ull, 1'000'000'007ull, 86'400'000'000'000ull}) {
            uint64_t cycles = scale(ns, to_cycles);
            EXPECT_NEAR(static_cast<double>(cycles), static_cast<double>(ns) * hz / 1e9,
                        1 + static_cast<double>(cycles) / 1e8);
            EXPECT_NEAR(static_cast<double>(scale(cycles, to_ns)), static_cast<double>(ns),
                        static_cast<double>(2'000'000'000 / hz + 2) +
                            static_cast<double>(ns) / 1e8);
        }
    }
}

TEST(Calibrate, scaling_does_not_overflow)
{
    EXPECT_EQ(scale(UINT64_MAX, 1ull << 32), UINT64_MAX);
    EXPECT_EQ(scale(UINT64_MAX, 1ull << 31), UINT64_MAX >> 1);
}

TEST(Calibrate, a_rate_that_is_told_is_taken)
{
    struct told t = {};
    EXPECT_EQ(calibrate_told_hz(&t), 0u);
    t = {.crystal_hz = 24'000'000, .numerator = 216, .denominator = 2, .hypervisor_khz = 0};
    EXPECT_EQ(calibrate_told_hz(&t), 2'592'000'000u);
    t.denominator = 0;
    EXPECT_EQ(calibrate_told_hz(&t), 0u);
    t.hypervisor_khz = 2'593'906;
    EXPECT_EQ(calibrate_told_hz(&t), 2'593'906'000u);
    t = {.crystal_hz = UINT32_MAX, .numerator = UINT32_MAX, .denominator = UINT32_MAX};
    EXPECT_EQ(calibrate_told_hz(&t), UINT32_MAX);
}

} // namespace
