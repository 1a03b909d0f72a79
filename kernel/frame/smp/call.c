// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/smp/call.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/assert.h"
#include "kernel/frame/console/panic.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/smp/lapic.h"
#include "kernel/frame/trap/trap.h"

// What a CPU asks others to do. One at a time for each caller, since it waits.
struct request {
    void (*fn)(void *);
    void *arg;
    uint32_t pending; // CPUs that have not done it
};

static PERCPU(struct request, request);
static PERCPU(struct cpuset_atomic, callers); // who has a request for this CPU

static void serve(void)
{
    struct cpuset_atomic *mine = percpu_this(callers);
    if (cpuset_is_empty(cpuset_atomic_read(mine)))
        return;
    struct cpuset left = {__atomic_exchange_n(&mine->bits, 0, __ATOMIC_ACQUIRE)};
    for (uint32_t cpu; cpuset_take(&left, &cpu);) {
        struct request *r = percpu_on(request, cpu_block(cpu));
        r->fn(r->arg);
        __atomic_fetch_sub(&r->pending, 1, __ATOMIC_RELEASE);
    }
}

static void on_call(void)
{
    lapic_eoi();
    serve();
}

static void on_reschedule(void)
{
    lapic_eoi();
    preempt_ask();
}

static void on_spurious(void) {} // not to be acknowledged

static void stop_others(void)
{
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        if (cpu != cpu_this()->id)
            lapic_send_nmi(cpu_block(cpu)->apic_id);
    }
}

void smp_call_init(void)
{
    panic_set_stop(stop_others);
    trap_set_irq(VECTOR_CALL, on_call);
    trap_set_irq(VECTOR_RESCHEDULE, on_reschedule);
    trap_set_irq(VECTOR_SPURIOUS, on_spurious);
}

static void send(uint32_t cpu, enum lapic_vector vector)
{
    uint64_t flags = irq_save();
    lapic_send(cpu_block(cpu)->apic_id, vector);
    irq_restore(flags);
}

void smp_call(struct cpuset cpus, void (*fn)(void *), void *arg)
{
    ASSERT(preempt_depth() > 0 && cpu_this()->irq_depth == 0);
    uint32_t self = cpu_this()->id;
    struct cpuset others = cpuset_without(cpus, self);
    struct request *r = percpu_this(request);
    ASSERT(r->pending == 0); // no call inside a called function
    r->fn = fn;
    r->arg = arg;
    __atomic_store_n(&r->pending, cpuset_size(others), __ATOMIC_RELEASE);
    struct cpuset left = others;
    for (uint32_t cpu; cpuset_take(&left, &cpu);) {
        // Whoever finds callers already waiting there has no need to interrupt again.
        struct cpuset_atomic *there = percpu_on(callers, cpu_block(cpu));
        if (__atomic_fetch_or(&there->bits, 1ull << self, __ATOMIC_SEQ_CST) == 0)
            send(cpu, VECTOR_CALL);
    }
    if (cpuset_has(cpus, self)) {
        uint64_t flags = irq_save();
        fn(arg);
        irq_restore(flags);
    }
    while (__atomic_load_n(&r->pending, __ATOMIC_ACQUIRE) != 0) {
        uint64_t flags = irq_save();
        serve();
        irq_restore(flags);
        cpu_pause();
    }
}

void smp_reschedule(uint32_t cpu) { send(cpu, VECTOR_RESCHEDULE); }
