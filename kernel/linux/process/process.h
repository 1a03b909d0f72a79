// SPDX-License-Identifier: Apache-2.0
// Processes: who there is, whose child, and how they begin and end. Each has one thread so far.
//
// lc_processes (a sleeping lock) guards the family: the table, parents, children, and who has
// ended. What only the process itself touches needs no lock.
#pragma once
#include "kernel/frame/frame.h"
#include "kernel/linux/exec/exec.h"
#include "kernel/linux/lock_classes.h"
#include "kernel/linux/signal/sigframe.h"

C_BEGIN

// Process identifiers go up to here and begin anew (kernel.pid_max).
constexpr int32_t PID_MAX = 32768;

// A process among its parent's children.
struct kinship {
    struct list_link sibling;
    struct process *process;
};
TLIST_DEFINE(children, struct kinship, sibling);

// What a process does with a signal: sigaction(2)'s structure.
struct signal_action {
    uint64_t handler; // or SIGNAL_DEFAULT, SIGNAL_IGNORE
    uint64_t flags, restorer;
    struct sigset mask;
};
constexpr uint64_t SIGNAL_DEFAULT = 0, SIGNAL_IGNORE = 1;

// A process's signals. Others look at what the lock guards; the rest is its own.
struct process_signals {
    struct spinlock lock;
    struct sigpending pending GUARDED_BY(lc_signals);
    struct signal_action actions[SIGNAL_MAX] GUARDED_BY(lc_signals); // from signal 1 on
    struct sigset blocked GUARDED_BY(lc_signals);
    struct sigset awaited GUARDED_BY(lc_signals); // by sigtimedwait(2), though blocked
    bool stopped GUARDED_BY(lc_signals);          // until SIGCONT or SIGKILL
    bool look;                                    // atomic: there may be something to deliver
    struct waitq go_on;                           // it waits here while it is stopped
    struct signal_stack stack;
    bool restores; // `restored` is the mask again when the next one has been delivered
    struct sigset restored;
};
SPINLOCK_OPS(signals, struct process_signals, lock, lc_signals)

// How a call goes on that a signal has ended: results that programs never see. With a handler it
// fails with EINTR, but for the first.
enum call_restart : int {
    RESTART_NOTHING = 0,
    RESTART_CALL = -512,   // with SA_RESTART, or without a handler, it is made again
    RESTART_NOHAND = -514, // without a handler it is made again
    RESTART_REST = -516, // without a handler restart_syscall(2) is called, for the rest of the time
};

struct process {
    struct refcount refs;
    struct ttree_node by_pid; // in the table
    uint64_t pid;             // constant
    struct process *parent;   // null: the first process. lc_processes
    struct kinship kinship;   // in the parent's list. lc_processes
    struct children children; // lc_processes
    bool ended;               // lc_processes
    uint32_t wait_status;     // as wait(2) reports it, once it has ended. lc_processes
    uint32_t news;            // the same of a stop or its end, until it has been reported; 0: none.
                              // lc_processes
    uint32_t changes;         // atomic: how often a child has ended, stopped or gone on
    struct waitq child_changed;

    // The process's own.
    struct mm *mm;
    struct user_context *ctx;
    struct task *task;
    enum call_restart restart; // of system call `call_nr`, which a signal has ended
    uint64_t call_nr;
    uint64_t rest_deadline; // of RESTART_REST: of clock_mono_ns()
    uint64_t rest_at;       // where what is left goes; 0: nowhere

    struct process_signals signals;
};

// What the rooms above do for a process.
struct process_ops {
    // A system call, or an exception: looks at p->ctx.
    void (*serve_syscall)(struct process *p);
    void (*serve_exception)(struct process *p);
};

// Sets them. Once, before the first process.
void process_init(const struct process_ops *ops);

// Starts the first process, whose end is the machine's. Takes over the image. ERR_NOMEM.
enum err process_start_first(const struct exec_image *image);

// fork(2) of the running process. ERR_NOMEM. ERR_AGAIN: no identifier is free.
enum err process_fork(struct process *parent, uint64_t *pid);

// The process with this identifier, with a reference; null: there is none, or it has ended.
struct process *process_find(uint64_t pid);
void process_put(struct process *p);

// Sends a signal to every process but the first and `but` (null: to those too). ERR_SRCH: there is
// no other.
enum err process_signal_all(struct process *but, const struct signal_info *info);

// Ends the running process. `wait_status` is as wait(2) reports it.
[[noreturn]] void process_end(struct process *p, uint32_t wait_status);

// The process that runs; null: a task of no process.
struct process *process_running(void);

// Stops the running process, whose `stopped` has been set, until that is cleared.
void process_stop(struct process *p, uint32_t signal);

// What to wait for.
struct wait_request {
    uint64_t pid;            // 0: any child
    bool poll;               // do not wait: then *found may be 0
    bool stopped, continued; // these too, not only ends
};

// A child that has ended: its identifier and status; it is gone then. Or one that has stopped or
// gone on, once. ERR_CHILD: there is no such child. ERR_INTR: a signal is due.
enum err process_wait(struct process *p, const struct wait_request *r, uint64_t *found,
                      uint32_t *wait_status);

// The parent's identifier; 0: none.
uint64_t process_parent_pid(struct process *p);

C_END
