// SPDX-License-Identifier: Apache-2.0
// System calls that cannot work give Linux's errors, and the program goes on.
#include "userprogs/syscall.inc"
_start:
    // A buffer nobody mapped, in user space, across its end, in the kernel, not canonical.
    SYSCALL SYS_write, $1, $0x10000000, $5
    cmp     $-EFAULT, %rax
    EXIT_UNLESS_EQUAL 1
    movabs  $0x7fffffffe000, %r8
    SYSCALL SYS_write, $1, %r8, $0x10000
    cmp     $-EFAULT, %rax
    EXIT_UNLESS_EQUAL 2
    SYSCALL SYS_write, $1, $0xffffffff80101000, $5
    cmp     $-EFAULT, %rax
    EXIT_UNLESS_EQUAL 3
    movabs  $0x8000000000000000, %r8
    SYSCALL SYS_write, $1, %r8, $5
    cmp     $-EFAULT, %rax
    EXIT_UNLESS_EQUAL 4

    // 2^63 bytes, and as many as there are numbers.
    movabs  $0x8000000000000000, %r8
    SYSCALL SYS_write, $1, $_start, %r8
    cmp     $-EFAULT, %rax
    EXIT_UNLESS_EQUAL 5
    SYSCALL SYS_write, $1, $_start, $-1
    cmp     $-EFAULT, %rax
    EXIT_UNLESS_EQUAL 6

    // Nothing, from anywhere in user space.
    SYSCALL SYS_write, $1, $0, $0
    cmp     $0, %rax
    EXIT_UNLESS_EQUAL 7

    // No such call.
    SYSCALL 9999
    cmp     $-ENOSYS, %rax
    EXIT_UNLESS_EQUAL 8

    PRINT   "still here"
    EXIT    $0
