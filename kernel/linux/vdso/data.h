// SPDX-License-Identifier: Apache-2.0
// The page that lies before the vDSO's image: what the kernel tells it. The image, which is a user
// program (userprogs/vdso), includes this too.
#pragma once
#include <stdint.h>

struct vdso_data {
    // Odd while the kernel writes the rest of the clocks' fields. Who reads them tries again when
    // it has changed.
    uint32_t sequence;
    uint32_t has_rdtscp; // RDTSCP says which CPU it is on. Constant
    // Monotonic time is ((counter - base) * mult) >> 32 nanoseconds, in 128 bits, and real time
    // later by real_base_ns. A mult of 0: only the call knows.
    uint64_t base, mult, real_base_ns;
};
