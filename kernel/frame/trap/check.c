// SPDX-License-Identifier: Apache-2.0
// What compiled code calls when one of its checks fails.
#include "kernel/frame/trap/check.h"
#include "kernel/frame/base/assert.h"
#include "kernel/frame/console/backtrace.h"

[[noreturn]] static void fail(const char *what, const void *return_address)
{
    uint32_t line = 0;
    const char *file = backtrace_line((uint64_t)return_address - 1, &line);
    panic("%s at %s:%u", what, file, line);
}

#define HANDLER(number, name, text)                                                                \
    [[noreturn]] void __ubsan_handle_##name(void);                                                 \
    void __ubsan_handle_##name(void) { fail(text, __builtin_return_address(0)); }
CHECKS(HANDLER)
#undef HANDLER

// A function finds its canary changed before it returns.
[[noreturn]] void __stack_chk_fail(void);

void __stack_chk_fail(void)
{
    fail("stack overwritten behind an array", __builtin_return_address(0));
}
