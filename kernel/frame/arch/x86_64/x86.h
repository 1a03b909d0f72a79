// SPDX-License-Identifier: Apache-2.0
// x86-64 instructions that C cannot say, and the register bits they need. For the frame.
// Names and values: Intel SDM Vol. 3A, "System Architecture Overview" and Vol. 4,
// "Model-Specific Registers".
#pragma once
#include "kernel/frame/arch/x86_64/cpu_features.h"

constexpr uint64_t CR0_MP = 1ull << 1;
constexpr uint64_t CR0_EM = 1ull << 2;
constexpr uint64_t CR0_TS = 1ull << 3;
constexpr uint64_t CR0_NE = 1ull << 5;
constexpr uint64_t CR0_WP = 1ull << 16;
constexpr uint64_t CR0_AM = 1ull << 18;

constexpr uint64_t CR4_PAE = 1ull << 5;
constexpr uint64_t CR4_MCE = 1ull << 6;
constexpr uint64_t CR4_OSFXSR = 1ull << 9;
constexpr uint64_t CR4_OSXMMEXCPT = 1ull << 10;
constexpr uint64_t CR4_UMIP = 1ull << 11;
constexpr uint64_t CR4_FSGSBASE = 1ull << 16;
constexpr uint64_t CR4_PCIDE = 1ull << 17;
constexpr uint64_t CR4_OSXSAVE = 1ull << 18;
constexpr uint64_t CR4_SMEP = 1ull << 20;
constexpr uint64_t CR4_SMAP = 1ull << 21;
constexpr uint64_t CR4_CET = 1ull << 23;

constexpr uint32_t MSR_SPEC_CTRL = 0x48;
constexpr uint32_t MSR_ARCH_CAPABILITIES = 0x10a;
constexpr uint32_t MSR_S_CET = 0x6a2;
constexpr uint32_t MSR_EFER = 0xc0000080;
constexpr uint32_t MSR_STAR = 0xc0000081;
constexpr uint32_t MSR_LSTAR = 0xc0000082;
constexpr uint32_t MSR_CSTAR = 0xc0000083;
constexpr uint32_t MSR_FMASK = 0xc0000084;
constexpr uint32_t MSR_FS_BASE = 0xc0000100;
constexpr uint32_t MSR_GS_BASE = 0xc0000101;
constexpr uint32_t MSR_KERNEL_GS_BASE = 0xc0000102;
constexpr uint32_t MSR_TSC_AUX = 0xc0000103;

constexpr uint64_t EFER_SCE = 1ull << 0;
constexpr uint64_t EFER_AUTOMATIC_IBRS = 1ull << 21;
constexpr uint64_t SPEC_CTRL_IBRS = 1ull << 0;
constexpr uint64_t S_CET_ENDBR_EN = 1ull << 2;

constexpr uint64_t RFLAGS_CF = 1ull << 0;
constexpr uint64_t RFLAGS_FIXED = 1ull << 1; // always set
constexpr uint64_t RFLAGS_PF = 1ull << 2;
constexpr uint64_t RFLAGS_AF = 1ull << 4;
constexpr uint64_t RFLAGS_ZF = 1ull << 6;
constexpr uint64_t RFLAGS_SF = 1ull << 7;
constexpr uint64_t RFLAGS_TF = 1ull << 8;
constexpr uint64_t RFLAGS_IF = 1ull << 9;
constexpr uint64_t RFLAGS_DF = 1ull << 10;
constexpr uint64_t RFLAGS_OF = 1ull << 11;
constexpr uint64_t RFLAGS_IOPL = 3ull << 12;
constexpr uint64_t RFLAGS_NT = 1ull << 14;
constexpr uint64_t RFLAGS_RF = 1ull << 16;
constexpr uint64_t RFLAGS_AC = 1ull << 18;
constexpr uint64_t RFLAGS_ID = 1ull << 21;

// Zeroes whole pages. String instructions are worth their start-up time from a page on.
static inline void zero_pages(void *at, uint64_t pages)
{
    uint64_t words = pages * 512;
    __asm__ volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(0ull) : "memory");
}

#define DEFINE_PORT(size, type)                                                                    \
    static inline void out##size(uint16_t port, type value)                                        \
    {                                                                                              \
        __asm__ volatile("out" #size " %0, %1" ::"a"(value), "Nd"(port));                          \
    }                                                                                              \
    static inline type in##size(uint16_t port)                                                     \
    {                                                                                              \
        type value;                                                                                \
        __asm__ volatile("in" #size " %1, %0" : "=a"(value) : "Nd"(port));                         \
        return value;                                                                              \
    }
DEFINE_PORT(b, uint8_t)
DEFINE_PORT(w, uint16_t)
DEFINE_PORT(l, uint32_t)
#undef DEFINE_PORT

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

static inline struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_result r;
    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

#define DEFINE_CONTROL_REGISTER(n)                                                                 \
    static inline uint64_t read_cr##n(void)                                                        \
    {                                                                                              \
        uint64_t value;                                                                            \
        __asm__ volatile("mov %%cr" #n ", %0" : "=r"(value));                                      \
        return value;                                                                              \
    }                                                                                              \
    static inline void write_cr##n(uint64_t value)                                                 \
    {                                                                                              \
        __asm__ volatile("mov %0, %%cr" #n ::"r"(value) : "memory");                               \
    }
DEFINE_CONTROL_REGISTER(0)
DEFINE_CONTROL_REGISTER(2)
DEFINE_CONTROL_REGISTER(3)
DEFINE_CONTROL_REGISTER(4)
#undef DEFINE_CONTROL_REGISTER

// What lgdt and lidt load (SDM Vol. 3A, "Memory-Management Registers").
struct descriptor_table {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static inline void load_gdt(const struct descriptor_table *t)
{
    __asm__ volatile("lgdt %0" ::"m"(*t));
}

static inline void load_idt(const struct descriptor_table *t)
{
    __asm__ volatile("lidt %0" ::"m"(*t));
}

static inline void load_task_register(uint16_t selector)
{
    __asm__ volatile("ltr %0" ::"r"(selector));
}

// a * b / c by way of 128 bits. The quotient must fit 64 bits, or the CPU faults.
static inline uint64_t mul_div(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t low, high, quotient, remainder;
    __asm__("mulq %3" : "=a"(low), "=d"(high) : "0"(a), "r"(b) : "cc");
    __asm__("divq %4" : "=a"(quotient), "=d"(remainder) : "0"(low), "1"(high), "r"(c) : "cc");
    return quotient;
}

static inline void cpu_halt(void) { __asm__ volatile("hlt"); }
static inline void cpu_pause(void) { __asm__ volatile("pause"); }

// Interrupts of this CPU. irq_save returns what irq_restore takes; pairs nest.
#if __STDC_HOSTED__
// Unit tests have none.
static inline void irq_disable(void) {}
static inline void irq_enable(void) {}
static inline uint64_t irq_save(void) { return RFLAGS_IF; }
static inline void irq_restore(uint64_t) {}
static inline bool irq_is_enabled(void) { return true; }
#else
static inline void irq_disable(void) { __asm__ volatile("cli" ::: "memory"); }
static inline void irq_enable(void) { __asm__ volatile("sti" ::: "memory"); }

static inline uint64_t flags_read(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq; pop %0" : "=r"(flags)::"memory");
    return flags;
}

static inline bool irq_is_enabled(void) { return (flags_read() & RFLAGS_IF) != 0; }

static inline uint64_t irq_save(void)
{
    uint64_t flags = flags_read();
    irq_disable();
    return flags;
}

static inline void irq_restore(uint64_t flags)
{
    if ((flags & RFLAGS_IF) != 0)
        irq_enable();
}

// Waits for an interrupt with interrupts on; one that came before is not missed, since STI takes
// effect behind the next instruction (SDM Vol. 2B, STI).
static inline void cpu_wait_for_interrupt(void) { __asm__ volatile("sti; hlt; cli" ::: "memory"); }
#endif
