// SPDX-License-Identifier: Apache-2.0
// A system call changes rax, rcx and r11 and nothing else (psABI, "Linux Conventions"), flags
// included; rcx and r11 are where and with which flags it returns.
#include "userprogs/syscall.inc"

#define FLAGS 0x244cd7 /* ID, AC, NT, DF, SF, ZF, AF, PF, CF and what is always set */
#define NT 0x4000
// An AMD CPU's SYSRET has been seen to leave NT out, though r11 has it; Intel's restores it.
#define FLAGS_KEPT (FLAGS & ~NT)

.macro CHECK register, value, status
    movabs  $\value, %rax
    cmp     %rax, \register
    EXIT_UNLESS_EQUAL \status
.endm

_start:
    mov     $stack_top, %rsp
    pushq   $FLAGS
    popfq
    movabs  $0x1111111111111111, %rbx
    movabs  $0x2222222222222222, %rdx
    movabs  $0x3333333333333333, %rsi
    movabs  $0x4444444444444444, %rdi
    movabs  $0x5555555555555555, %rbp
    movabs  $0x8888888888888888, %r8
    movabs  $0x9999999999999999, %r9
    movabs  $0xaaaaaaaaaaaaaaaa, %r10
    movabs  $0xcccccccccccccccc, %r12
    movabs  $0xdddddddddddddddd, %r13
    movabs  $0xeeeeeeeeeeeeeeee, %r14
    movabs  $0xffffffffffffffff, %r15
    mov     $9999, %eax
    syscall
after:
    pushfq
    mov     %rcx, saved_rcx
    pop     %rcx                    // the flags after the call
    pushq   $0
    popfq
    CHECK   %rbx, 0x1111111111111111, 1
    CHECK   %rdx, 0x2222222222222222, 2
    CHECK   %rsi, 0x3333333333333333, 3
    CHECK   %rdi, 0x4444444444444444, 4
    CHECK   %rbp, 0x5555555555555555, 5
    CHECK   %r8, 0x8888888888888888, 8
    CHECK   %r9, 0x9999999999999999, 9
    CHECK   %r10, 0xaaaaaaaaaaaaaaaa, 10
    CHECK   %r12, 0xcccccccccccccccc, 12
    CHECK   %r13, 0xdddddddddddddddd, 13
    CHECK   %r14, 0xeeeeeeeeeeeeeeee, 14
    CHECK   %r15, 0xffffffffffffffff, 15
    CHECK   %rsp, stack_top, 16
    mov     %r11, %r8
    and     $FLAGS, %r8
    CHECK   %r8, FLAGS, 17
    and     $FLAGS_KEPT, %rcx
    CHECK   %rcx, FLAGS_KEPT, 18
    mov     saved_rcx, %r8
    CHECK   %r8, after, 19
    PRINT   "all as it was"
    EXIT    $0

.data
saved_rcx:
    .skip   8
    .skip   4096
stack_top:
