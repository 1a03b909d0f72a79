// SPDX-License-Identifier: Apache-2.0
// Code that goes past the doors, for the test of the test.
#include <stdint.h>

uint64_t stray(void);

uint64_t stray(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}
