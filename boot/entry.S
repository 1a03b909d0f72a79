// SPDX-License-Identifier: Apache-2.0
// Where loaders jump to: 32-bit protected mode, flat segments, paging off, interrupts off.
// Builds page tables, switches to 64-bit mode and continues in the higher half: boot_place moves
// the kernel, boot_main starts it.
//
// From the first page table on nothing is both writable and executable.

#include "kernel/frame/base/sanitizer.h"

#define MULTIBOOT1_MAGIC 0x1badb002
#define MULTIBOOT1_FLAGS 0x00010003 /* page-aligned modules, memory map, address fields valid */
#define MULTIBOOT2_MAGIC 0xe85250d6
#define PVH_MAGIC 0x336ec578
#define PVH_NOTE_ENTRY 18 /* XEN_ELFNOTE_PHYS32_ENTRY */

#define IMAGE_OFFSET 0xffffffff80000000

#define PRESENT 0x001
#define WRITE 0x002
#define LARGE 0x080

#define CR0_PE_WP_PG 0x80010001
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME_NXE 0x900
#define MSR_GS_BASE 0xc0000101

#define IMAGE_TABLES 8 /* 2 MiB each; kernel.ld checks that the image fits */
#define DIRECT_TABLES 4 /* 1 GiB each: all that a 32-bit loader can speak of */

// Where a symbol of the higher half lies in physical memory.
#define PHYS(symbol) ((symbol) - IMAGE_OFFSET)

// ---- headers -----------------------------------------------------------------------------

.section .boot.header, "ax"
// Multiboot 1. QEMU refuses a 64-bit ELF without the address fields, so they are there.
.balign 4
multiboot1_header:
    .long   MULTIBOOT1_MAGIC
    .long   MULTIBOOT1_FLAGS
    .long   -(MULTIBOOT1_MAGIC + MULTIBOOT1_FLAGS)
    .long   multiboot1_header
    .long   image_load_start
    .long   image_load_end
    .long   image_memory_end
    .long   boot_entry_multiboot

.balign 8
multiboot2_header:
    .long   MULTIBOOT2_MAGIC
    .long   0                       // i386, protected mode
    .long   multiboot2_end - multiboot2_header
    .long   -(MULTIBOOT2_MAGIC + multiboot2_end - multiboot2_header)
    .balign 8
    .short  1, 0                    // information request: the memory map
    .long   12
    .long   6
    .balign 8
    .short  0, 0                    // end
    .long   8
multiboot2_end:

.section .note.pvh, "a", @note
.balign 4
    .long   4, 8, PVH_NOTE_ENTRY
    .asciz  "Xen"
    .quad   boot_entry_pvh          // QEMU reads 8 bytes in a 64-bit ELF

// ---- 32-bit code -------------------------------------------------------------------------

.section .boot.text, "ax"
.code32
.globl boot_entry_pvh
boot_entry_pvh:
    mov     $PVH_MAGIC, %eax
.globl boot_entry_multiboot
boot_entry_multiboot:
    cli
    cld
    mov     %eax, %ebp              // the protocol's magic number
    mov     %ebx, %esi              // its information structure
    mov     $PHYS(boot_stack_top), %esp

    // 64-bit mode and no-execute pages (SDM Vol. 2A, CPUID).
    mov     $0x80000000, %eax
    cpuid
    cmp     $0x80000001, %eax
    jb      no_long_mode
    mov     $0x80000001, %eax
    cpuid
    and     $(1 << 29 | 1 << 20), %edx
    cmp     $(1 << 29 | 1 << 20), %edx
    jne     no_long_mode

    // The tables are in .bss and thus zero.
    // Identity map of the first 2 MiB, executable: for the few instructions after paging is on.
    movl    $(PRESENT | LARGE), PHYS(identity_pd)
    movl    $(PHYS(identity_pd) + PRESENT), PHYS(identity_pdpt)
    movl    $(PHYS(identity_pdpt) + PRESENT), PHYS(boot_pml4)

    // The direct map: 4 GiB in 2 MiB pages, writable, not executable.
    movl    $(PHYS(direct_pdpt) + PRESENT + WRITE), PHYS(boot_pml4) + 256 * 8
    mov     $PHYS(direct_pd), %edi
    mov     $(PRESENT | WRITE | LARGE), %eax
1:  mov     %eax, (%edi)
    movl    $(1 << 31), 4(%edi)     // no-execute
    add     $8, %edi
    add     $0x200000, %eax
    jnc     1b
    mov     $PHYS(direct_pdpt), %edi
    mov     $(PHYS(direct_pd) + PRESENT + WRITE), %eax
    mov     $DIRECT_TABLES, %ecx
    call    fill_table

    // The image, page by page.
    movl    $(PHYS(image_pdpt) + PRESENT + WRITE), PHYS(boot_pml4) + 511 * 8
    movl    $(PHYS(image_pd) + PRESENT + WRITE), PHYS(image_pdpt) + 510 * 8
    mov     $PHYS(image_pd), %edi
    mov     $(PHYS(image_pt) + PRESENT + WRITE), %eax
    mov     $IMAGE_TABLES, %ecx
    call    fill_table
    mov     $PHYS(text_start), %eax
    mov     $PHYS(text_end), %ecx
    mov     $PRESENT, %ebx
    xor     %edx, %edx
    call    map_image
    mov     $PHYS(rodata_end), %ecx
    mov     $(1 << 31), %edx
    call    map_image
    mov     $PHYS(image_end), %ecx
    mov     $(PRESENT | WRITE), %ebx
    call    map_image

    mov     $PHYS(boot_pml4), %eax
    mov     %eax, %cr3
    mov     $CR4_PAE, %eax
    mov     %eax, %cr4
    mov     $MSR_EFER, %ecx
    rdmsr
    or      $EFER_LME_NXE, %eax
    wrmsr
    mov     %cr0, %eax
    or      $CR0_PE_WP_PG, %eax
    mov     %eax, %cr0
    lgdt    boot_gdtr
    ljmp    $8, $long_mode

// Writes ecx entries to the table at edi, for tables that follow each other from eax on.
fill_table:
    mov     %eax, (%edi)
    add     $8, %edi
    add     $0x1000, %eax
    loop    fill_table
    ret

// Maps the image's pages from physical eax up to ecx with flags ebx (low) and edx (high);
// leaves eax at ecx.
map_image:
    cmp     %ecx, %eax
    jae     1f
    mov     %eax, %edi
    shr     $9, %edi                // page number times 8
    add     $PHYS(image_pt), %edi
    mov     %eax, (%edi)
    or      %ebx, (%edi)
    mov     %edx, 4(%edi)
    add     $0x1000, %eax
    jmp     map_image
1:  ret

no_long_mode:
    mov     $no_long_mode_message, %esi
    mov     $0x3f8, %dx
1:  lodsb
    test    %al, %al
    jz      2f
    outb    %al, %dx
    jmp     1b
2:  mov     $125, %al               // BOOT_FAILED_STATUS, by the ways that power.h describes
    outb    %al, $0xe8
    outb    %al, $0xf4
3:  hlt
    jmp     3b
no_long_mode_message:
    .asciz  "keel: this CPU has no 64-bit mode with no-execute pages\n"

.code64
long_mode:
    mov     $0x10, %eax
    mov     %eax, %ss
    movabs  $higher_half, %rax
    jmp     *%rax

.balign 8
boot_gdt:
    .quad   0
    .quad   0x00af9b000000ffff      // 0x08: 64-bit code; accessed, so that loading does not write it
    .quad   0x00cf93000000ffff      // 0x10: data
boot_gdtr:
    .short  . - boot_gdt - 1
    .long   boot_gdt

// ---- higher half -------------------------------------------------------------------------

.section .text
.type higher_half, @function
higher_half:
    mov     $boot_stack_top - 16, %rsp // above it two zero words, which end backtraces
    mov     %ebp, %ebx
    mov     %esi, %r12d
    xor     %ebp, %ebp
    call    set_gs
    mov     %ebx, %edi
    mov     %r12, %rsi
    call    boot_place
    // The kernel has moved, and with it what these constants say.
    mov     $1f, %rax
    push    %rax
    ret
1:  mov     $boot_stack_top - 16, %rsp
    call    set_gs
    mov     %ebx, %edi
    mov     %r12, %rsi
    call    boot_main
    ud2
.size higher_half, . - higher_half

// GS points at the boot CPU's block, which has the stack protector's canary.
.type set_gs, @function
set_gs:
    mov     $MSR_GS_BASE, %ecx
    mov     $percpu_start, %rax
    mov     %rax, %rdx
    shr     $32, %rdx
    wrmsr
    ret
.size set_gs, . - set_gs

.section .bss.boot_stack, "aw", @nobits
.skip 4096                          // boot_stack_guard (kernel.ld)
.skip 16384 * STACK_SCALE
boot_stack_top:

.section .bss.boot_tables, "aw", @nobits
// Those with names for boot_main.c.
.globl boot_pml4, direct_pdpt, image_pdpt, image_pd
.balign 4096
boot_pml4:      .skip 4096
identity_pdpt:  .skip 4096
identity_pd:    .skip 4096
direct_pdpt:    .skip 4096
direct_pd:      .skip 4096 * DIRECT_TABLES
image_pdpt:     .skip 4096
image_pd:       .skip 4096
image_pt:       .skip 4096 * IMAGE_TABLES

.section .note.GNU-stack, "", @progbits
