// SPDX-License-Identifier: Apache-2.0
// Who threads are, and what they may do to each other. Task context; all may sleep.
#pragma once
#include "kernel/linux/cred/rules.h"
#include "kernel/linux/process/process.h"

C_BEGIN

// Whether the running thread has a capability.
static inline bool thread_has(const struct thread *t, uint32_t cap)
{
    return identity_has(&t->cred->is, cap);
}

// Those of whoever has this identifier, with a reference: a thread's, or those that a process's
// first thread has or had. Null: nobody has it.
struct cred *cred_find(uint64_t tid);

// Makes `new` the running thread's, and takes over the reference. A process that has other rights
// from then on is not dumpable any more, and asks for no death signal.
void thread_set_cred(struct thread *t, struct cred *new);

// The same if `err`, which a rule has said of the change, is ERR_OK; else it drops `new`. `err`.
enum err thread_finish_cred(struct thread *t, struct cred *new, enum err err);

// Whether the running thread may look into another.
bool thread_may_look(struct thread *by, struct thread *of);

// Whether the running thread may send a signal to `p`, whose credentials, or its thread's, are
// `to`.
bool thread_may_signal(struct thread *by, struct process *p, const struct cred *to, uint32_t signal)
    REQUIRES(lc_processes);

// Whether `by` may make one thread more (RLIMIT_NPROC).
bool thread_may_clone(struct thread *by) REQUIRES(lc_processes);

// The room's own: a thread that does not run yet has `from`, and takes a reference, as its process
// does if it is the first.
void cred_inherit(struct thread *t, struct cred *from);

C_END
