// SPDX-License-Identifier: Apache-2.0
// rseq(2).
#include "kernel/linux/process/rseq.h"
#include "kernel/linux/syscall/sys.h"
#include <linux/rseq.h>

sysret_t sys_rseq(struct thread *t, const struct sys_args *a)
{
    uint32_t size = (uint32_t)a->arg[1], flags = (uint32_t)a->arg[2],
             signature = (uint32_t)a->arg[3];
    switch (flags) {
    case 0:
        return rseq_register(t, a->arg[0], size, signature);
    case RSEQ_FLAG_UNREGISTER:
        return rseq_unregister(t, a->arg[0], size, signature);
    }
    return ERR_INVAL;
}
