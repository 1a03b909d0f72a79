// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/console/console.h"
#include "kernel/frame/base/fmt.h"
#include "kernel/frame/console/uart.h"

static enum log_level level_shown = LOG_WARN;

void console_write(struct cspan bytes) { uart_write(bytes); }

static void sink(void *, struct cspan text) { console_write(text); }

void kprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fmt_format(sink, nullptr, format, args);
    va_end(args);
}

void log_line(enum log_level level, const char *format, ...)
{
    if (level > level_shown)
        return;
    console_write(SPAN_TEXT("[keel] "));
    va_list args;
    va_start(args, format);
    fmt_format(sink, nullptr, format, args);
    va_end(args);
    console_write(SPAN_TEXT("\n"));
}

bool log_set_level(struct cspan name)
{
    static const char *const names[] = {
        [LOG_ERROR] = "error",
        [LOG_WARN] = "warn",
        [LOG_INFO] = "info",
        [LOG_DEBUG] = "debug",
    };
    for (int i = LOG_ERROR; i <= LOG_DEBUG; i++) {
        if (cspan_equal(name, cspan_of_string(names[i]))) {
            level_shown = (enum log_level)i;
            return true;
        }
    }
    return false;
}
