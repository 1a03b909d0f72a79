// SPDX-License-Identifier: Apache-2.0
// What happens when the kernel itself goes wrong, and what may interrupt it at any time.
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/task/task.h"
#include "testing/ktest/ktest.h"

// An address nobody maps: the guard page at the start of the kernel virtual areas.
static uint8_t *const unmapped = (uint8_t *)KVA_START;

// Not inlined, so that the backtrace has names to show.
[[gnu::noinline]] static void innermost(void) { *(volatile uint8_t *)unmapped; }
[[gnu::noinline]] static void middle(void)
{
    innermost();
    __asm__ volatile(""); // no tail call
}

static void fault_read(void) { middle(); }

static void fault_write_text(void) { *(volatile uint8_t *)(uintptr_t)fault_read = 0; }

static void fault_write_rodata(void)
{
    static const volatile uint8_t constant = 1;
    *(volatile uint8_t *)(uintptr_t)&constant = 0;
}

static void fault_execute_data(void)
{
    static uint8_t code[] = {0xc3}; // ret
    jump_to(code);
}

static void fault_execute_direct_map(void)
{
    // The text's own bytes, by their other address.
    uint64_t physical = (uint64_t)&cpu_this - image_offset();
    jump_to(phys_to_virt((paddr_t){physical}));
}

[[gnu::noinline]] static int recurse(int n)
{
    volatile uint8_t fill[512];
    fill[0] = (uint8_t)n;
    return n == 0 ? 0 : recurse(n - 1) + fill[0];
}

static void stack_overflow(void) { (void)recurse(1000000); }

static void assertion(void)
{
    volatile int one = 1;
    ASSERT(one == 2);
}

static void nested_panic(void)
{
    // A frame pointer that leads nowhere: the backtrace has to survive it.
    __asm__ volatile("mov %0, %%rbp; ud2" ::"r"(unmapped));
}

// An NMI finds its CPU also where GS is the user's.
static void nmi(void)
{
    struct cpu *before = cpu_this();
    __asm__ volatile("int $2" ::: "memory");
    EXPECT(cpu_this() == before);
    __asm__ volatile("swapgs; int $2; swapgs" ::: "memory");
    EXPECT(cpu_this() == before);
    EXPECT(rdmsr(MSR_GS_BASE) == (uint64_t)before && rdmsr(MSR_KERNEL_GS_BASE) == 0);
}

// Vectors nobody asked for are survived.
static void stray_interrupt(void) { __asm__ volatile("int $77; int $255" ::: "memory"); }

// A user program can bring about a debug trap in the kernel.
static void debug_trap(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop; pushfq; pop %0"
                     : "=r"(flags)::"memory", "cc");
    EXPECT((flags & RFLAGS_TF) == 0);
}

static void machine_check(void) { __asm__ volatile("int $18"); }

static void protection_bits(void)
{
    EXPECT(read_cr0() & CR0_WP);
    EXPECT(!cpu_features.smep || read_cr4() & CR4_SMEP);
    EXPECT(!cpu_features.smap || read_cr4() & CR4_SMAP);
    EXPECT(!cpu_features.umip || read_cr4() & CR4_UMIP);
    // The CPU that the tests run on has them all.
    EXPECT(cpu_features.smep && cpu_features.smap && cpu_features.umip);
}

const struct ktest ktest_faults[] = {
    {"fault_read", fault_read},
    {"fault_write_text", fault_write_text},
    {"fault_write_rodata", fault_write_rodata},
    {"fault_execute_data", fault_execute_data},
    {"fault_execute_direct_map", fault_execute_direct_map},
    {"stack_overflow", stack_overflow},
    {"assertion", assertion},
    {"nested_panic", nested_panic},
    {"nmi", nmi},
    {"stray_interrupt", stray_interrupt},
    {"debug_trap", debug_trap},
    {"machine_check", machine_check},
    {"protection_bits", protection_bits},
    {},
};
