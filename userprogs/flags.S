// SPDX-License-Identifier: Apache-2.0
// A program may ask for any flags. It does not get IOPL or IF, and none of them harms a call. AC
// outlives the call; whether NT does depends on the CPU (see registers.S), so nothing is said of it.
#include "userprogs/syscall.inc"

#define IF 0x200
#define IOPL 0x3000
#define AC 0x40000
#define NT 0x4000

_start:
    mov     $stack_top, %rsp
    pushq   $(IOPL | NT | AC)
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
    and     $AC, %rax
    cmp     $AC, %rax
    EXIT_UNLESS_EQUAL 2
    EXIT    $0

.data
.skip 4096
stack_top:
