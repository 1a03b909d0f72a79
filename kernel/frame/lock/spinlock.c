// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/lock/spinlock.h"

void spin_wait(struct spinlock *l, uint16_t ticket)
{
    while (__atomic_load_n(&l->serving, __ATOMIC_ACQUIRE) != ticket)
        cpu_pause();
}
