# SPDX-License-Identifier: Apache-2.0
# The Linux Hello World that Keel began with: two system calls and no library.

.global _start

.section .text
_start:
    mov     $1, %rax                # write(
    mov     $1, %rdi                #   stdout,
    mov     $message, %rsi          #   the text,
    mov     $message_end, %rdx
    sub     %rsi, %rdx              #   its length)
    syscall
    mov     $60, %rax               # exit(
    mov     $0, %rdi                #   0)
    syscall

.section .rodata
message:
    .ascii  "Hello, world\n"
message_end:
