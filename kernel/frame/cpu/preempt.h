// SPDX-License-Identifier: Apache-2.0
// Switching preemption off and on, in pairs that nest; and asking for it.
//
// The CPU's word counts how often it is off. Its top bit is set while nobody asks for the CPU,
// so the word is zero exactly when the running task may and should give way: preempt_enable
// needs one instruction to find out.
#pragma once
#include "kernel/frame/cpu/cpu.h"

C_BEGIN

constexpr uint32_t PREEMPT_UNASKED = 1u << 31;

// Let another task run: where preemption is switched on again, if interrupts are on; and on the
// way back from an interrupt, with interrupts off. Supplied by task/.
SLOW_PATH void preempt_schedule(void);
void preempt_schedule_irq(void);

#if __STDC_HOSTED__
// A thread plays a CPU. Others look at its word, and ask it: testing/hostframe.
static inline void preempt_disable(void)
{
    __atomic_fetch_add(&cpu_this()->preempt, 1, __ATOMIC_SEQ_CST);
}
static inline void preempt_enable(void)
{
    if (__atomic_sub_fetch(&cpu_this()->preempt, 1, __ATOMIC_SEQ_CST) == 0)
        preempt_schedule();
}
static inline void preempt_enable_no_resched(void)
{
    __atomic_fetch_sub(&cpu_this()->preempt, 1, __ATOMIC_SEQ_CST);
}
static inline uint32_t preempt_word(void)
{
    return __atomic_load_n(&cpu_this()->preempt, __ATOMIC_RELAXED);
}
static inline void preempt_ask(void)
{
    __atomic_fetch_and(&cpu_this()->preempt, ~PREEMPT_UNASKED, __ATOMIC_RELAXED);
}
static inline void preempt_answer(void)
{
    __atomic_fetch_or(&cpu_this()->preempt, PREEMPT_UNASKED, __ATOMIC_RELAXED);
}
#else
static inline void preempt_disable(void)
{
    __asm__ volatile("incl %%gs:%c0" ::"i"(offsetof(struct cpu, preempt)) : "memory", "cc");
}

static inline void preempt_enable(void)
{
    bool give_way;
    __asm__ volatile("decl %%gs:%c1"
                     : "=@ccz"(give_way)
                     : "i"(offsetof(struct cpu, preempt))
                     : "memory");
    if (unlikely(give_way))
        preempt_schedule();
}

// For code that switches tasks itself.
static inline void preempt_enable_no_resched(void)
{
    __asm__ volatile("decl %%gs:%c0" ::"i"(offsetof(struct cpu, preempt)) : "memory", "cc");
}

static inline uint32_t preempt_word(void)
{
    uint32_t word;
    __asm__ volatile("movl %%gs:%c1, %0" : "=r"(word) : "i"(offsetof(struct cpu, preempt)));
    return word;
}

// Asks the running task to give way; takes effect when preemption is on. This CPU only.
static inline void preempt_ask(void)
{
    __asm__ volatile("andl %0, %%gs:%c1" ::"i"(~PREEMPT_UNASKED), "i"(offsetof(struct cpu, preempt))
                     : "memory", "cc");
}

// Takes the question back: the CPU is being given away.
static inline void preempt_answer(void)
{
    __asm__ volatile("orl %0, %%gs:%c1" ::"i"(PREEMPT_UNASKED), "i"(offsetof(struct cpu, preempt))
                     : "memory", "cc");
}
#endif

static inline uint32_t preempt_depth(void) { return preempt_word() & ~PREEMPT_UNASKED; }
static inline bool preempt_is_asked(void) { return (preempt_word() & PREEMPT_UNASKED) == 0; }

// Panics if the caller may not sleep: preemption or interrupts are off, or an interrupt is being
// handled. `what` is for the message.
void might_sleep(const char *what);

C_END
