// SPDX-License-Identifier: Apache-2.0
// The family of processes. The room's own.
#pragma once
#include "kernel/linux/process/process.h"

C_BEGIN

struct family {
    struct mutex lock;
    struct process *first GUARDED_BY(lc_processes);
};
extern struct family family;
MUTEX_OPS(family, struct family, lock, lc_processes)

// A process that `by` makes, without threads, and not in the family yet; it has one reference,
// the family's. `by` is null for the first. ERR_NOMEM.
enum err process_make(struct thread *by, const struct clone_request *r, struct process **out);

// Enters it into the family as `by`'s child or sibling, with its group and session, under an
// identifier that it uses from then on. `by` is null for the first.
void process_join(struct process *p, struct thread *by, bool sibling, struct pid *id)
    REQUIRES(lc_processes);

// Takes it out: nobody will wait for it any more, or somebody has. The family's reference stays to
// be put.
void process_leave(struct process *p) REQUIRES(lc_processes);

// Its last thread has ended. True: nobody waits for it, and it has left.
bool process_ended(struct process *p, uint32_t wait_status) REQUIRES(lc_processes);

// The machine's status is the first process's, as a shell would report it.
[[noreturn]] void process_end_machine(uint32_t wait_status);

// Tells whoever waits for a thread's words that it does not use its memory any more; and whoever
// made it by vfork(2).
void thread_leave_words(struct thread *t);
void thread_let_go(struct thread *t);

// Tells the parent that all threads have stopped, or that they go on.
void process_tell_stop(struct process *p) REQUIRES(lc_processes);
void process_tell_continue(struct process *p) REQUIRES(lc_processes);

// What a process's wait status is in the words of a signal to its parent.
struct signal_info process_info(struct process *p, uint32_t wait_status) REQUIRES(lc_processes);

// Whether nobody in a group has a parent in the session but outside of the group, `but` apart, who
// could have it go on (null: nobody apart).
bool group_is_orphaned(struct pid *group, struct process *but) REQUIRES(lc_processes);

// `parent` is no more, or `p` is not (then it is `but`): its group is sent SIGHUP and SIGCONT if
// nobody is left who could have it go on and somebody in it has stopped (setpgid(2)).
void group_orphan(struct process *p, struct process *parent, struct process *but)
    REQUIRES(lc_processes);

// The process that takes over the children of one that ends.
struct process *process_reaper(struct process *p) REQUIRES(lc_processes);

// A thread ends: its children's death signals come, and others of its process see to them.
void makers_leave(struct thread *t) REQUIRES(lc_processes);

// Who counts as the maker of a process's children: a thread that it has; null if it has none.
struct thread *maker_of(struct process *parent) REQUIRES(lc_processes);

void group_enter(struct process *p, struct pid *group) REQUIRES(lc_processes);
void group_leave(struct process *p) REQUIRES(lc_processes);

C_END
