// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/assert.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/cpu/cpuset.h"
#include "kernel/frame/cpu/preempt.h"

static_assert(offsetof(struct cpu, arch) == 0);

struct cpuset_atomic cpu_idle_set;
static struct cpu *blocks[CPUS_MAX];
static uint32_t count;

uint32_t cpu_count(void) { return count; }

struct cpu *cpu_block(uint32_t id)
{
    ASSERT(id < count);
    return blocks[id];
}

void cpu_add(struct cpu *cpu)
{
    ASSERT(count < CPUS_MAX && cpu->id == count);
    blocks[count++] = cpu;
}

void might_sleep(const char *what)
{
    bool masked = !irq_is_enabled();
    if (unlikely(masked || preempt_depth() != 0)) {
        lock_debug_may_not_sleep();
        panic("%s where %s off (depth %u)", what, masked ? "interrupts are" : "preemption is",
              preempt_depth());
    }
}
