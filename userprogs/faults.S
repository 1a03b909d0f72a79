// SPDX-License-Identifier: Apache-2.0
// One program for each way to be stopped by the CPU: FAULT is the instruction or instructions.
// If it goes on after them the status is 1.
#include "userprogs/syscall.inc"
_start:
    FAULT
    EXIT    $1

.data
.skip 4096
stack_top:
