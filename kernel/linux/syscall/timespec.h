// SPDX-License-Identifier: Apache-2.0
// Times as programs pass them. The room's own.
#pragma once
#include "kernel/linux/process/process.h"
#include <linux/time_types.h>

C_BEGIN

constexpr uint64_t SECOND_NS = 1'000'000'000;

// Reads a struct timespec; what is longer than clocks run is for ever. ERR_FAULT. ERR_INVAL: it is
// negative, or its nanoseconds are a second or more.
enum err timespec_read(struct thread *t, uint64_t at, uint64_t *ns);

static inline struct __kernel_timespec timespec_of(uint64_t ns)
{
    return (struct __kernel_timespec){
        .tv_sec = (int64_t)(ns / SECOND_NS),
        .tv_nsec = (int64_t)(ns % SECOND_NS),
    };
}
static inline struct __kernel_old_timeval timeval_of(uint64_t ns)
{
    return (struct __kernel_old_timeval){
        .tv_sec = (int64_t)(ns / SECOND_NS),
        .tv_usec = (int64_t)(ns % SECOND_NS / 1000),
    };
}

C_END
