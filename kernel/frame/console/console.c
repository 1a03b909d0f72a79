// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/console/console.h"
#include "kernel/frame/base/fmt.h"
#include "kernel/frame/console/uart.h"
#include "kernel/frame/lock/lock_classes.h"
#include "kernel/frame/lock/spinlock.h"

struct console {
    struct spinlock lock;
};
SPINLOCK_IRQ_OPS(console, struct console, lock, lc_console)

static struct console console;
static bool lock_broken; // only while the machine stops
static enum log_level level_shown = LOG_WARN;

void console_break_lock(void) { lock_broken = true; }

// Where what belongs together goes through: one call of `print` at a time.
NO_LOCK_ANALYSIS static void locked(void (*print)(void *), void *arg)
{
    if (lock_broken) {
        print(arg);
        return;
    }
    uint64_t flags = console_lock_irq(&console);
    print(arg);
    console_unlock_irq(&console, flags);
}

static void print_bytes(void *bytes) { uart_write(*(struct cspan *)bytes); }

void console_write(struct cspan bytes) { locked(print_bytes, &bytes); }

size_t console_read(struct span to)
{
    size_t len = 0;
    uint64_t flags = console_lock_irq(&console);
    while (len < to.len && uart_read(&to.bytes[len]))
        len++;
    console_unlock_irq(&console, flags);
    return len;
}

struct text {
    const char *before, *format, *after;
    va_list args;
};

static void sink(void *, struct cspan piece) { uart_write(piece); }

static void print_text(void *arg)
{
    struct text *t = arg;
    uart_write(cspan_of_string(t->before));
    fmt_format(sink, nullptr, t->format, t->args);
    uart_write(cspan_of_string(t->after));
}

void kprintf(const char *format, ...)
{
    struct text t = {"", format, "", {}};
    va_start(t.args, format);
    locked(print_text, &t);
    va_end(t.args);
}

void log_line(enum log_level level, const char *format, ...)
{
    if (level > level_shown)
        return;
    struct text t = {"[keel] ", format, "\n", {}};
    va_start(t.args, format);
    locked(print_text, &t);
    va_end(t.args);
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
