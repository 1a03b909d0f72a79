// SPDX-License-Identifier: Apache-2.0
// Sending signals and delivering them. lc_signals, a spin lock, guards what waits, the actions and
// the mask of a process.
#pragma once
#include "kernel/linux/process/process.h"

C_BEGIN

// Sends a signal: it waits until its process enters user mode, ends the sleep of one that can be
// interrupted, or is dropped if it would be ignored. ERR_AGAIN: no memory for a real-time one. Any
// task.
enum err signal_send(struct process *p, const struct signal_info *info);

// Of the running process, by its own instruction: neither blocked nor ignored.
void signal_force(struct process *p, const struct signal_info *info);

// Whether one waits for the running process that is to be delivered: for wait_limits.
bool signal_is_due(void);

// Has the running process do what is due, before it enters user mode: its call is restarted or not,
// and handlers get their frames. May end it.
void signal_deliver(struct process *p);

// Whether the running process is to look at its signals: for user_hooks.
bool signal_has_event(void);

// sigreturn: puts back what the frame at the stack pointer has. Hostile frames end in SIGSEGV.
void signal_return(struct process *p);

// What a fork(2)ed child begins with: actions, mask and stack are its parent's, nothing waits.
void signals_copy(struct process *child, struct process *parent);

// What a parent does not want to be told of its children (SA_NOCLDWAIT or SIG_IGN, SA_NOCLDSTOP).
bool signals_ignore_children(struct process *parent);
bool signals_ignore_stops(struct process *parent);

bool signals_are_stopped(struct process *p);

// Frees what waits for a process that has ended.
void signals_discard(struct process *p);

// The running process's mask: sets it, and says what it was.
struct sigset signal_set_mask(struct process *p, struct sigset mask);

// Of sigaltstack(2), where the stack pointer is.
bool signal_on_stack(const struct signal_stack *s, uint64_t sp);

// The same with the flags that a program is told: SS_DISABLE, SS_ONSTACK or none.
struct signal_stack signal_stack_told(const struct signal_stack *s, uint64_t sp);

C_END
