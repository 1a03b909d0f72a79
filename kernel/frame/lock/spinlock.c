// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/lock/spinlock.h"

// Set by spin_use_queues: how CPUs wait then.
static void (*wait_in_queue)(struct spinlock *);

void spin_use_queues(void (*wait)(struct spinlock *)) { wait_in_queue = wait; }

SLOW_PATH void spin_wait(struct spinlock *l)
{
    if (wait_in_queue != nullptr) {
        wait_in_queue(l);
        return;
    }
    for (;;) {
        uint32_t word = __atomic_load_n(&l->word, __ATOMIC_RELAXED);
        if ((word & SPIN_HELD) == 0 &&
            __atomic_compare_exchange_n(&l->word, &word, word | SPIN_HELD, true, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return;
        cpu_pause();
    }
}
