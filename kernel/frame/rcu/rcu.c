// SPDX-License-Identifier: Apache-2.0
// Epochs: a batch of deferred calls waits until every CPU that does not idle has seen the epoch
// that began with the batch. A CPU sees it when it switches tasks, and is asked to.
#include "kernel/frame/rcu/rcu.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/cpu/cpuset.h"
#include "kernel/frame/lock/lock_classes.h"
#include "kernel/frame/lock/spinlock.h"
#include "kernel/frame/smp/call.h"

struct rcu_cpu {
    uint64_t seen; // atomic: the last epoch that this CPU saw
    struct spinlock lock;
    struct rcu_head *next GUARDED_BY(lc_rcu);    // deferred since the batch began
    struct rcu_head *waiting GUARDED_BY(lc_rcu); // the batch
    uint64_t epoch GUARDED_BY(lc_rcu);           // that the batch waits for
};
SPINLOCK_OPS(rcu_cpu, struct rcu_cpu, lock, lc_rcu)

static PERCPU(struct rcu_cpu, rcu_cpus);
static struct cpuset_atomic pending; // CPUs with something deferred; changed under their locks
static uint64_t epoch;               // atomic

void rcu_quiescent(void)
{
    uint64_t now = __atomic_load_n(&epoch, __ATOMIC_ACQUIRE);
    __atomic_store_n(&percpu_this(rcu_cpus)->seen, now, __ATOMIC_RELEASE);
}

void rcu_defer(struct rcu_head *head, void (*fn)(struct rcu_head *))
{
    head->fn = fn;
    preempt_disable();
    struct rcu_cpu *r = percpu_this(rcu_cpus);
    rcu_cpu_lock(r);
    if (r->next == nullptr && r->waiting == nullptr)
        cpuset_atomic_add(&pending, cpu_this()->id);
    head->next = r->next;
    r->next = head;
    rcu_cpu_unlock(r);
    preempt_enable();
}

static struct cpuset busy_cpus(void)
{
    struct cpuset idle = cpuset_atomic_read(&cpu_idle_set);
    return (struct cpuset){cpuset_all().bits & ~idle.bits};
}

static bool has_been_seen(uint64_t e)
{
    struct cpuset left = busy_cpus();
    for (uint32_t cpu; cpuset_take(&left, &cpu);) {
        const struct rcu_cpu *r = percpu_on(rcu_cpus, cpu_block(cpu));
        if (__atomic_load_n(&r->seen, __ATOMIC_ACQUIRE) < e)
            return false;
    }
    return true;
}

static void begin_batch(struct rcu_cpu *r) REQUIRES(lc_rcu)
{
    r->waiting = r->next;
    r->next = nullptr;
    r->epoch = __atomic_add_fetch(&epoch, 1, __ATOMIC_SEQ_CST);
    struct cpuset left = cpuset_without(busy_cpus(), cpu_this()->id);
    for (uint32_t cpu; cpuset_take(&left, &cpu);)
        smp_reschedule(cpu);
    // This CPU is in neither a reading nor an interrupt.
    __atomic_store_n(&percpu_this(rcu_cpus)->seen, r->epoch, __ATOMIC_RELEASE);
}

// A CPU's batch, if its time has come.
static struct rcu_head *take_due(uint32_t cpu)
{
    struct rcu_head *due = nullptr;
    struct rcu_cpu *r = percpu_on(rcu_cpus, cpu_block(cpu));
    rcu_cpu_lock(r);
    if (r->waiting != nullptr && has_been_seen(r->epoch)) {
        due = r->waiting;
        r->waiting = nullptr;
    }
    if (r->waiting == nullptr && r->next != nullptr)
        begin_batch(r);
    else if (r->waiting == nullptr)
        cpuset_atomic_remove(&pending, cpu);
    rcu_cpu_unlock(r);
    return due;
}

// Other CPUs' too: one may be busy with a task that never gives way by itself.
void rcu_poll(void)
{
    struct cpuset left = cpuset_atomic_read(&pending);
    for (uint32_t cpu; cpuset_take(&left, &cpu);) {
        for (struct rcu_head *head = take_due(cpu); head != nullptr;) {
            struct rcu_head *next = head->next;
            head->fn(head);
            head = next;
        }
    }
}
