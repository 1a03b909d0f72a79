// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/power/power.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/sanitizer.h"

// The launcher's `-device isa-debugcon,iobase=0xe8`; reading it gives 0xe9.
constexpr uint16_t STATUS_PORT = 0xe8;
constexpr uint8_t STATUS_PORT_READBACK = 0xe9;
constexpr uint16_t EXIT_PORT = 0xf4;

constexpr uint16_t RESET_PORT = 0xcf9; // of the PCI host bridge
constexpr uint16_t KEYBOARD_PORT = 0x64;
constexpr uint8_t KEYBOARD_RESET = 0xfe;

// ACPI 6.5, 4.8.3.2.1 and 4.8.3.7.
constexpr uint16_t PM1_SLEEP_ENABLE = 1 << 13;
constexpr uint8_t REDUCED_SLEEP_ENABLE = 1 << 5;

static struct acpi_sleep sleep;
static bool have_sleep;
static volatile uint8_t *sleep_register; // of a machine whose register is in memory

void power_init(struct acpi_memory memory, uint64_t rsdp)
{
    // QEMU's device answers 0 where an absent port answers all ones.
    if (inb(EXIT_PORT) == 0)
        return;
    have_sleep = acpi_find_sleep(memory, rsdp, &sleep);
}

bool power_needs_register(paddr_t *at)
{
    at->raw = sleep.control_a;
    return have_sleep && sleep.memory;
}

void power_set_register(volatile uint8_t *mapped) { sleep_register = mapped; }

static void acpi_off(void)
{
    if (sleep.reduced) {
        uint8_t value = (uint8_t)(sleep.type_a << 2 | REDUCED_SLEEP_ENABLE);
        if (sleep_register != nullptr)
            *sleep_register = value;
        else if (!sleep.memory)
            outb((uint16_t)sleep.control_a, value);
        return;
    }
    uint16_t a = (uint16_t)sleep.control_a, b = (uint16_t)sleep.control_b;
    outw(a, (uint16_t)(sleep.type_a << 10 | PM1_SLEEP_ENABLE));
    if (b != 0)
        outw(b, (uint16_t)(sleep.type_b << 10 | PM1_SLEEP_ENABLE));
}

void power_off(int status)
{
    irq_disable();
    kcov_end();
    if (inb(STATUS_PORT) == STATUS_PORT_READBACK)
        outb(STATUS_PORT, (uint8_t)status);
    outl(EXIT_PORT, (uint32_t)status & 0xff);
    // Still here: no debug-exit port.
    if (have_sleep)
        acpi_off();
    outb(RESET_PORT, 0x06);
    outb(KEYBOARD_PORT, KEYBOARD_RESET);
    // Every machine resets on a fault that cannot be delivered (SDM Vol. 3A, "Interrupt 8").
    static const struct descriptor_table no_idt;
    load_idt(&no_idt);
    __asm__ volatile("int3");
    __builtin_unreachable();
}
