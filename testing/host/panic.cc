// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/assert.h"
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

void panic(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("panic: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}
