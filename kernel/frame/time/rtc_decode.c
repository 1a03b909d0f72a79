// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/time/rtc.h"

constexpr uint8_t STATUS_B_BINARY = 1 << 2;
constexpr uint8_t STATUS_B_24_HOURS = 1 << 1;
constexpr uint8_t HOUR_PM = 1 << 7;

static unsigned number(uint8_t v, bool binary) { return binary ? v : (v >> 4) * 10u + (v & 15); }

static bool is_leap(unsigned y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; }

// Days from 1970-01-01 to the first of that month.
static uint64_t days_before(unsigned year, unsigned month)
{
    static const uint16_t before_month[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    uint64_t past = year - 1;
    uint64_t days = past * 365 + past / 4 - past / 100 + past / 400;
    days += before_month[month - 1] + (month > 2 && is_leap(year));
    constexpr uint64_t until_1970 = 719'162; // the same for 1970-01
    return days - until_1970;
}

uint64_t rtc_decode_ns(const struct rtc_registers *r)
{
    bool binary = r->status_b & STATUS_B_BINARY;
    bool pm = (r->hour & HOUR_PM) != 0;
    unsigned hour = number(r->hour & (uint8_t)~HOUR_PM, binary);
    if (!(r->status_b & STATUS_B_24_HOURS))
        hour = hour % 12 + (pm ? 12 : 0);
    unsigned second = number(r->second, binary), minute = number(r->minute, binary);
    unsigned day = number(r->day, binary), month = number(r->month, binary);
    unsigned century = number(r->century, binary);
    if (century < 19 || century > 22)
        century = 20; // a clock without that register
    unsigned year = century * 100 + number(r->year, binary);
    if (second > 60 || minute > 59 || hour > 23 || day < 1 || day > 31 || month < 1 || month > 12 ||
        year < 1970)
        return 0;
    uint64_t days = days_before(year, month) + day - 1;
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1'000'000'000;
}
