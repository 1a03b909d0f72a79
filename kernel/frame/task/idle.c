// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/task/idle.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/assert.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/smp/call.h"
#include "kernel/frame/task/task.h"
#include "kernel/frame/time/clock.h"

// A CPU whose last wait was short expects the next to be so too, and watches for a while before
// it halts: waking a halted CPU takes long, a virtual one's longest.
constexpr uint64_t SHORT_WAIT_CYCLES = 400'000;
constexpr uint64_t WATCH_CYCLES = 200'000;

struct idle {
    uint32_t kicked; // atomic: look for work
    bool halted;     // atomic: only an interrupt makes it look
    bool expects_short_wait;
};

static PERCPU(struct idle, idles);

struct cpuset sched_idle_cpus(void) { return cpuset_atomic_read(&cpu_idle_set); }

bool idle_kick(uint32_t cpu)
{
    if (!cpuset_has(cpuset_atomic_read(&cpu_idle_set), cpu))
        return false;
    struct idle *i = percpu_on(idles, cpu_block(cpu));
    // Either it sees the kick before it halts, or we see that it halts.
    __atomic_store_n(&i->kicked, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&i->halted, __ATOMIC_SEQ_CST) && cpu != cpu_this()->id)
        smp_reschedule(cpu);
    return true;
}

static bool take_kick(struct idle *i)
{
    return __atomic_load_n(&i->kicked, __ATOMIC_RELAXED) != 0 &&
           __atomic_exchange_n(&i->kicked, 0, __ATOMIC_ACQUIRE) != 0;
}

// Watches for a kick with interrupts on. True if one came.
static bool watch(struct idle *i)
{
    uint64_t start = clock_cycles();
    irq_enable();
    bool kicked;
    do {
        cpu_pause();
        kicked = take_kick(i);
    } while (!kicked && !preempt_is_asked() && clock_cycles() - start < WATCH_CYCLES);
    irq_disable();
    return kicked || preempt_is_asked();
}

static void halt(struct idle *i)
{
    __atomic_store_n(&i->halted, true, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&i->kicked, __ATOMIC_SEQ_CST) == 0 && !preempt_is_asked())
        cpu_wait_for_interrupt();
    __atomic_store_n(&i->halted, false, __ATOMIC_RELAXED);
    take_kick(i);
}

static void wait(struct idle *i)
{
    uint64_t start = clock_cycles();
    if (!i->expects_short_wait || !watch(i)) {
        // It may be long: what an ended program has left is not to wait for this CPU.
        vm_space_activate(nullptr);
        halt(i);
    }
    i->expects_short_wait = clock_cycles() - start < SHORT_WAIT_CYCLES;
}

void task_run_all(void)
{
    struct idle *i = percpu_this(idles);
    uint32_t self = cpu_this()->id;
    irq_disable();
    for (;;) {
        preempt_answer();
        cpuset_atomic_add(&cpu_idle_set, self);
        // What became ready before this CPU counted as idle is found now; what does after that
        // comes with a kick.
        while (!idle_find_work()) {
            task_check_alive();
            wait(i);
            preempt_answer();
        }
        cpuset_atomic_remove(&cpu_idle_set, self);
        idle_run_work();
    }
}
