// SPDX-License-Identifier: Apache-2.0
// membarrier(2): every CPU that may run the program passes a full barrier, by an interrupt, whose
// return also serialises what it executes (SDM Vol. 3A, "Serializing Instructions").
#include "kernel/linux/syscall/sys.h"
#include <linux/membarrier.h>

constexpr uint32_t COMMANDS =
    MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |
    MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE |
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;

SMP_CALL_DEFINE(pass_barrier, uint32_t, passed)
{
    // Whoever waits for the call sees what was before it, and this CPU what was before there.
    atomic_add(passed, 1);
}

static void pass_everywhere(void)
{
    uint32_t passed = 0;
    pass_barrier_on(cpuset_all(), &passed);
}

// What a command has to be registered by, or registers.
static uint32_t registration(uint32_t command)
{
    switch (command) {
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
        return MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
        return MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;
    }
    return 0;
}

sysret_t sys_membarrier(struct thread *t, const struct sys_args *a)
{
    uint32_t command = (uint32_t)a->arg[0], needed = registration(command);
    struct process *p = t->process;
    if ((uint32_t)a->arg[1] != 0)
        return ERR_INVAL;
    switch (command) {
    case MEMBARRIER_CMD_QUERY:
        return COMMANDS;
    case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
        atomic_or(&p->barriers, command);
        return ERR_OK;
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
        if ((load_acquire(&p->barriers) & needed) == 0)
            return ERR_PERM;
        [[fallthrough]];
    case MEMBARRIER_CMD_GLOBAL:
    case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
        pass_everywhere();
        return ERR_OK;
    }
    return ERR_INVAL;
}
