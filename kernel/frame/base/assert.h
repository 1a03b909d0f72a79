// SPDX-License-Identifier: Apache-2.0
// Assertions. They stay on in every build: what they catch is a bug in the kernel, never
// input, and going on would be worse than stopping.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/err.h"

C_BEGIN

// Stops the machine with a message, registers and a backtrace. Any context. Supplied by
// console/panic.c in a kernel and by testing/host/panic.cc in a unit test.
[[noreturn]] void panic(const char *format, ...) PRINTF_LIKE(1, 2);

#define ASSERT(condition)                                                                          \
    (likely(condition) ? (void)0                                                                   \
                       : panic("assertion failed: %s (%s:%d)", #condition, __FILE__, __LINE__))

// For what must not fail: panics with the expression and the error's name.
#define must(expression) must_be_ok(expression, #expression)

static inline void must_be_ok(enum err err, const char *expression)
{
    if (unlikely(err != ERR_OK))
        panic("%s: %s", expression, err_name(err));
}

C_END
