// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/time/rtc.h"
#include <ctime>
#include <gtest/gtest.h>

namespace
{

constexpr uint8_t BINARY = 4, HOURS_24 = 2, PM = 0x80;
constexpr uint64_t SECOND = 1'000'000'000;

uint8_t bcd(int v) { return static_cast<uint8_t>(v / 10 * 16 + v % 10); }

// As the clock has it, in BCD and 24 hours.
struct rtc_registers at(int year, int month, int day, int hour = 0, int minute = 0, int second = 0)
{
    return {.second = bcd(second),
            .minute = bcd(minute),
            .hour = bcd(hour),
            .day = bcd(day),
            .month = bcd(month),
            .year = bcd(year % 100),
            .century = bcd(year / 100),
            .status_b = HOURS_24};
}

uint64_t seconds(struct rtc_registers r) { return rtc_decode_ns(&r) / SECOND; }

TEST(Rtc, counts_from_1970)
{
    EXPECT_EQ(seconds(at(1970, 1, 1)), 0u);
    EXPECT_EQ(seconds(at(1970, 1, 1, 0, 0, 1)), 1u);
    EXPECT_EQ(seconds(at(2000, 3, 1)), 951'868'800u);
    EXPECT_EQ(seconds(at(2026, 11, 25, 2, 56, 30)), 1'795'575'390u);
}

TEST(Rtc, every_day_is_as_the_host_says)
{
    time_t day = 0;
    for (int i = 0; i < 100'000; i++, day += 86'400) {
        struct tm t;
        ASSERT_NE(gmtime_r(&day, &t), nullptr);
        ASSERT_EQ(seconds(at(t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, 23, 59, 59)),
                  static_cast<uint64_t>(day) + 86'399)
            << i;
    }
}

TEST(Rtc, twelve_hours)
{
    struct rtc_registers r = at(1970, 1, 1, 12);
    r.status_b = 0;
    EXPECT_EQ(seconds(r), 0u); // 12 in the morning
    r.hour |= PM;
    EXPECT_EQ(seconds(r), 12u * 3600);
    r.hour = bcd(11) | PM;
    EXPECT_EQ(seconds(r), 23u * 3600);
    r.hour = bcd(1);
    EXPECT_EQ(seconds(r), 3600u);
}

TEST(Rtc, binary)
{
    struct rtc_registers r = {.second = 59,
                              .minute = 58,
                              .hour = 13,
                              .day = 31,
                              .month = 12,
                              .year = 99,
                              .century = 19,
                              .status_b = BINARY | HOURS_24};
    EXPECT_EQ(seconds(r), 946'648'739u);
}

TEST(Rtc, without_a_century_it_is_this_one)
{
    struct rtc_registers r = at(2026, 1, 1);
    uint64_t right = seconds(r);
    r.century = 0;
    EXPECT_EQ(seconds(r), right);
    r.century = 0xff;
    EXPECT_EQ(seconds(r), right);
}

TEST(Rtc, what_is_no_date_is_none)
{
    EXPECT_EQ(seconds(at(2026, 0, 1)), 0u);
    EXPECT_EQ(seconds(at(2026, 13, 1)), 0u);
    EXPECT_EQ(seconds(at(2026, 1, 0)), 0u);
    EXPECT_EQ(seconds(at(2026, 1, 32)), 0u);
    EXPECT_EQ(seconds(at(2026, 1, 1, 24)), 0u);
    EXPECT_EQ(seconds(at(2026, 1, 1, 0, 60)), 0u);
    EXPECT_EQ(seconds(at(2026, 1, 1, 0, 0, 61)), 0u);
    EXPECT_EQ(seconds(at(1969, 12, 31)), 0u);
    struct rtc_registers nothing = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    EXPECT_EQ(seconds(nothing), 0u);
}

} // namespace
