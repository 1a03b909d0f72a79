// SPDX-License-Identifier: Apache-2.0
// The battery-backed clock (Motorola MC146818A data sheet).
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/types.h"

C_BEGIN

// Its registers, as read.
struct rtc_registers {
    uint8_t second, minute, hour, day, month, year, century, status_b;
};

// The moment they name, in nanoseconds since 1970-01-01 00:00 UTC; 0 if they name none. Pure.
uint64_t rtc_decode_ns(const struct rtc_registers *r);

// Reads the clock, which is taken to be in UTC. 0 if there is none.
uint64_t rtc_read_ns(void);

// The registers of date and time as they are at this moment, one byte each, also in the middle
// of an update. For entropy.
uint64_t rtc_read_raw(void);

C_END
