// SPDX-License-Identifier: Apache-2.0
// The block of data that each CPU has for itself, and variables of which each CPU has one.
//
// In the kernel GS points at the running CPU's block. Which CPU that is may change wherever a
// task can be moved: use these with preemption or interrupts off, but for cpu_read.
#pragma once
#include "kernel/frame/arch/x86_64/cpu.h"

C_BEGIN

constexpr uint32_t CPUS_MAX = 64;

struct task;

struct cpu {
    struct cpu_arch arch; // first: entry.S and cpu_arch_this know it by address
    uint32_t id;          // 0 is the boot CPU's
    uint32_t apic_id;
    uint32_t preempt;        // see preempt.h
    uint32_t irq_depth;      // interrupts being handled
    uint32_t queue_held;     // 1 + the CPU whose run queue this one has locked; 0: none
    uint64_t percpu_offset;  // from a per-CPU variable's own address to this CPU's copy
    struct task *current;    // the running task; null in the idle loop
    struct vm_space *active; // the address space in CR3; null while it is the kernel's own
};

// This CPU's block.
static inline struct cpu *cpu_this(void) { return (struct cpu *)cpu_arch_this(); }

// CPUs that run, and each one's block. Set while they start; constant from kernel_main on.
uint32_t cpu_count(void);
struct cpu *cpu_block(uint32_t id);

// Enters a block into the table. Boot CPU, while CPUs start.
void cpu_add(struct cpu *cpu);

// A field of this CPU's block by one instruction: of the CPU that the caller is on at that moment,
// although it may be moved before and after.
#if __STDC_HOSTED__
#define cpu_read(field) (cpu_this()->field)
#else
#define cpu_read(field)                                                                            \
    ({                                                                                             \
        __typeof__(((struct cpu *)nullptr)->field) cpu_read_value;                                 \
        __asm__ volatile("mov %%gs:%c1, %0"                                                        \
                         : "=r"(cpu_read_value)                                                    \
                         : "i"(offsetof(struct cpu, field)));                                      \
        cpu_read_value;                                                                            \
    })
#endif

// Per-CPU variables: PERCPU(type, name) defines one, all zero at the start on every CPU.
#if __STDC_HOSTED__
#define PERCPU(type, name) type name
#define percpu_this(name) (&(name))
#define percpu_on(name, cpu) ((void)(cpu), &(name))
#else
#define PERCPU(type, name) __attribute__((section(".bss.percpu"))) type name

// The linker script puts them behind the boot CPU's block; every other CPU has a copy of that
// stretch of memory, of PERCPU_SIZE bytes. The offset is a difference modulo 2^64, which pointers
// do not have.
extern char percpu_start[], percpu_end[];
#define PERCPU_SIZE ((size_t)(percpu_end - percpu_start))

#define percpu_this(name) ((__typeof__(&(name)))((uint64_t)&(name) + percpu_offset_this()))
#define percpu_on(name, cpu) ((__typeof__(&(name)))((uint64_t)&(name) + (cpu)->percpu_offset))

static inline uint64_t percpu_offset_this(void)
{
    uint64_t offset;
    __asm__ volatile("mov %%gs:%c1, %0" : "=r"(offset) : "i"(offsetof(struct cpu, percpu_offset)));
    return offset;
}
#endif

C_END
