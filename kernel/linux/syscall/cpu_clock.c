// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/syscall/cpu_clock.h"
#include "kernel/linux/process/usage.h"
#include <linux/time.h>

// What is in the numbers: two bits for the kind, one for threads, and an identifier's complement.
constexpr uint32_t KIND_MASK = 3, KIND_USED = 2, IS_THREAD = 4;

// A process's clock is named by its first thread's number only, a thread's by its own in the
// caller's process.
static bool find_other(struct thread *t, uint32_t clock, struct cpu_clock *out)
{
    uint64_t id = (uint32_t)~((int32_t)clock >> 3);
    if ((clock & IS_THREAD) == 0) {
        out->process = process_find(id != 0 ? id : t->process->pid);
        return out->process != nullptr && (id == 0 || out->process->pid == id);
    }
    out->thread = thread_find(id != 0 ? id : t->tid);
    return out->thread != nullptr && out->thread->process == t->process;
}

bool cpu_clock_find(struct thread *t, uint32_t clock, struct cpu_clock *out)
{
    *out = (struct cpu_clock){};
    if (clock == CLOCK_PROCESS_CPUTIME_ID) {
        out->process = t->process;
        refcount_get(&t->process->refs);
        return true;
    }
    if (clock == CLOCK_THREAD_CPUTIME_ID) {
        out->thread = t;
        refcount_get(&t->refs);
        return true;
    }
    if ((int32_t)clock >= 0 || (clock & KIND_MASK) != KIND_USED)
        return false;
    bool found = find_other(t, clock, out);
    if (!found)
        cpu_clock_put(out);
    return found;
}

uint64_t cpu_clock_read(const struct cpu_clock *c)
{
    return c->process != nullptr ? usage_of_process(c->process).cpu_ns
                                 : usage_of_thread(c->thread).cpu_ns;
}

void cpu_clock_put(const struct cpu_clock *c)
{
    if (c->process != nullptr)
        process_put(c->process);
    if (c->thread != nullptr)
        thread_put(c->thread);
}
