// SPDX-License-Identifier: Apache-2.0
// System calls: from a process's registers to the function that serves the call, and back.
#pragma once
#include "kernel/linux/process/process.h"

C_BEGIN

// Reads the command line: trace=syscalls, trace=syscalls:PID or trace=syscalls:NAME prints each
// call as strace(1) would. Once, before the first process.
void syscall_init(void);

// Serves the call that the running process has made, and puts the result where it goes.
void syscall_serve(struct thread *t);

// What becomes of the running process after an exception: pages that are missing come, and anything
// else ends it.
void exception_serve(struct thread *t);

C_END
