// SPDX-License-Identifier: Apache-2.0
// Doing something once, by whoever comes first.
#pragma once
#include "kernel/frame/sync/waitq.h"

C_BEGIN

// All zero: not done.
struct FRAME_PINNED once {
    uint32_t state FRAME_PRIVATE; // atomic: 0 not begun, 1 going on, 2 done
    struct waitq waiters FRAME_PRIVATE;
};

// Calls fn(), unless it has been called; when this returns it has returned. Task context.
void once_run(struct once *o, void (*fn)(void));

C_END
