// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/assert.h"
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

// Of a build with coverage: what a death test ran counts too.
extern "C" int __llvm_profile_write_file(void) __attribute__((weak));

void panic(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("panic: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    if (__llvm_profile_write_file != nullptr)
        __llvm_profile_write_file();
    abort();
}
