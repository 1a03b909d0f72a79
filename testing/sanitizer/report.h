// SPDX-License-Identifier: Apache-2.0
// What the run times of the test builds have in common: call chains that are kept in a few bytes,
// and the beginning of a report. Any context.
#pragma once
#include "kernel/frame/base/types.h"

// Checks of memory accesses are on. Set by the run time, cleared when the machine stops.
extern bool sanitizer_running;

// The machine stops.
extern bool sanitizer_stopped;

// The lower halves of return addresses: all code lies in the last 2 GiB. Zero ends it.
constexpr unsigned TRACE_MAX = 8;
struct trace {
    uint32_t pc[TRACE_MAX];
};

// The call chain from the function whose frame pointer this is: its caller comes first. Words that
// are no stack frames end it.
void trace_take(struct trace *t, const void *frame_pointer);

// The caller's own callers.
#define TRACE_HERE(t) trace_take((t), __builtin_frame_address(0))

// One line for each call, under a line with `title`.
void trace_print(const char *title, const struct trace *t);

// " in NAME+OFFSET", or nothing.
void print_where(uint64_t pc);

// Switches all checks off and keeps other CPUs that have something to report waiting, until panic()
// stops them.
void report_begin(void);
