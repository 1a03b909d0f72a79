// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/time/rtc.h"
#include <cstring>
#include <ctime>
#include <gtest/gtest.h>
#include <random>

namespace
{

constexpr uint8_t BINARY = 4, HOURS_24 = 2, PM = 0x80;
constexpr uint64_t SECOND = 1'000'000'000;

uint8_t bcd(int n) { return static_cast<uint8_t>(n / 10 * 16 + n % 10); }

// What a clock shows at that moment, in BCD and 24 hours.
struct rtc_registers at(int year, int month, int day, int hour = 0, int minute = 0, int second = 0)
{
    return {bcd(second), bcd(minute),     bcd(hour),       bcd(day),
            bcd(month),  bcd(year % 100), bcd(year / 100), HOURS_24};
}

uint64_t seconds(const struct rtc_registers &r)
{
    uint64_t ns = rtc_decode_ns(&r);
    EXPECT_EQ(ns % SECOND, 0u);
    return ns / SECOND;
}

TEST(RtcDecode, known_moments)
{
    EXPECT_EQ(seconds(at(1970, 1, 1)), 0u);
    EXPECT_EQ(seconds(at(1970, 1, 1, 0, 0, 1)), 1u);
    EXPECT_EQ(seconds(at(2000, 2, 29, 12, 34, 56)), 951'827'696u);
    EXPECT_EQ(seconds(at(2000, 3, 1)), 951'868'800u);
    EXPECT_EQ(seconds(at(2038, 1, 19, 3, 14, 8)), uint64_t{1} << 31);
    EXPECT_EQ(seconds(at(2100, 3, 1)), 4'107'542'400u);
    EXPECT_EQ(seconds(at(2106, 2, 7, 6, 28, 16)), uint64_t{1} << 32);
}

TEST(RtcDecode, agrees_with_the_c_library)
{
    constexpr uint32_t SEED = 9;
    std::mt19937_64 random(SEED);
    for (int i = 0; i < 20'000; i++) {
        auto moment = static_cast<time_t>(random() % 9'000'000'000);
        struct tm t;
        gmtime_r(&moment, &t);
        auto r = at(t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
        ASSERT_EQ(seconds(r), static_cast<uint64_t>(moment)) << "seed " << SEED;
        r = {static_cast<uint8_t>(t.tm_sec),
             static_cast<uint8_t>(t.tm_min),
             static_cast<uint8_t>(t.tm_hour),
             static_cast<uint8_t>(t.tm_mday),
             static_cast<uint8_t>(t.tm_mon + 1),
             static_cast<uint8_t>(t.tm_year % 100),
             static_cast<uint8_t>((t.tm_year + 1900) / 100),
             BINARY | HOURS_24};
        ASSERT_EQ(seconds(r), static_cast<uint64_t>(moment)) << "binary, seed " << SEED;
    }
}

TEST(RtcDecode, twelve_hours)
{
    const struct {
        int shown;
        bool pm;
        uint64_t hour;
    } cases[] = {{12, false, 0}, {1, false, 1}, {11, false, 11},
                 {12, true, 12}, {1, true, 13}, {11, true, 23}};
    for (auto &c : cases) {
        struct rtc_registers r = at(1970, 1, 1);
        r.status_b = 0;
        r.hour = static_cast<uint8_t>(bcd(c.shown) | (c.pm ? PM : 0));
        EXPECT_EQ(seconds(r), c.hour * 3600) << c.shown << (c.pm ? " pm" : " am");
    }
}

TEST(RtcDecode, clock_without_a_century_is_of_this_one)
{
    for (uint8_t century : {0, 0x18, 0x23, 0xff}) {
        struct rtc_registers r = at(2026, 5, 4);
        r.century = century;
        EXPECT_EQ(seconds(r), 1'777'852'800u) << int{century};
    }
}

TEST(RtcDecode, what_names_no_moment_is_zero)
{
    for (auto r :
         {at(2026, 0, 1), at(2026, 13, 1), at(2026, 1, 0), at(2026, 1, 32), at(2026, 1, 1, 24),
          at(2026, 1, 1, 0, 60), at(2026, 1, 1, 0, 0, 61), at(1969, 12, 31)})
        EXPECT_EQ(rtc_decode_ns(&r), 0u);
}

TEST(RtcDecode, any_registers_are_survived)
{
    std::mt19937_64 random(4);
    for (int i = 0; i < 100'000; i++) {
        uint64_t bits = random();
        struct rtc_registers r;
        memcpy(&r, &bits, sizeof(r));
        EXPECT_LE(rtc_decode_ns(&r) / SECOND, 15'400'000'000u);
    }
}

} // namespace
