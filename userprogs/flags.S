// SPDX-License-Identifier: Apache-2.0
// A program may ask for any flags. It does not get IOPL or IF, and none of them harms a call.
#include "userprogs/syscall.inc"

#define IF 0x200
#define IOPL 0x3000
#define NT_AC 0x44000

_start:
    mov     $stack_top, %rsp
    pushq   $(IOPL | NT_AC)
    popfq
    pushfq
    pop     %r12
    PRINT   "with NT and AC"
    mov     %r12, %rax
    and     $(IOPL | IF), %rax
    cmp     $IF, %rax
    EXIT_UNLESS_EQUAL 1
    pushfq
    pop     %rax
    and     $NT_AC, %rax
    cmp     $NT_AC, %rax
    EXIT_UNLESS_EQUAL 2
    EXIT    $0

.data
.skip 4096
stack_top:
