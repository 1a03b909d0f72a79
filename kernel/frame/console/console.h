// SPDX-License-Identifier: Apache-2.0
// Console output and the kernel's log. Any context. A call's output stays together, whatever
// other CPUs write (lc_console).
//
// The log's lines begin with "[keel] " and are shown up to a level, WARN by default; the word
// loglevel=error|warn|info|debug of the command line sets it.
#pragma once
#include "kernel/frame/base/span.h"

C_BEGIN

enum log_level : int {
    LOG_ERROR,
    LOG_WARN,
    LOG_INFO,
    LOG_DEBUG,
};

// Writes the bytes as they are: no newline conversion, no prefix.
void console_write(struct cspan bytes);

// Bytes that have come over it: as many as there are and fit; it does not wait.
size_t console_read(struct span to);

// Formats onto the console whatever the log level; conversions as in base/fmt.h.
void kprintf(const char *format, ...) PRINTF_LIKE(1, 2);

// Formats one line of the log; the newline is added.
void log_line(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

// Sets the level by its name. False, and no change, if there is no such level.
bool log_set_level(struct cspan name);

// For panics: whoever holds the console has been stopped. From now on nobody waits for it.
FRAME_ONLY void console_break_lock(void);

C_END
