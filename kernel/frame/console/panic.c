// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/console/panic.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/fmt.h"
#include "kernel/frame/console/backtrace.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/power/power.h"

static void sink(void *, struct cspan text) { console_write(text); }

// A fault while the first panic prints must not start over.
static void enter_panic(void)
{
    static int depth;
    irq_disable();
    if (depth++ == 0)
        return;
    if (depth == 2)
        console_write(SPAN_TEXT("\npanic: another fault while printing this one\n"));
    power_off(PANIC_STATUS);
}

static void print_message(const char *format, va_list args)
{
    console_write(SPAN_TEXT("\npanic: "));
    fmt_format(sink, nullptr, format, args);
    console_write(SPAN_TEXT("\n"));
}

void panic(const char *format, ...)
{
    enter_panic();
    va_list args;
    va_start(args, format);
    print_message(format, args);
    va_end(args);
    backtrace_print((uint64_t)__builtin_frame_address(0));
    power_off(PANIC_STATUS);
}

void panic_regs(const struct trap_regs *regs, const char *format, ...)
{
    enter_panic();
    va_list args;
    va_start(args, format);
    print_message(format, args);
    va_end(args);
    backtrace_print_regs(regs);
    power_off(PANIC_STATUS);
}
