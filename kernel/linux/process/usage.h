// SPDX-License-Identifier: Apache-2.0
// What threads and processes have used (getrusage(2)).
#pragma once
#include "kernel/linux/process/process.h"

C_BEGIN

// Up to now, of a thread; of all threads that a process has or has had; of children that have ended
// and been waited for, with theirs.
struct usage usage_of_thread(struct thread *t);
struct usage usage_of_process(struct process *p);
struct usage usage_of_children(struct process *p);

// One that has ended, with its children's.
struct usage usage_of_ended(const struct process *p) REQUIRES(lc_processes);

static inline struct usage usage_sum(struct usage a, struct usage b)
{
    return (struct usage){a.cpu_ns + b.cpu_ns, a.faults + b.faults};
}

// How many threads a process has, and all processes together.
uint32_t process_thread_count(struct process *p);
uint32_t thread_total(void);

C_END
