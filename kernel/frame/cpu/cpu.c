// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/base/assert.h"

static_assert(offsetof(struct cpu, arch) == 0);

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
