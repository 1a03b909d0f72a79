// SPDX-License-Identifier: Apache-2.0
// membarrier(2): every CPU that may run the program passes a full barrier, by an interrupt, whose
// return also serialises what it executes (SDM Vol. 3A, "Serializing Instructions").
#include "kernel/linux/process/rseq.h"
#include "kernel/linux/syscall/sys.h"
#include <linux/membarrier.h>

// MEMBARRIER_CMD_GET_REGISTRATIONS, which is newer than the headers.
constexpr uint32_t CMD_GET_REGISTRATIONS = 1u << 9;

constexpr uint32_t COMMANDS =
    MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |
    MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE |
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE | MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ |
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ | CMD_GET_REGISTRATIONS;

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
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ:
        return MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ;
    }
    return 0;
}

// As on Linux, those that do more stand for the plain one too.
static uint32_t registered(struct process *p)
{
    constexpr uint32_t MORE = MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE |
                              MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ;
    uint32_t barriers = load_acquire(&p->barriers);
    return barriers |
           ((barriers & MORE) != 0 ? (uint32_t)MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED : 0);
}

sysret_t sys_membarrier(struct thread *t, const struct sys_args *a)
{
    uint32_t command = (uint32_t)a->arg[0], needed = registration(command),
             flags = (uint32_t)a->arg[1];
    struct process *p = t->process;
    // Who names a CPU is content with all of them.
    if (command == MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ)
        flags &= ~(uint32_t)MEMBARRIER_CMD_FLAG_CPU;
    if (flags != 0)
        return ERR_INVAL;
    switch (command) {
    case MEMBARRIER_CMD_QUERY:
        return COMMANDS;
    case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ:
        atomic_or(&p->barriers, command);
        return ERR_OK;
    case CMD_GET_REGISTRATIONS:
        return registered(p);
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ:
        if ((load_acquire(&p->barriers) & needed) == 0)
            return ERR_PERM;
        // The interrupt has threads look at it that are in user mode.
        if (command == MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ)
            rseq_fence(p);
        [[fallthrough]];
    case MEMBARRIER_CMD_GLOBAL:
    case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
        pass_everywhere();
        return ERR_OK;
    }
    return ERR_INVAL;
}
