// SPDX-License-Identifier: Apache-2.0
// See ap_start.h. STARTUP makes the CPU begin in real mode with CS = page >> 4 and IP = 0
// (SDM Vol. 3A, "Multiple-Processor Initialization"). There is no stack until the last step:
// several CPUs run this at once.

#include "kernel/frame/arch/x86_64/ap_start.h"
#include "kernel/frame/arch/x86_64/cpu.h"

#define CR0_PE 0x1
#define CR0_PE_WP_PG 0x80010001
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME_NXE 0x900
#define MSR_GS_BASE 0xc0000101

.section .rodata
.balign 16
.globl ap_start_code
ap_start_code:
.code16
    cli
    mov     %cs, %ax
    mov     %ax, %ds
    movzwl  %ax, %ebx
    shl     $4, %ebx                // the page's address, from here on
    lgdtl   AP_START_DATA + AP_START_GDT
    mov     %cr0, %eax
    or      $CR0_PE, %al
    mov     %eax, %cr0
    ljmpl   *(AP_START_DATA + AP_START_TO_PROTECTED)

.code32
.globl ap_start_protected
ap_start_protected:
    mov     $SELECTOR_KERNEL_DATA, %eax
    mov     %eax, %ds
    mov     %eax, %es
    mov     %eax, %ss
    mov     $CR4_PAE, %eax
    mov     %eax, %cr4
    mov     AP_START_DATA + AP_START_ROOT(%ebx), %eax
    mov     %eax, %cr3
    mov     $MSR_EFER, %ecx
    rdmsr
    or      $EFER_LME_NXE, %eax
    wrmsr
    mov     %cr0, %eax
    or      $CR0_PE_WP_PG, %eax
    mov     %eax, %cr0
    ljmpl   *AP_START_DATA + AP_START_TO_LONG(%ebx)

.code64
.globl ap_start_long
ap_start_long:
    mov     %ebx, %ebx
    mov     AP_START_DATA + AP_START_NEXT(%rbx), %rax
    mov     $1, %edi
    lock xaddl %edi, (%rax)
    mov     AP_START_DATA + AP_START_STACKS(%rbx), %rax
    mov     (%rax,%rdi,8), %rsp
    mov     $MSR_GS_BASE, %ecx
    mov     AP_START_DATA + AP_START_BLOCK(%rbx), %eax
    mov     AP_START_DATA + AP_START_BLOCK + 4(%rbx), %edx
    wrmsr
    xor     %ebp, %ebp
    cld
    mov     AP_START_DATA + AP_START_ENTRY(%rbx), %rax
    call    *%rax
    ud2

.balign 8
// The selectors are those of cpu.h, and one more for the step between.
.globl ap_start_gdt
ap_start_gdt:
    .quad   0
    .quad   0x00af9b000000ffff      // 0x08: 64-bit code
    .quad   0x00cf93000000ffff      // 0x10: data
    .quad   0x00cf9b000000ffff      // 0x18: 32-bit code
.globl ap_start_code_end
ap_start_code_end:

.section .note.GNU-stack, "", @progbits
