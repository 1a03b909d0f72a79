// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/assert.h"

void might_sleep(const char *what)
{
    if (unlikely(preempt_depth() != 0))
        panic("%s where preemption is off (depth %u)", what, preempt_depth());
    if (unlikely(!irq_is_enabled()))
        panic("%s where interrupts are off", what);
}
