// SPDX-License-Identifier: Apache-2.0
// Random numbers, all from the machine's seed. On a parallel machine it still is chance who draws
// which.
#include "testing/hostframe/machine.h"

using hostframe::state;

void entropy_fill(struct span to)
{
    std::lock_guard l(state->entropy_mutex);
    entropy_stream_fill(&state->entropy, to);
}

uint64_t entropy_u64(void)
{
    uint64_t value;
    entropy_fill(SPAN_OF(value));
    return value;
}

void entropy_add(struct cspan) {}

bool entropy_is_fixed(void) { return true; }
