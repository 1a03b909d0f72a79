// SPDX-License-Identifier: Apache-2.0
// System calls as text, for trace=syscalls. The room's own.
#pragma once
#include "kernel/linux/syscall/sys.h"

C_BEGIN

// Takes the command line's word: "syscalls", "syscalls:PID" or "syscalls:NAME". False: neither.
bool trace_configure(struct cspan value);

// Whether this process's calls of that name are wanted. `name` may be null.
bool trace_wants(uint64_t pid, const char *name);

// A line for the call before it is served, since it may not return, and one for its result.
void trace_call(uint64_t pid, uint64_t nr, const char *name, const char *arguments,
                const struct sys_args *a);
void trace_result(uint64_t pid, const char *name, sysret_t result);

C_END
