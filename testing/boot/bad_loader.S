// SPDX-License-Identifier: Apache-2.0
// A Multiboot loader that QEMU starts in Keel's place, with Keel as its module. It loads Keel
// as it should, and passes it bad information: what CASE says.

#define MAGIC 0x1badb002
#define FLAGS 0x00010000
#define LOADED 0x2badb002

#define NO_MAP 1        /* none of the information is there */
#define EMPTY_MAP 2     /* a memory map without entries */
#define RESERVED_MAP 3  /* one that has nothing usable */
#define TINY_MAP 4      /* usable: what the kernel occupies, and two pages */
#define WILD_INFO 5     /* the information is where nothing is */
#define WILD_MAP 6      /* the map is */
#define WILD_MODULE 7   /* a module is */
#define BAD_MAGIC 8     /* no protocol's number */

.section .text
.code32
header:
    .long   MAGIC, FLAGS, -(MAGIC + FLAGS)
    .long   header, image_start, image_end, image_end, entry

.globl entry
entry:
    cld
    mov     24(%ebx), %eax          // the module list
    mov     (%eax), %esi            // the module: Keel
    mov     %esi, %edx
1:  cmpl    $MAGIC, (%edx)          // its header
    je      2f
    add     $4, %edx
    jmp     1b
    // What the address fields say: copy from load_addr to load_end, clear up to bss_end.
2:  mov     12(%edx), %eax
    sub     16(%edx), %eax          // the header's place in the loaded part
    mov     %edx, %esi
    sub     %eax, %esi
    mov     16(%edx), %edi
    mov     20(%edx), %ecx
    sub     %edi, %ecx
    rep movsb
    mov     24(%edx), %ecx
    sub     %edi, %ecx
    xor     %eax, %eax
    rep stosb

    mov     $info, %ebx
    mov     $LOADED, %eax
#if CASE == TINY_MAP
    mov     24(%edx), %ecx
    sub     $(0x100000 - 0x2000), %ecx
    mov     %ecx, map + 12
#elif CASE == WILD_INFO
    mov     $0xfffffff0, %ebx
#elif CASE == BAD_MAGIC
    mov     $0x12345678, %eax
#endif
    jmp     *28(%edx)

.balign 4
info:
#if CASE == NO_MAP
    .long   0
#elif CASE == WILD_MODULE
    .long   1 << 3 | 1 << 6
#else
    .long   1 << 6
#endif
    .skip   16
    .long   1, modules
    .skip   16
#if CASE == EMPTY_MAP
    .long   0
#else
    .long   24
#endif
#if CASE == WILD_MAP
    .long   0xfffffff0
#else
    .long   map
#endif
    .skip   64

map:
    .long   20                      // size
    .quad   0x100000                // base
    .quad   0x7f00000               // length
#if CASE == RESERVED_MAP
    .long   2
#else
    .long   1
#endif

modules:
    .long   0xd0000000, 0xd0001000, 0, 0
image_end:

.section .note.GNU-stack, "", @progbits
