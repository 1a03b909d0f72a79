// SPDX-License-Identifier: Apache-2.0
// Forks; both processes write to their pages, and neither sees what the other wrote.
#include "userprogs/syscall.inc"

#define SYS_fork 57
#define SYS_wait4 61

// Ends with `status` unless the number at `where` is `value`.
.macro CHECK where, value, status
    cmpq    $\value, \where
    EXIT_UNLESS_EQUAL \status
.endm

_start:
    movq    $1, both
    movq    $1, childs
    movq    $1, parents
    SYSCALL SYS_fork
    test    %rax, %rax
    jz      child
    mov     %rax, %r12
    xor     %r10d, %r10d
    SYSCALL SYS_wait4, $-1, $status
    cmp     %r12, %rax
    EXIT_UNLESS_EQUAL 1
    CHECK   status, 0, 2
    CHECK   both, 1, 3
    CHECK   childs, 1, 4
    movq    $2, both                // nobody else has these pages any more
    movq    $2, parents
    CHECK   both, 2, 5
    PRINT   "each has its own pages"
    EXIT    $0

child:
    CHECK   both, 1, 6
    movq    $3, both
    movq    $3, childs
    CHECK   both, 3, 7
    CHECK   childs, 3, 8
    CHECK   parents, 1, 9
    EXIT    $0

// One on each page.
.data
.balign 4096
both:
    .skip   4096
childs:
    .skip   4096
parents:
    .skip   4096
status:
    .skip   8
