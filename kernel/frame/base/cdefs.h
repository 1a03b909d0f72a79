// SPDX-License-Identifier: Apache-2.0
// Language helpers. Headers here are valid C23 and C++20 (GoogleTest).
#pragma once

#ifdef __cplusplus
#define C_BEGIN extern "C" {
#define C_END }
#else
#define C_BEGIN
#define C_END
#endif

// A field that only the frame may read or initialise: it carries a promise (a length that
// matches its pointer, a reference that is counted) which services could otherwise forge.
#define FRAME_PRIVATE __attribute__((annotate("frame_private")))

#define PRINTF_LIKE(format_arg, first_arg) __attribute__((format(printf, format_arg, first_arg)))

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

// A function that is hardly ever called, from where every instruction counts: the call costs its
// caller no registers.
#if __STDC_HOSTED__
#define SLOW_PATH
#else
#define SLOW_PATH __attribute__((preserve_most, noinline, cold))
#endif
