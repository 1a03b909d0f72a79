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

// What the compiler plugin of toolchain/safec looks for. It leaves no trace in the code.
#ifdef __cplusplus
#define FRAME_MARK(what)
#else
#define FRAME_MARK(what) __attribute__((btf_decl_tag(what)))
#endif

// A field that only the frame may read or initialise: it carries a promise (a length that
// matches its pointer, a reference that is counted) which services could otherwise forge.
#define FRAME_PRIVATE FRAME_MARK("frame_private")

// The same for all fields of a structure, which moreover is not copied: `struct FRAME_PINNED x`.
#define FRAME_PINNED FRAME_MARK("frame_pinned")

// A function in a header that frame.h shows, which services cannot name all the same.
#define FRAME_ONLY FRAME_MARK("frame_only")

// Of a parameter: what it points to becomes bytes, so it has no pointer and nothing of the frame's
// in it; or is moved, so it has nothing FRAME_PINNED in it. Checked where services are compiled.
#define FRAME_BYTES FRAME_MARK("frame_bytes")
#define FRAME_MOVES FRAME_MARK("frame_moves")

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
