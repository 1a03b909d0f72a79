// SPDX-License-Identifier: Apache-2.0
// Limits of what a process uses (getrlimit(2)).
#pragma once
#include "kernel/linux/process/process.h"

C_BEGIN

// What the first process begins with; the others with their makers'.
void limits_init(struct process *p, struct process *by);

struct limit limit_of(struct process *p, uint32_t resource);

// Sets one of a process, with what its memory may have, and says what it was. Whether the running
// thread `by` may do that at all is the caller's affair. ERR_INVAL: the soft one is above the hard
// one, or it cannot be kept: processor time and real-time threads' time may be unlimited only.
// ERR_PERM: more descriptors than there can be, or a higher hard one without CAP_SYS_RESOURCE.
enum err limit_set(struct thread *by, struct process *p, uint32_t resource, const struct limit *new,
                   struct limit *old);

// Has the running thread's memory go by its process's limits, when either has become another.
void limits_apply(struct thread *t);

// How many signals may wait, of all processes.
uint64_t limit_of_signals(struct process *p) REQUIRES(lc_signals);

C_END
