// SPDX-License-Identifier: Apache-2.0
// Which code has run, in builds with KCOV (docs/sanitizers.md). The compiler gives each stretch of
// code without a branch a byte, and sets it when the code runs. For fuzzers: clear, run an input,
// and look which points it reached that no other did.
#pragma once
#include "kernel/frame/base/types.h"

// How many points there are, and the address of the code at each.
size_t kcov_points(void);
uint64_t kcov_address(size_t point);

// Whether a point has been reached by any CPU since kcov_clear, or since the start.
bool kcov_reached(size_t point);
void kcov_clear(void);
