// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/smp/lapic.h"
#include "kernel/frame/arch/x86_64/x86.h"

// Register offsets in memory; as MSRs they are at MSR_X2APIC + offset / 16.
enum reg : uint32_t {
    REG_ID = 0x20,
    REG_TASK_PRIORITY = 0x80,
    REG_EOI = 0xb0,
    REG_SPURIOUS = 0xf0,
    REG_ERROR_STATUS = 0x280,
    REG_COMMAND = 0x300,
    REG_COMMAND_HIGH = 0x310,
    REG_LVT_TIMER = 0x320,
    REG_LVT_LINT0 = 0x350,
    REG_LVT_LINT1 = 0x360,
    REG_LVT_ERROR = 0x370,
    REG_TIMER_INITIAL = 0x380,
    REG_TIMER_CURRENT = 0x390,
    REG_TIMER_DIVIDE = 0x3e0,
};

constexpr uint32_t MSR_APIC_BASE = 0x1b;
constexpr uint32_t MSR_X2APIC = 0x800;
constexpr uint64_t APIC_BASE_X2 = 1 << 10;
constexpr uint64_t APIC_BASE_ENABLE = 1 << 11;
constexpr uint64_t APIC_BASE_ADDRESS = 0x000f'ffff'ffff'f000;

constexpr uint32_t SPURIOUS_ENABLE = 1 << 8;
constexpr uint32_t LVT_MASKED = 1 << 16;
constexpr uint32_t LVT_TIMER_DEADLINE = 2 << 17;
constexpr uint32_t LVT_NMI = 4 << 8;
constexpr uint32_t COMMAND_NMI = 4 << 8;
constexpr uint32_t COMMAND_INIT = 5 << 8;
constexpr uint32_t COMMAND_STARTUP = 6 << 8;
constexpr uint32_t COMMAND_ASSERT = 1 << 14;
constexpr uint32_t COMMAND_PENDING = 1 << 12;
constexpr uint32_t DIVIDE_BY_1 = 0xb;

static bool x2apic;
static volatile uint32_t *registers; // xAPIC

static uint32_t read(enum reg r)
{
    return x2apic ? (uint32_t)rdmsr(MSR_X2APIC + r / 16) : registers[r / 4];
}

static void write(enum reg r, uint32_t value)
{
    if (x2apic)
        wrmsr(MSR_X2APIC + r / 16, value);
    else
        registers[r / 4] = value;
}

bool lapic_find(void)
{
    struct cpuid_result id = cpuid(1, 0);
    x2apic = id.ecx >> 21 & 1;
    return id.edx >> 9 & 1;
}

bool lapic_needs_memory(paddr_t *at)
{
    at->raw = rdmsr(MSR_APIC_BASE) & APIC_BASE_ADDRESS;
    return !x2apic;
}

void lapic_set_memory(volatile void *mapped) { registers = mapped; }

void lapic_enable(void)
{
    if (x2apic)
        wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE | APIC_BASE_X2);
    write(REG_TASK_PRIORITY, 0);
    write(REG_LVT_TIMER, LVT_MASKED);
    write(REG_LVT_LINT0, LVT_MASKED); // the legacy controllers, which are masked as well
    write(REG_LVT_LINT1, LVT_NMI);
    write(REG_LVT_ERROR, VECTOR_ERROR);
    write(REG_TIMER_DIVIDE, DIVIDE_BY_1);
    write(REG_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
}

uint32_t lapic_id(void)
{
    uint32_t id = read(REG_ID);
    return x2apic ? id : id >> 24;
}

void lapic_eoi(void) { write(REG_EOI, 0); }

static void send(uint32_t apic_id, uint32_t command)
{
    if (x2apic) {
        // Unlike the memory-mapped register this one does not wait for earlier stores
        // (SDM Vol. 3A, "MSR Access in x2APIC Mode").
        __asm__ volatile("mfence; lfence" ::: "memory");
        wrmsr(MSR_X2APIC + REG_COMMAND / 16, (uint64_t)apic_id << 32 | command);
        return;
    }
    while ((read(REG_COMMAND) & COMMAND_PENDING) != 0)
        cpu_pause();
    write(REG_COMMAND_HIGH, apic_id << 24);
    write(REG_COMMAND, command);
}

void lapic_send(uint32_t apic_id, enum lapic_vector vector)
{
    send(apic_id, COMMAND_ASSERT | (uint32_t)vector);
}

void lapic_send_nmi(uint32_t apic_id) { send(apic_id, COMMAND_ASSERT | COMMAND_NMI); }
void lapic_send_init(uint32_t apic_id) { send(apic_id, COMMAND_ASSERT | COMMAND_INIT); }

void lapic_send_startup(uint32_t apic_id, paddr_t at)
{
    send(apic_id, COMMAND_ASSERT | COMMAND_STARTUP | (uint32_t)(at.raw >> PAGE_SHIFT));
}

void lapic_timer_mode(bool deadline)
{
    write(REG_LVT_TIMER, VECTOR_TIMER | (deadline ? LVT_TIMER_DEADLINE : 0));
    // The mode takes effect before a deadline is written (SDM Vol. 3A, "TSC-Deadline Mode").
    __asm__ volatile("mfence" ::: "memory");
}

void lapic_timer_set(uint32_t count) { write(REG_TIMER_INITIAL, count); }
uint32_t lapic_timer_left(void) { return read(REG_TIMER_CURRENT); }
