// SPDX-License-Identifier: Apache-2.0
// Restartable sequences (Documentation/userspace-api/rseq.rst of Linux; linux/rseq.h): a thread
// tells where it wants to be told which CPU it is on, and is sent from what it says is a sequence
// to that one's abort address, when it has given way to others inside it or is to handle a signal.
//
// All of it is the thread's own. Task context.
#pragma once
#include "kernel/linux/process/process.h"

C_BEGIN

// ERR_INVAL: another is registered, or it is too small or not aligned. ERR_PERM: it is registered
// with another signature. ERR_BUSY: it is registered. ERR_FAULT.
enum err rseq_register(struct thread *t, uint64_t at, uint32_t size, uint32_t signature);

// ERR_INVAL: it is not registered so. ERR_PERM: it is with another signature. ERR_FAULT.
enum err rseq_unregister(struct thread *t, uint64_t at, uint32_t size, uint32_t signature);

// A new thread with a copy of `from`'s memory has what that has.
void rseq_inherit(struct thread *t, const struct thread *from);

// Has the sequences of all threads of a process begin anew that run now or have run before.
void rseq_fence(struct process *p);

// ---- the room's own ----------------------------------------------------------------------------

// Whether the running thread has something to be told, or to be sent away from. Interrupts may be
// off.
bool rseq_has_event(const struct thread *t);

// Does so, before user mode. What cannot be done ends in SIGSEGV.
void rseq_settle(struct thread *t);

// A handler is to be entered at these registers. ERR_FAULT, ERR_INVAL: what the thread has said of
// its sequence is wrong.
enum err rseq_interrupt(struct thread *t, struct user_regs *regs);

C_END
