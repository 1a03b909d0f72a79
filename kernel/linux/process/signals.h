// SPDX-License-Identifier: Apache-2.0
// Sending signals and delivering them. lc_signals, a spin lock, guards what waits, the actions and
// the masks of a process's threads.
#pragma once
#include "kernel/linux/process/process.h"

C_BEGIN

// ---- sending -----------------------------------------------------------------------------------

// Sends a signal to a process, or to one thread: it waits until a thread that does not block it
// enters user mode, ends the sleep of one that can be interrupted, or is dropped if it would be
// ignored. ERR_AGAIN: no memory for a real-time one. Any task.
enum err signal_send(struct process *p, const struct signal_info *info);
enum err signal_send_thread(struct thread *t, const struct signal_info *info);

// A timer's, to thread `t` or, if that is null, to the process. False: it does not wait, since it
// is ignored, memory is short, or nobody is there any more.
bool signal_send_timer(struct process *p, struct thread *t, const struct signal_info *info);

// From the running thread, as kill(2) has it: to a process, to a thread (`tgid` 0: of any process),
// to all of a group, to every process but the first and its own. Signal 0 only asks. ERR_SRCH:
// there is no such. ERR_PERM: none of them may be sent it, which is no error for all.
enum err process_signal(struct thread *by, uint64_t pid, const struct signal_info *info);
enum err process_signal_thread(struct thread *by, uint64_t tgid, uint64_t tid,
                               const struct signal_info *info);
enum err process_signal_group(struct thread *by, uint64_t group, const struct signal_info *info);
enum err process_signal_all(struct thread *by, const struct signal_info *info);

// To the running thread, by its own instruction: neither blocked nor ignored.
void signal_force(struct thread *t, const struct signal_info *info);

// ---- what the running thread does about them ---------------------------------------------------

// Whether one waits for the running thread that is to be delivered, or it is to stop or to end: for
// wait_limits.
bool signal_is_due(void);

// The same of one whose lock is held.
bool signal_is_due_for(struct thread *t) REQUIRES(lc_signals);

// Has the running thread do what is due, before it enters user mode: its call is restarted or not,
// and handlers get their frames. May end it.
void signal_deliver(struct thread *t);

// Whether the running thread is to look at its signals, or at its sequence: for user_hooks.
bool signal_has_event(void);

// sigreturn: puts back what the frame at the stack pointer has. Hostile frames end in SIGSEGV.
void signal_return(struct thread *t);

// The running thread's mask: sets it, and says what it was.
struct sigset signal_set_mask(struct thread *t, struct sigset mask);

// Takes one of `set` that waits, blocked or not.
bool signal_take(struct thread *t, struct sigset set, struct signal_info *info);

// Of sigaltstack(2), with the flags that a program is told: SS_DISABLE, SS_ONSTACK or none.
struct signal_stack signal_stack_told(const struct signal_stack *s, uint64_t sp);

// Forgets those of `set` that wait for a process or a thread of it.
void signals_take_back(struct process *p, struct sigset set) REQUIRES(lc_signals);

// What a process does with a signal.
struct signal_action *signal_action_of(struct process *p, uint32_t signal) REQUIRES(lc_signals);

// ---- the room's own ----------------------------------------------------------------------------

// What a process begins with: the handlers of `from` shared, copied or reset as the request says,
// with a reference; null: none are set. ERR_NOMEM.
enum err handlers_make(struct signal_handlers *from, const struct clone_request *r,
                       struct signal_handlers **out);
void handlers_put(struct signal_handlers *h);

// All threads look at what there is to do.
void signals_look_all(struct process *p) REQUIRES(lc_signals);

// Stops all threads of the running thread's process by a signal that has been taken, unless that
// has been taken back meanwhile; and waits for the end of the stop that is on.
void process_stop(struct thread *t, uint32_t signal);
void thread_stop(struct thread *t);

// What a parent does not want to be told of its children (SA_NOCLDWAIT or SIG_IGN, SA_NOCLDSTOP).
bool signals_ignore_children(struct process *parent);
bool signals_ignore_stops(struct process *parent);

bool signals_are_stopped(struct process *p);

// Frees what waits for a process that has ended.
void signals_discard(struct process *p);

C_END
