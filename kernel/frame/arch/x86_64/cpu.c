// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/arch/x86_64/ap_start.h"
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/arch/x86_64/trap_regs.h"
#include "kernel/frame/arch/x86_64/user_state.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/mem.h"

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

static void init_gdt(struct cpu_arch *arch)
{
    struct cpu_entry *cpu = &arch->entry;
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
    // The loads have cleared the bases, and a canary may be looked for at any return.
    wrmsr(MSR_GS_BASE, (uint64_t)arch);
    wrmsr(MSR_KERNEL_GS_BASE, 0);
    wrmsr(MSR_FS_BASE, 0);
    load_task_register(SELECTOR_TSS);
}

static struct cpuid_result leaf(uint32_t n, uint32_t max)
{
    return n <= max ? cpuid(n, 0) : (struct cpuid_result){};
}

void cpu_features_init(void)
{
    uint32_t max = cpuid(0, 0).eax, max_ext = cpuid(0x80000000, 0).eax;
    struct cpu_report r = {
        .leaf0 = cpuid(0, 0),
        .leaf1 = cpuid(1, 0),
        .leaf7 = leaf(7, max),
        .ext1 = leaf(0x80000001, max_ext),
        .ext21 = leaf(0x80000021, max_ext),
    };
    if (r.leaf7.edx >> 29 & 1)
        r.arch_capabilities = rdmsr(MSR_ARCH_CAPABILITIES);
    cpu_features = cpu_features_of(&r);
    user_state_init();
}

static void enable_features(void)
{
    const struct cpu_features *f = &cpu_features;
    write_cr0(read_cr0() | CR0_WP | CR0_AM);
    if (f->ibt)
        wrmsr(MSR_S_CET, S_CET_ENDBR_EN);
    // The tag in CR3 is 0, as PCIDE asks for.
    write_cr4(CR4_PAE | CR4_MCE | (f->global_pages ? CR4_PGE : 0) | (f->smep ? CR4_SMEP : 0) |
              (f->smap ? CR4_SMAP : 0) | (f->umip ? CR4_UMIP : 0) |
              (f->fsgsbase ? CR4_FSGSBASE : 0) | (f->pcid ? CR4_PCIDE : 0) |
              (f->ibt ? CR4_CET : 0));
    if (f->enhanced_ibrs)
        wrmsr(MSR_SPEC_CTRL, SPEC_CTRL_IBRS);
    if (f->automatic_ibrs)
        wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_AUTOMATIC_IBRS);
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
    cpu->canary = cpu_arch_this()->canary;
    init_gdt(cpu);
    enable_features();
    init_syscall();
}

// Returns where the CPU begins to push.
static uint64_t aim(struct trampoline *t, uint64_t *to)
{
    t->cr3_mask = cpu_features.pti ? ~(uint64_t)CR3_USER : UINT64_MAX;
    t->to = to;
    return (uint64_t)&t->cr3_mask;
}

void cpu_arch_set_ist(struct cpu_arch *cpu, enum ist which, uint64_t top)
{
    uint64_t *slot = (uint64_t *)(top - 16);
    struct trap_regs *regs = (struct trap_regs *)slot - 1;
    slot[0] = (uint64_t)cpu;
    slot[1] = aim(&cpu->entry.trampolines[which], &regs->vector);
    cpu->entry.tss.ist[which - 1] = slot[1];
}

// Of entry.S: where a jump goes, as a distance from here, and how far it leads.
struct isolation_jump {
    int32_t at, distance;
};
extern const struct isolation_jump isolation_jumps[], isolation_jumps_end[];

void cpu_arch_isolate(void)
{
    for (const struct isolation_jump *j = isolation_jumps; j < isolation_jumps_end; j++) {
        uint64_t at = (uint64_t)j + (uint64_t)j->at - image_offset();
        uint8_t *code = phys_to_virt((paddr_t){at});
        code[0] = 0xe9;
        memcpy(code + 1, &j->distance, sizeof(j->distance));
    }
    // Also makes the CPU read again what has been changed.
    write_cr4(read_cr4() & ~(CR4_PGE | CR4_PCIDE));
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

void cpu_arch_set_canary(uint64_t canary)
{
    __asm__ volatile("mov %0, %%gs:%c1" ::"r"(canary), "i"(CPU_CANARY));
}

// The first C code on a new stack; called by entry.S.
void stack_run(void (*entry)(void *), void *arg);

void stack_run(void (*entry)(void *), void *arg) { entry(arg); }

uint64_t stack_prepare(uint64_t top, void (*entry)(void *), void *arg, uint64_t canary)
{
    // What stack_switch pops: the canary, six registers and a return address; entry.S's
    // stack_start takes the function from rbx and its argument from r12. Above them a null return
    // address ends backtraces.
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
    *--sp = canary;
    return (uint64_t)sp;
}

SLOW_PATH void user_enter_with(struct trap_regs *regs)
{
    struct cpu_entry *cpu = &cpu_arch_this()->entry;
    uint64_t trampoline = aim(&cpu->trampolines[IST_NONE], &regs->vector);
    // The CPU pushes its part of the frame from here down.
    cpu->tss.sp[0] = cpu_features.pti ? trampoline : (uint64_t)(regs + 1);
}
