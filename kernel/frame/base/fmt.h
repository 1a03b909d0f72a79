// SPDX-License-Identifier: Apache-2.0
// printf-style formatting without a C library.
//
// Conversions: d i u x X o c s p %; flags - and 0; width and precision as digits or *;
// lengths hh h l ll z j t. Anything else is printed as it stands.
#pragma once
#include "kernel/frame/base/span.h"
#include <stdarg.h>

C_BEGIN

// Receives pieces of the output, in order.
typedef void fmt_sink(void *arg, struct cspan text);

// Formats into `sink`.
void fmt_format(fmt_sink *sink, void *arg, const char *format, va_list args);

// Formats into `to`, cut where it is full; no terminating zero. Returns the bytes written.
size_t fmt_span(struct span to, const char *format, ...) PRINTF_LIKE(2, 3);

C_END
