// SPDX-License-Identifier: Apache-2.0
// The least a Multiboot kernel can do: end with status 0. What its boot costs is QEMU's and the
// firmware's, and what another kernel's costs more is its own.

#define MAGIC 0x1badb002
#define FLAGS 0x00010000

.section .text
.code32
header:
    .long   MAGIC, FLAGS, -(MAGIC + FLAGS)
    .long   header, header, end, end, entry
.globl entry
entry:
    mov     $0, %al
    outb    %al, $0xe8
    outb    %al, $0xf4
    hlt
end:

.section .note.GNU-stack, "", @progbits
