// SPDX-License-Identifier: Apache-2.0
// Identifiers: a number names a thread, a process, a process group, a session, or several of these
// at once (credentials(7)). It is taken as long as it names one. lc_processes guards all of it.
#pragma once
#include "kernel/frame/frame.h"
#include "kernel/linux/lock_classes.h"

C_BEGIN

// Identifiers go up to here and begin anew (kernel.pid_max).
constexpr int32_t PID_MAX = 32768;

// A process among its parent's children, and in its group.
struct kinship {
    struct list_link sibling, fellow;
    struct process *process;
};
TLIST_DEFINE(children, struct kinship, sibling);
TLIST_DEFINE(fellows, struct kinship, fellow);

struct pid {
    struct ttree_node node;  // in the table
    uint64_t nr;             // constant
    struct thread *thread;   // until it has ended
    struct process *process; // until it has been waited for
    struct fellows group;
    uint32_t uses; // threads, processes, and processes' groups and sessions
};

// The next number that is free, in turn; or `wanted`, if that is not 0. With one use. ERR_AGAIN:
// all are taken. ERR_EXIST: `wanted` is. ERR_NOMEM.
enum err pid_take(uint64_t wanted, struct pid **out) REQUIRES(lc_processes);

void pid_use(struct pid *p) REQUIRES(lc_processes);
void pid_leave(struct pid *p) REQUIRES(lc_processes);

// Null: it names nothing.
struct pid *pid_find(uint64_t nr) REQUIRES(lc_processes);

// All of them, by number.
struct pid *pid_first(void) REQUIRES(lc_processes);
struct pid *pid_next(struct pid *p) REQUIRES(lc_processes);

C_END
