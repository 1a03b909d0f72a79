// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/arch/x86_64/ap_start.h"
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/arch/x86_64/trap_regs.h"
#include "kernel/frame/arch/x86_64/user_state.h"
#include "kernel/frame/arch/x86_64/x86.h"

struct cpu_features cpu_features;

// Defined in entry.S.
extern const uint8_t syscall_entry[];
extern const uint8_t syscall_entry_compat[];
extern const uint8_t stack_start[];

// SDM Vol. 3A, "Segment Descriptors": present, code or data, in 64-bit mode base and limit
// do not count.
constexpr uint64_t GDT_KERNEL_CODE = 0x00af9b000000ffff;
constexpr uint64_t GDT_KERNEL_DATA = 0x00cf93000000ffff;
constexpr uint64_t GDT_USER_DATA = 0x00cff3000000ffff;
constexpr uint64_t GDT_USER_CODE = 0x00affb000000ffff;

static void init_gdt(struct cpu_arch *cpu)
{
    uint64_t tss = (uint64_t)&cpu->tss;
    cpu->gdt[SELECTOR_KERNEL_CODE / 8] = GDT_KERNEL_CODE;
    cpu->gdt[SELECTOR_KERNEL_DATA / 8] = GDT_KERNEL_DATA;
    cpu->gdt[SELECTOR_USER_DATA / 8] = GDT_USER_DATA;
    cpu->gdt[SELECTOR_USER_CODE / 8] = GDT_USER_CODE;
    // An available 64-bit TSS (type 9), in two entries.
    cpu->gdt[SELECTOR_TSS / 8] = (sizeof(struct tss) - 1) | (tss & 0xffffff) << 16 | 0x89ull << 40 |
                                 (tss >> 24 & 0xff) << 56;
    cpu->gdt[SELECTOR_TSS / 8 + 1] = tss >> 32;
    cpu->tss.io_bitmap_offset = sizeof(struct tss); // none: no port is the user's

    struct descriptor_table table = {sizeof(cpu->gdt) - 1, (uint64_t)cpu->gdt};
    load_gdt(&table);
    // The selectors are the ones boot/entry.S used, so CS and SS stay as they are.
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" ::"r"(0));
    load_task_register(SELECTOR_TSS);
}

void cpu_features_init(void)
{
    uint32_t max_leaf = cpuid(0, 0).eax;
    struct cpuid_result leaf7 = max_leaf >= 7 ? cpuid(7, 0) : (struct cpuid_result){};
    struct cpuid_result ext1 = cpuid(0x80000001, 0);
    cpu_features = (struct cpu_features){
        .smep = leaf7.ebx >> 7 & 1,
        .smap = leaf7.ebx >> 20 & 1,
        .umip = leaf7.ecx >> 2 & 1,
        .gib_pages = ext1.edx >> 26 & 1,
        .global_pages = cpuid(1, 0).edx >> 13 & 1,
        .xsave = cpuid(1, 0).ecx >> 26 & 1,
        .fsgsbase = leaf7.ebx & 1,
        .hypervisor = cpuid(1, 0).ecx >> 31 & 1,
    };
    user_state_init();
}

static void enable_features(void)
{
    uint64_t cr4 = CR4_PAE | CR4_MCE;
    if (cpu_features.global_pages)
        cr4 |= CR4_PGE;
    if (cpu_features.smep)
        cr4 |= CR4_SMEP;
    if (cpu_features.smap)
        cr4 |= CR4_SMAP;
    if (cpu_features.umip)
        cr4 |= CR4_UMIP;
    if (cpu_features.fsgsbase)
        cr4 |= CR4_FSGSBASE;
    write_cr4(cr4);
    write_cr0(read_cr0() | CR0_WP | CR0_AM);
    user_state_enable();
}

static void init_syscall(void)
{
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
    wrmsr(MSR_STAR, (uint64_t)SELECTOR_USER_BASE << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
    wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
    wrmsr(MSR_CSTAR, (uint64_t)syscall_entry_compat);
    // SYSCALL clears these: no interrupt, single step, nested-task or SMAP override survives
    // the way into the kernel, and strings run upwards.
    wrmsr(MSR_FMASK,
          RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_RF | RFLAGS_AC);
}

void cpu_arch_init(struct cpu_arch *cpu)
{
    cpu->self = cpu;
    init_gdt(cpu);
    // After the segment loads above, which clear the bases.
    wrmsr(MSR_GS_BASE, (uint64_t)cpu);
    wrmsr(MSR_KERNEL_GS_BASE, 0);
    wrmsr(MSR_FS_BASE, 0);
    enable_features();
    init_syscall();
}

void cpu_arch_set_ist(struct cpu_arch *cpu, enum ist which, uint64_t top)
{
    uint64_t *slot = (uint64_t *)(top - 16);
    *slot = (uint64_t)cpu;
    cpu->tss.ist[which - 1] = (uint64_t)slot;
}

// Of ap_start.S.
extern const char ap_start_protected[], ap_start_long[], ap_start_gdt[];

void ap_start_locate(struct ap_start *d, uint32_t page)
{
    constexpr uint16_t selector_code32 = 0x18;
    d->gdt.limit = (uint16_t)(ap_start_code_end - ap_start_gdt - 1);
    d->gdt.base = page + (uint32_t)(ap_start_gdt - ap_start_code);
    d->to_protected.offset = page + (uint32_t)(ap_start_protected - ap_start_code);
    d->to_protected.selector = selector_code32;
    d->to_long.offset = page + (uint32_t)(ap_start_long - ap_start_code);
    d->to_long.selector = SELECTOR_KERNEL_CODE;
}

uint64_t stack_prepare(uint64_t top, void (*entry)(void *), void *arg)
{
    // What stack_switch pops: six registers and a return address; entry.S's stack_start takes
    // the function from rbx and its argument from r12. Above them a null return address ends
    // backtraces.
    uint64_t *sp = (uint64_t *)top;
    *--sp = 0;
    *--sp = 0;
    *--sp = (uint64_t)stack_start;
    *--sp = 0;               // rbp
    *--sp = (uint64_t)entry; // rbx
    *--sp = (uint64_t)arg;   // r12
    *--sp = 0;               // r13
    *--sp = 0;               // r14
    *--sp = 0;               // r15
    return (uint64_t)sp;
}

void user_enter_with(struct trap_regs *regs)
{
    struct cpu_arch *cpu = cpu_arch_this();
    cpu->user_regs = regs;
    // The CPU pushes its part of the frame from here down.
    cpu->tss.sp[0] = (uint64_t)(regs + 1);
}
