// SPDX-License-Identifier: Apache-2.0
// Words of user memory that are changed at once for other CPUs and the program. The room's own.
#pragma once
#include "kernel/linux/futex/futex.h"

C_BEGIN

// Reads it; the page comes if it is missing, and must be one that may be written to. ERR_FAULT.
enum err futex_word_load(struct futex_word word, uint32_t *value);

// Makes it `value` if it is `*expected`, which says afterwards what was there. ERR_FAULT.
enum err futex_word_swap(struct futex_word word, uint32_t *expected, uint32_t value);

C_END
