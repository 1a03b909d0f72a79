// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/trap/trap.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/assert.h"
#include "kernel/frame/console/backtrace.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/console/panic.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/trap/check.h"
#include "kernel/frame/trap/extable.h"
#include "kernel/frame/trap/trap_name.h"

// Of entry.S: 256 stubs, 16 bytes apart.
extern const uint8_t trap_stubs[];
constexpr uint64_t STUB_SIZE = 16;

// Called by entry.S.
void trap_from_kernel(struct trap_regs *regs);

// SDM Vol. 3A, "64-Bit Mode IDT".
struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t ist;
    uint8_t type;
    uint16_t offset_mid;
    uint32_t offset_high;
    uint32_t reserved;
};
static_assert(sizeof(struct gate) == 16);

constexpr uint8_t GATE_INTERRUPT = 0x8e; // present, for ring 0, interrupts off
constexpr uint8_t GATE_USER = 0x60;      // INT n from ring 3 allowed

constexpr uint16_t PIC1 = 0x20, PIC2 = 0xa0;

// Alone on a page: user mode's tables map it too (boot/kernel.ld).
__attribute__((section(".bss.idt"))) static struct gate idt[TRAP_VECTORS];
static_assert(sizeof(idt) == PAGE_SIZE);
static void (*irq_handlers[TRAP_VECTORS - TRAP_IRQ_FIRST])(void);

// Moves the 8259s' vectors away from the exceptions', since a masked one may still raise a
// spurious interrupt, and masks all lines. (8259A data sheet, "Programming the 8259A".)
static void mask_legacy_interrupts(void)
{
    outb(PIC1, 0x11); // initialise, expect three more words
    outb(PIC2, 0x11);
    outb(PIC1 + 1, TRAP_IRQ_FIRST);
    outb(PIC2 + 1, TRAP_IRQ_FIRST + 8);
    outb(PIC1 + 1, 4); // the second is on line 2
    outb(PIC2 + 1, 2);
    outb(PIC1 + 1, 1); // 8086 mode
    outb(PIC2 + 1, 1);
    outb(PIC1 + 1, 0xff);
    outb(PIC2 + 1, 0xff);
}

void trap_init(void)
{
    uint64_t stub = (uint64_t)trap_stubs;
    for (int i = 0; i < TRAP_VECTORS; i++, stub += STUB_SIZE) {
        idt[i] = (struct gate){
            .offset_low = (uint16_t)stub,
            .selector = SELECTOR_KERNEL_CODE,
            .type = GATE_INTERRUPT,
            .offset_mid = (uint16_t)(stub >> 16),
            .offset_high = (uint32_t)(stub >> 32),
        };
    }
    idt[TRAP_BREAKPOINT].type |= GATE_USER;
    trap_load();
    mask_legacy_interrupts();
}

void trap_load(void)
{
    struct descriptor_table table = {sizeof(idt) - 1, (uint64_t)idt};
    load_idt(&table);
}

void trap_set_irq(int vector, void (*handler)(void))
{
    ASSERT(vector >= TRAP_IRQ_FIRST && vector < TRAP_VECTORS);
    irq_handlers[vector - TRAP_IRQ_FIRST] = handler;
}

void trap_use_stacks(void)
{
    idt[TRAP_NMI].ist = IST_NMI;
    idt[TRAP_DOUBLE_FAULT].ist = IST_DOUBLE_FAULT;
    idt[TRAP_MACHINE_CHECK].ist = IST_MACHINE_CHECK;
    idt[TRAP_DEBUG].ist = IST_DEBUG;
}

static void handle_irq(uint64_t vector)
{
    void (*handler)(void) = irq_handlers[vector - TRAP_IRQ_FIRST];
    if (handler == nullptr) {
        log_warn("unexpected interrupt, vector %lu", vector);
        return;
    }
    struct cpu *cpu = cpu_this();
    cpu->irq_depth++;
    handler();
    cpu->irq_depth--;
}

bool trap_handle_interrupt(uint64_t vector)
{
    if (vector == TRAP_NMI) {
        panic_stop_if_asked();
        log_warn("non-maskable interrupt; nothing here sends one");
        return true;
    }
    if (vector >= TRAP_IRQ_FIRST) {
        handle_irq(vector);
        return true;
    }
    return false;
}

// Which of the compiler's checks has stopped at `rip`; null if none.
static const char *check_at(uint64_t rip)
{
    uint8_t code[CHECK_CODE_SIZE];
    if (extable_is_call_check(rip))
        return "call of a function of another type";
    return copy_fallible(code, (const void *)rip, sizeof(code)) == 0 ? check_of_code(code)
                                                                     : nullptr;
}

[[noreturn]] static void panic_exception(const struct trap_regs *regs)
{
    uint32_t line = 0;
    const char *check = nullptr, *file = backtrace_line(regs->rip, &line);
    if (regs->vector == TRAP_INVALID_OPCODE)
        check = check_at(regs->rip);
    if (check != nullptr)
        panic_regs(regs, "%s at %s:%u", check, file, line);
    panic_regs(regs, "%s in the kernel at %s:%u", trap_name(regs->vector), file, line);
}

void trap_from_kernel(struct trap_regs *regs)
{
    if (trap_handle_interrupt(regs->vector)) {
        // The interrupted task gives way here if the interrupt asked it to.
        if (regs->vector != TRAP_NMI && (regs->rflags & RFLAGS_IF) != 0 && preempt_word() == 0)
            preempt_schedule_irq();
        return;
    }
    switch (regs->vector) {
    case TRAP_PAGE_FAULT:
    case TRAP_GENERAL_PROTECTION:
        // The latter for addresses that are not canonical.
        if (extable_fixup(&regs->rip))
            return;
        break;
    case TRAP_DEBUG:
        // A user program can make this happen at SYSCALL's first instruction: MOV SS holds the
        // single-step trap back by one instruction (SDM Vol. 3A, "Masking Exceptions and
        // Interrupts When Switching Stacks"). It is not the kernel's business.
        regs->rflags &= ~RFLAGS_TF;
        return;
    }
    if (regs->vector == TRAP_PAGE_FAULT)
        panic_regs(regs, "page fault in the kernel: %s %016lx",
                   regs->error & PAGE_FAULT_FETCH   ? "executing"
                   : regs->error & PAGE_FAULT_WRITE ? "writing"
                                                    : "reading",
                   read_cr2());
    panic_exception(regs);
}
