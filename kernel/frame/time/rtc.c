// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/time/rtc.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/mem.h"

constexpr uint16_t INDEX_PORT = 0x70, DATA_PORT = 0x71;

enum reg : uint8_t {
    REG_SECOND = 0x00,
    REG_MINUTE = 0x02,
    REG_HOUR = 0x04,
    REG_DAY = 0x07,
    REG_MONTH = 0x08,
    REG_YEAR = 0x09,
    REG_STATUS_A = 0x0a,
    REG_STATUS_B = 0x0b,
    REG_CENTURY = 0x32, // by convention of PCs
};

constexpr uint8_t STATUS_A_UPDATING = 1 << 7;

// An update takes 2 ms at most; a clock that is always at it is none.
constexpr int UPDATE_TRIES = 100'000;

static uint8_t read(enum reg r)
{
    outb(INDEX_PORT, r);
    return inb(DATA_PORT);
}

static bool read_all(struct rtc_registers *r)
{
    int tries = UPDATE_TRIES;
    while ((read(REG_STATUS_A) & STATUS_A_UPDATING) != 0) {
        if (--tries == 0)
            return false;
    }
    *r = (struct rtc_registers){
        .second = read(REG_SECOND),
        .minute = read(REG_MINUTE),
        .hour = read(REG_HOUR),
        .day = read(REG_DAY),
        .month = read(REG_MONTH),
        .year = read(REG_YEAR),
        .century = read(REG_CENTURY),
        .status_b = read(REG_STATUS_B),
    };
    return true;
}

uint64_t rtc_read_ns(void)
{
    // Twice the same: no update came between.
    struct rtc_registers a, b;
    do {
        if (!read_all(&a) || !read_all(&b))
            return 0;
    } while (memcmp(&a, &b, sizeof(a)) != 0);
    return rtc_decode_ns(&a);
}

uint64_t rtc_read_raw(void)
{
    static const enum reg all[] = {REG_SECOND, REG_MINUTE, REG_HOUR, REG_DAY, REG_MONTH, REG_YEAR};
    uint64_t raw = 0;
    for (size_t i = 0; i < sizeof(all); i++)
        raw = raw << 8 | read(all[i]);
    return raw;
}
