// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/assert.h"
#include "kernel/frame/entropy/entropy.h"

uint64_t entropy_below(uint64_t n)
{
    ASSERT(n > 0);
    // Of 2^64 numbers the first 2^64 mod n are left out, so that `n` divides the rest.
    uint64_t skipped = -n % n, value;
    do {
        value = entropy_u64();
    } while (value < skipped);
    return value % n;
}
