// SPDX-License-Identifier: Apache-2.0
// Every way into the kernel after boot, and the way out to user mode.
//
// User mode runs inside a call of user_enter: leaving it is a return from that call. The
// registers are saved straight into the caller's struct trap_regs: TSS.sp0 points at its end,
// so the CPU itself pushes its part there, and the stubs below push the rest. SYSCALL pushes
// nothing and stores into the same structure.
//
// In the kernel GS points at the CPU's struct cpu_arch. Interrupts are off on all these paths.
//
// With page tables isolated (docs/security.md) user mode has tables of its own, with nothing of the
// kernel but this file's first section, the IDT and each CPU's struct cpu_entry. The ways in and
// out are then others, behind jumps that cpu_arch_isolate puts in; without they cost nothing.

#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/arch/x86_64/trap_regs.h"

#define MSR_GS_BASE 0xc0000101

#define EXIT_SYSCALL 0
#define EXIT_TRAP 1

// An isolation_jump (cpu.c). `at` has 5 bytes, into whose middle nothing jumps.
.macro WHEN_ISOLATED at, to
    .pushsection .isolation_jumps, "a"
    .balign 4
    .long   \at - ., \to - \at - 5
    .popsection
.endm

.macro PUSH_GENERAL
    .irp    r, ax, bx, cx, dx, si, di, bp, 8, 9, 10, 11, 12, 13, 14, 15
    push    %r\r
    .endr
.endm

.macro POP_GENERAL
    .irp    r, 15, 14, 13, 12, 11, 10, 9, 8, bp, di, si, dx, cx, bx, ax
    pop     %r\r
    .endr
.endm

// Not one flag of the interrupted code stays in force: AC would switch SMAP off.
.macro RESET_FLAGS
    push    $2
    popfq
.endm

// Ends user_enter, on the kernel's stack again: rax is its value. All but rbp is lost.
.macro RETURN_FROM_USER_ENTER
    pop     %rbp
    ret
.endm

// From a trampoline, with the vector pushed, to the registers' place that it names: rbx becomes the
// CR3 of the interrupted code. Nine words are moved, and the last two wiped; behind them are the
// trampoline's other fields.
.macro LEAVE_TRAMPOLINE
    push    %rax
    push    %rbx
    mov     %cr3, %rbx
    mov     %rbx, %rax
    and     72(%rsp), %rax
    mov     %rax, %cr3
    mov     80(%rsp), %rax
    .irp    at, -16, -8, 0, 8, 16, 24, 32, 40, 48
    pop     \at(%rax)
    .endr
    movq    $0, -72(%rsp)
    movq    $0, -64(%rsp)
    lea     -16(%rax), %rsp
    .irp    r, cx, dx, si, di, bp, 8, 9, 10, 11, 12, 13, 14, 15
    push    %r\r
    .endr
.endm

.section .text.entry, "ax"

// One stub for each vector, 16 bytes apart: makes the frame uniform and goes on. Vectors with
// an error code: SDM Vol. 3A, "Exception and Interrupt Vectors".
.balign 16
.globl trap_stubs
.type trap_stubs, @function
trap_stubs:
.set vector, 0
.rept 256
    .balign 16
    endbr64
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
    push    $0
    .endif
    push    $vector
    .if vector == 1 || vector == 2 || vector == 8 || vector == 18
    jmp     trap_on_ist
    .else
    jmp     trap_common
    .endif
    .set vector, vector + 1
.endr
.size trap_stubs, . - trap_stubs

// Called by user_enter() in cpu.h, after user_enter_with(): rdi has the registers, sil says whether
// SYSRET will do, which takes rip from rcx and rflags from r11.
.globl user_enter_asm
.type user_enter_asm, @function
user_enter_asm:
    push    %rbp
    mov     %rsp, %gs:CPU_KERNEL_SP
    // An NMI may come from here on; it has a stack of its own.
    mov     %rdi, %rsp
leave_kernel:
    WHEN_ISOLATED leave_kernel, leave_kernel_isolated
    test    %sil, %sil
    jnz     1f
    POP_GENERAL
    add     $16, %rsp               // vector, error
    swapgs
    iretq
1:  POP_GENERAL
    mov     REGS_RSP - REGS_VECTOR(%rsp), %rsp
    swapgs
    sysretq

// IRET serves after system calls too.
leave_kernel_isolated:
    mov     %cr3, %rbx
    or      $CR3_USER, %rbx
    mov     %gs:CPU_SELF, %rdi
    add     $CPU_TRAMPOLINE, %rdi
    swapgs

// To the registers at rsp and the tables in rbx, by the trampoline that begins at rdi.
leave_by_trampoline:
    sub     $48, %rdi
    mov     %rdi, REGS_VECTOR(%rsp)
    mov     REGS_RAX(%rsp), %rax
    mov     %rbx, REGS_RAX(%rsp)
    stosq
    lea     REGS_RIP(%rsp), %rsi
    mov     $5, %ecx
    rep movsq
    POP_GENERAL
    pop     %rsp                    // where the vector was
    mov     %rax, %cr3
    pop     %rax
    movq    $0, -8(%rsp)
    iretq
.size user_enter_asm, . - user_enter_asm

// SYSCALL from 64-bit code: rcx is the return address, r11 the flags (SDM Vol. 2B, SYSCALL).
.globl syscall_entry
.type syscall_entry, @function
syscall_entry:
    endbr64
enter_kernel:
    WHEN_ISOLATED enter_kernel, enter_kernel_isolated
    swapgs
    mov     %rsp, %gs:CPU_USER_SP
save_registers:
    mov     %gs:CPU_USER_PUSH, %rsp
    PUSH_GENERAL
    mov     %rcx, REGS_RIP(%rsp)
    mov     %r11, REGS_RFLAGS(%rsp)
    mov     %gs:CPU_USER_SP, %rax
    mov     %rax, REGS_RSP(%rsp)
    mov     $EXIT_SYSCALL, %eax
    mov     %gs:CPU_KERNEL_SP, %rsp
    RETURN_FROM_USER_ENTER
enter_kernel_isolated:
    swapgs
    mov     %rsp, %gs:CPU_USER_SP
    mov     %cr3, %rsp
    and     $~CR3_USER, %rsp
    mov     %rsp, %cr3
    jmp     save_registers
.size syscall_entry, . - syscall_entry

// SYSCALL from 32-bit code. The GDT has no such segment, so nothing gets here.
.globl syscall_entry_compat
.type syscall_entry_compat, @function
syscall_entry_compat:
    endbr64
    ud2
.size syscall_entry_compat, . - syscall_entry_compat

.type trap_common, @function
trap_common:
    WHEN_ISOLATED trap_common, trap_isolated
    PUSH_GENERAL
    testb   $3, REGS_CS(%rsp)
    jnz     trap_from_user
trap_in_kernel:
    RESET_FLAGS
    mov     %rsp, %rdi
    // The CPU aligned the stack to 16 bytes before it pushed, and REGS_SIZE keeps that.
    call    trap_from_kernel
    POP_GENERAL
    add     $16, %rsp
    iretq

// The registers are where user_enter's caller wants them, and nothing may be pushed below them.
trap_from_user:
    swapgs
    mov     $EXIT_TRAP, %eax
    mov     %gs:CPU_KERNEL_SP, %rsp
    RESET_FLAGS
    RETURN_FROM_USER_ENTER

// User mode's traps are on a trampoline.
trap_isolated:
    testb   $3, REGS_CS - REGS_VECTOR(%rsp)
    jnz     1f
    PUSH_GENERAL
    jmp     trap_in_kernel
1:  LEAVE_TRAMPOLINE
    jmp     trap_from_user
.size trap_common, . - trap_common

// Debug, NMI, double fault and machine check: GS and CR3 may still be the user's although the frame
// says kernel, so the CPU's address comes from the top of the interrupt stack, and both are put
// back as they were. Always by a trampoline: it is seldom, and one way is easier to keep right.
.type trap_on_ist, @function
trap_on_ist:
    LEAVE_TRAMPOLINE
    RESET_FLAGS
    testb   $3, REGS_CS(%rsp)
    jnz     ist_from_user
    mov     $MSR_GS_BASE, %ecx
    rdmsr
    mov     %eax, %r12d             // r12, r13: GS base of the interrupted code
    mov     %edx, %r13d
    mov     REGS_SIZE(%rsp), %rax
    mov     %rax, %rdx
    shr     $32, %rdx
    wrmsr
    mov     %rsp, %rdi
    call    trap_from_kernel
    mov     $MSR_GS_BASE, %ecx
    mov     %r12d, %eax
    mov     %r13d, %edx
    wrmsr
    mov     REGS_SIZE + 8(%rsp), %rdi
    jmp     leave_by_trampoline

// From user mode it is an exit like any other, once the frame is where that wants it.
ist_from_user:
    swapgs
    mov     %rsp, %rsi
    mov     %gs:CPU_USER_PUSH, %rdi
    sub     $REGS_VECTOR, %rdi
    mov     $(REGS_SIZE / 8), %ecx
    rep movsq
    mov     $EXIT_TRAP, %eax
    mov     %gs:CPU_KERNEL_SP, %rsp
    RETURN_FROM_USER_ENTER
.size trap_on_ist, . - trap_on_ist

.section .text

// void stack_switch(uint64_t *save, uint64_t load)
.globl stack_switch
.type stack_switch, @function
stack_switch:
    push    %rbp
    push    %rbx
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    push    %gs:CPU_CANARY
    mov     %rsp, (%rdi)
    mov     %rsi, %rsp
    pop     %gs:CPU_CANARY
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbx
    pop     %rbp
    ret
.size stack_switch, . - stack_switch

// Where a stack made by stack_prepare starts. C makes the call, and looks at what it calls.
.globl stack_start
.type stack_start, @function
stack_start:
    mov     %rbx, %rdi
    mov     %r12, %rsi
    call    stack_run
    ud2
.size stack_start, . - stack_start

// size_t copy_fallible(void *to, const void *from, size_t n)
//
// Words, then bytes. A word that faults is tried again by bytes, so that the count is exact.
.macro MAY_FAULT fixup, instruction:vararg
99: \instruction
    .pushsection .ex_table, "a"
    .balign 4
    .long   99b - ., \fixup - .
    .popsection
.endm

.globl copy_fallible
.type copy_fallible, @function
copy_fallible:
    cmp     $32, %rdx
    jb      2f
1:  MAY_FAULT 4f, mov (%rsi), %r8
    MAY_FAULT 4f, mov 8(%rsi), %r9
    MAY_FAULT 4f, mov 16(%rsi), %r10
    MAY_FAULT 4f, mov 24(%rsi), %r11
    MAY_FAULT 4f, mov %r8, (%rdi)
    MAY_FAULT 4f, mov %r9, 8(%rdi)
    MAY_FAULT 4f, mov %r10, 16(%rdi)
    MAY_FAULT 4f, mov %r11, 24(%rdi)
    add     $32, %rsi
    add     $32, %rdi
    sub     $32, %rdx
    cmp     $32, %rdx
    jae     1b
2:  cmp     $8, %rdx
    jb      4f
3:  MAY_FAULT 4f, mov (%rsi), %r8
    MAY_FAULT 4f, mov %r8, (%rdi)
    add     $8, %rsi
    add     $8, %rdi
    sub     $8, %rdx
    cmp     $8, %rdx
    jae     3b
4:  test    %rdx, %rdx
    jz      6f
5:  MAY_FAULT 6f, movb (%rsi), %al
    MAY_FAULT 6f, movb %al, (%rdi)
    inc     %rsi
    inc     %rdi
    dec     %rdx
    jnz     5b
6:  mov     %rdx, %rax
    ret
.size copy_fallible, . - copy_fallible

// bool load_u32_fallible(const uint32_t *at, uint32_t *value)
.globl load_u32_fallible
.type load_u32_fallible, @function
load_u32_fallible:
    xor     %eax, %eax
    MAY_FAULT 1f, mov (%rdi), %ecx
    mov     %ecx, (%rsi)
    inc     %eax
1:  ret
.size load_u32_fallible, . - load_u32_fallible

// bool compare_swap_u32_fallible(uint32_t *at, uint32_t *expected, uint32_t value)
.globl compare_swap_u32_fallible
.type compare_swap_u32_fallible, @function
compare_swap_u32_fallible:
    mov     (%rsi), %eax
    MAY_FAULT 1f, lock cmpxchg %edx, (%rdi)
    mov     %eax, (%rsi)
    mov     $1, %eax
    ret
1:  xor     %eax, %eax
    ret
.size compare_swap_u32_fallible, . - compare_swap_u32_fallible

.section .note.GNU-stack, "", @progbits
