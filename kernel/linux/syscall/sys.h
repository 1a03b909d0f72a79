// SPDX-License-Identifier: Apache-2.0
// What every system call's function looks like. The room's own.
#pragma once
#include "kernel/linux/syscall/syscall.h"

C_BEGIN

struct sys_args {
    uint64_t arg[6];
};

// A value, or an error as a negative number (enum err).
typedef int64_t sysret_t;

typedef sysret_t sys_fn(struct thread *t, const struct sys_args *a);

#define FULL(number, name, arguments) sys_fn sys_##name;
#define PARTIAL(number, name, arguments, note) sys_fn sys_##name;
#define NONE(number, name, arguments)
#include "kernel/linux/syscall/table.def"
#undef FULL
#undef PARTIAL
#undef NONE

// What restart_syscall(2) goes on with that is another file's.
sysret_t sys_futex_rest(struct thread *t, const struct call_rest *rest);

C_END
