// SPDX-License-Identifier: Apache-2.0
// clock_gettime(2) and its kin, nanosleep(2), getrandom(2).
#include "testing/syscall/check.h"
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>

constexpr long SECOND = 1000000000;

static long ns_of(int clock)
{
    struct timespec t = {-1, -1};
    CHECK_EQ(call(SYS_clock_gettime, clock, &t), 0);
    CHECK(t.tv_sec >= 0 && t.tv_nsec >= 0 && t.tv_nsec < SECOND);
    return t.tv_sec * SECOND + t.tv_nsec;
}

CASE(clock_gettime, "clocks go on and never back")
{
    static const int clocks[] = {
        CLOCK_REALTIME,         CLOCK_MONOTONIC,     CLOCK_BOOTTIME, CLOCK_REALTIME_COARSE,
        CLOCK_MONOTONIC_COARSE, CLOCK_MONOTONIC_RAW, CLOCK_TAI};
    for (unsigned i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        long first = ns_of(clocks[i]), now = first;
        for (int n = 0; n < 1000; n++) {
            long next = ns_of(clocks[i]);
            CHECK(next >= now);
            now = next;
        }
        // A coarse clock moves with the tick, of at least 100 a second.
        while (now == first)
            now = ns_of(clocks[i]);
    }
}

CASE(clock_gettime, "real time is after this was written")
{
    CHECK(ns_of(CLOCK_REALTIME) > 1700000000 * SECOND);
}

CASE(clock_gettime, "errors")
{
    CHECK_EQ(call(SYS_clock_gettime, 9999, nowhere), -EINVAL);
    CHECK_EQ(call(SYS_clock_gettime, CLOCK_MONOTONIC, nowhere), -EFAULT);
}

CASE(clock_getres, "is a part of a second")
{
    struct timespec t = {-1, -1};
    CHECK_EQ(call(SYS_clock_getres, CLOCK_MONOTONIC, &t), 0);
    CHECK(t.tv_sec == 0 && t.tv_nsec > 0);
    CHECK_EQ(call(SYS_clock_getres, CLOCK_MONOTONIC, nullptr), 0);
    CHECK_EQ(call(SYS_clock_getres, 9999, &t), -EINVAL);
    CHECK_EQ(call(SYS_clock_getres, CLOCK_MONOTONIC, nowhere), -EFAULT);
}

CASE(gettimeofday, "agrees with the real-time clock")
{
    struct timeval t;
    struct timezone zone;
    long before = ns_of(CLOCK_REALTIME) / 1000;
    CHECK_EQ(call(SYS_gettimeofday, &t, &zone), 0);
    long now = t.tv_sec * 1000000 + t.tv_usec, after = ns_of(CLOCK_REALTIME) / 1000;
    CHECK(before <= now && now <= after);
    CHECK_EQ(call(SYS_gettimeofday, nullptr, nullptr), 0);
    CHECK_EQ(call(SYS_gettimeofday, nowhere, nullptr), -EFAULT);
}

CASE(time, "agrees with the real-time clock")
{
    long stored = -1, before = ns_of(CLOCK_REALTIME_COARSE) / SECOND;
    long now = call(SYS_time, &stored);
    CHECK(before <= now && now <= ns_of(CLOCK_REALTIME) / SECOND);
    CHECK_EQ(stored, now);
    CHECK_EQ(call(SYS_time, nowhere), -EFAULT);
}

CASE(nanosleep, "sleeps at least as long")
{
    struct timespec t = {0, 3000000};
    long before = ns_of(CLOCK_MONOTONIC);
    CHECK_EQ(call(SYS_nanosleep, &t, nullptr), 0);
    CHECK(ns_of(CLOCK_MONOTONIC) - before >= 3000000);
}

CASE(nanosleep, "errors")
{
    CHECK_EQ(call(SYS_nanosleep, nowhere, nullptr), -EFAULT);
    CHECK_EQ(call(SYS_nanosleep, &(struct timespec){0, SECOND}, nullptr), -EINVAL);
    CHECK_EQ(call(SYS_nanosleep, &(struct timespec){-1, 0}, nullptr), -EINVAL);
}

CASE(clock_nanosleep, "for a time and until one")
{
    struct timespec t = {0, 2000000};
    long before = ns_of(CLOCK_MONOTONIC);
    CHECK_EQ(call(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, nullptr), 0);
    CHECK(ns_of(CLOCK_MONOTONIC) - before >= 2000000);
    long until = ns_of(CLOCK_REALTIME) + 2000000;
    t = (struct timespec){until / SECOND, until % SECOND};
    CHECK_EQ(call(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &t, nullptr), 0);
    CHECK(ns_of(CLOCK_REALTIME) >= until);
    // What is over is over.
    CHECK_EQ(call(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &t, nullptr), 0);
}

CASE(clock_nanosleep, "errors")
{
    struct timespec t = {0, SECOND};
    CHECK_EQ(call(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, nullptr), -EINVAL);
    CHECK_EQ(call(SYS_clock_nanosleep, 9999, 0, &t, nullptr), -EINVAL);
    CHECK_EQ(call(SYS_clock_nanosleep, CLOCK_MONOTONIC_COARSE, 0, &t, nullptr), -EOPNOTSUPP);
    CHECK_EQ(call(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &t, nullptr), -EOPNOTSUPP);
    CHECK_EQ(call(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, nowhere, nullptr), -EFAULT);
}

CASE(getrandom, "fills, and not twice with the same")
{
    unsigned char a[64] = {}, b[64] = {}, large[1000] = {};
    CHECK_EQ(call(SYS_getrandom, a, sizeof(a), 0), sizeof(a));
    CHECK_EQ(call(SYS_getrandom, b, sizeof(b), GRND_NONBLOCK), sizeof(b));
    CHECK(memcmp(a, b, sizeof(a)) != 0);
    CHECK_EQ(call(SYS_getrandom, large, sizeof(large), GRND_RANDOM), sizeof(large));
    unsigned zeroes = 0;
    for (unsigned i = 0; i < sizeof(large); i++)
        zeroes += large[i] == 0;
    CHECK(zeroes < 50);
    CHECK_EQ(call(SYS_getrandom, a, 0, 0), 0);
}

CASE(getrandom, "errors")
{
    char a[8];
    CHECK_EQ(call(SYS_getrandom, nowhere, 8, 0), -EFAULT);
    CHECK_EQ(call(SYS_getrandom, a, 8, 0x100), -EINVAL);
    CHECK_EQ(call(SYS_getrandom, a, 8, GRND_RANDOM | 4), -EINVAL);
}
