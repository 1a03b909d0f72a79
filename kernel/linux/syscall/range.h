// SPDX-License-Identifier: Apache-2.0
// Ranges of a program's memory, as calls have them. The room's own.
#pragma once
#include "kernel/frame/frame.h"

C_BEGIN

// Whether all of it is where a program may have memory.
static inline bool range_is_user(uint64_t at, uint64_t len)
{
    return at <= USER_END && len <= USER_END - at;
}

static inline bool is_page_aligned(uint64_t at) { return (at & PAGE_MASK) == 0; }

C_END
