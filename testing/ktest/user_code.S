// SPDX-License-Identifier: Apache-2.0
// Programs for user.c. Position-independent; they run from one page of user memory.
.section .rodata

// Holds what rdi says in vector registers and segment bases, and sees to it rcx times that it is
// still there; makes a system call, looks once more, and makes another. UD2 if it is not.
.globl user_code_hold, user_code_hold_end
user_code_hold:
    vmovq %rdi, %xmm0
    vpbroadcastq %xmm0, %ymm0
    vpaddq %ymm0, %ymm0, %ymm15
    wrfsbase %rdi
    wrgsbase %rdi
    mov %rdi, %rbx
check:
    vpaddq %ymm0, %ymm0, %ymm14
    vpxor %ymm14, %ymm15, %ymm13
    vptest %ymm13, %ymm13
    jnz bad
    vextracti128 $1, %ymm0, %xmm12
    vmovq %xmm12, %rax
    cmp %rbx, %rax
    jne bad
    rdfsbase %rax
    cmp %rbx, %rax
    jne bad
    rdgsbase %rax
    cmp %rbx, %rax
    jne bad
    dec %ecx
    jnz check
    mov $77, %eax
    syscall
    mov $1, %ecx
    jmp check
bad:
    ud2
user_code_hold_end:
