// SPDX-License-Identifier: Apache-2.0
// Never ends.
#include "userprogs/syscall.inc"
_start:
    PRINT   "looping"
1:  jmp     1b
