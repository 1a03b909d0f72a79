// SPDX-License-Identifier: Apache-2.0
// Ends with the status in its last byte (or STATUS), which a test may overwrite in the file.
#include "userprogs/syscall.inc"
#ifndef STATUS
#define STATUS 0
#endif
_start:
    movzbl  status(%rip), %edi
    mov     $SYS_exit, %eax
    syscall
status:
    .byte   STATUS
