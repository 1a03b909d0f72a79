// SPDX-License-Identifier: Apache-2.0
// getrusage(2) and times(2).
#include "kernel/linux/process/usage.h"
#include "kernel/linux/syscall/rusage.h"
#include "kernel/linux/syscall/sys.h"
#include "kernel/linux/syscall/timespec.h"
#include <linux/resource.h>

enum err rusage_write(struct thread *t, uint64_t at, const struct usage *used)
{
    struct rusage r = {
        .ru_utime = timeval_of(used->cpu_ns),
        .ru_minflt = (int64_t)used->faults,
    };
    return mm_write(t->mm, (uaddr_t){at}, CSPAN_OF(r));
}

sysret_t sys_getrusage(struct thread *t, const struct sys_args *a)
{
    struct usage used;
    switch ((int32_t)a->arg[0]) {
    case RUSAGE_SELF:
        used = usage_of_process(t->process);
        break;
    case RUSAGE_CHILDREN:
        used = usage_of_children(t->process);
        break;
    case RUSAGE_THREAD:
        used = usage_of_thread(t);
        break;
    default:
        return ERR_INVAL;
    }
    return rusage_write(t, a->arg[1], &used);
}

// sysconf(_SC_CLK_TCK).
constexpr uint64_t TICK_NS = SECOND_NS / 100;

sysret_t sys_times(struct thread *t, const struct sys_args *a)
{
    int64_t user[4] = {
        (int64_t)(usage_of_process(t->process).cpu_ns / TICK_NS),
        0,
        (int64_t)(usage_of_children(t->process).cpu_ns / TICK_NS),
        0,
    };
    enum err err = ERR_OK;
    if (a->arg[0] != 0)
        err = mm_write(t->mm, (uaddr_t){a->arg[0]}, CSPAN_OF(user));
    return err == ERR_OK ? (sysret_t)(clock_mono_ns() / TICK_NS) : err;
}
