// SPDX-License-Identifier: Apache-2.0
// Inside KCSAN's run time.
#pragma once
#include "kernel/frame/base/types.h"

constexpr uint64_t KERNEL_HALF = 0xffff'8000'0000'0000;

enum kcsan_access : uint32_t {
    KCSAN_READ = 0,
    KCSAN_WRITE = 1,
    KCSAN_MARKED = 2, // atomic or volatile: meant to meet others of its kind
};

// An access that is about to be made. `frame` is the frame pointer of what the compiler calls.
void kcsan_check(const void *at, size_t size, enum kcsan_access how, const void *frame);
void kcsan_check_range(const void *range, size_t size, enum kcsan_access how, const void *frame);

// The mem.c that checks nothing.
void *keel_memcpy(void *to, const void *from, size_t n);
void *keel_memmove(void *to, const void *from, size_t n);
void *keel_memset(void *at, int byte, size_t n);
int keel_memcmp(const void *a, const void *b, size_t n);
