// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/console/panic.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/fmt.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/console/backtrace.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/power/power.h"

static void sink(void *, struct cspan text) { console_write(text); }

static void (*stop_others)(void);
static uint32_t panicking; // one more than the number of the CPU that does; 0: none

void panic_set_stop(void (*stop)(void)) { stop_others = stop; }

void panic_stop_if_asked(void)
{
    if (__atomic_load_n(&panicking, __ATOMIC_ACQUIRE) == 0)
        return;
    for (;;)
        cpu_halt();
}

// The first CPU to come stops the others. A fault of its own while it prints must not start
// over.
static void enter_panic(void)
{
    static int depth;
    irq_disable();
    sanitizer_stop();
    uint32_t none = 0, self = cpu_this()->id + 1;
    if (!__atomic_compare_exchange_n(&panicking, &none, self, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_RELAXED) &&
        none != self)
        panic_stop_if_asked();
    if (depth++ == 0) {
        if (stop_others != nullptr)
            stop_others();
        console_break_lock();
        return;
    }
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
