// SPDX-License-Identifier: Apache-2.0
// Undefined behaviour.
#include "testing/sanitizer/planted/planted.h"

static volatile int zero = 0, one = 1, large = INT32_MAX, small = INT32_MIN;

struct wide {
    uint64_t value;
};

static void add(void) { large = large + one; }
static void subtract(void) { small = small - one; }
static void multiply(void) { large = large * 2; }
static void negate(void) { small = -small; }
static void divide(void) { one = one / zero; }
static void divide_overflow(void) { small = small / -one; }
static void shift_far(void) { one = one << (large & 63); }
static void shift_negative(void) { one = one >> small; }

static void index_out(void)
{
    static volatile int table[4];
    table[4 + zero] = 1;
}

static void misaligned(void)
{
    static uint64_t words[2];
    struct wide *volatile w = (struct wide *)((uint64_t)words + (unsigned)one);
    w->value = 1;
}

static void null_pointer(void)
{
    struct wide *volatile w = nullptr;
    w->value = 1;
}

static void pointer_wraps(void)
{
    static char bytes[8];
    char *volatile p = bytes;
    volatile uint64_t far = UINT64_MAX / 2;
    p = p + far;
}

static void not_a_bool(void)
{
    static volatile uint8_t byte = 2;
    bool b = *(volatile bool *)&byte;
    one = b;
}

static void bits_of_zero(void) { one = __builtin_ctz((unsigned)zero); }

static void never_reached(void)
{
    if (zero == 0)
        __builtin_unreachable();
}

const struct planted planted_undefined[] = {
    {"add", add},
    {"subtract", subtract},
    {"multiply", multiply},
    {"negate", negate},
    {"divide", divide},
    {"divide_overflow", divide_overflow},
    {"shift_far", shift_far},
    {"shift_negative", shift_negative},
    {"index_out", index_out},
    {"misaligned", misaligned},
    {"null_pointer", null_pointer},
    {"pointer_wraps", pointer_wraps},
    {"not_a_bool", not_a_bool},
    {"bits_of_zero", bits_of_zero},
    {"never_reached", never_reached},
    {},
};
