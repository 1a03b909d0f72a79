// SPDX-License-Identifier: Apache-2.0
// Processes and their threads: who there is, whose child, and how they begin and end.
//
// lc_processes (a sleeping lock) guards the family: identifiers, parents, children, and who has
// ended. lc_signals (a spin lock, in what handles a process's signals) guards which threads a
// process has, and what waits for them. What only a thread itself touches needs no lock.
#pragma once
#include "kernel/frame/frame.h"
#include "kernel/linux/cred/cred.h"
#include "kernel/linux/exec/exec.h"
#include "kernel/linux/file/descriptors.h"
#include "kernel/linux/lock_classes.h"
#include "kernel/linux/process/pid.h"
#include "kernel/linux/signal/sigframe.h"

C_BEGIN

// What a process does with a signal: sigaction(2)'s structure.
struct signal_action {
    uint64_t handler; // or SIGNAL_DEFAULT, SIGNAL_IGNORE
    uint64_t flags, restorer;
    struct sigset mask;
};
constexpr uint64_t SIGNAL_DEFAULT = 0, SIGNAL_IGNORE = 1;

// Those of a process, or of all that share them (CLONE_SIGHAND). Its lock guards everything about
// signals of these processes.
struct signal_handlers {
    struct refcount refs;
    uint64_t serial; // their own number; constant
    struct spinlock lock;
    struct signal_action actions[SIGNAL_MAX] GUARDED_BY(lc_signals); // from signal 1 on
};
SPINLOCK_OPS(handlers, struct signal_handlers, lock, lc_signals)

// A thread's signals. Others look at what the lock guards; the rest is its own.
struct thread_signals {
    struct sigpending pending GUARDED_BY(lc_signals); // for this thread alone
    struct sigset blocked GUARDED_BY(lc_signals);
    struct sigset awaited GUARDED_BY(lc_signals); // by sigtimedwait(2), though blocked
    bool look;                                    // atomic: there may be something to do
    struct signal_stack stack;
    bool restores; // `restored` is the mask again when the next one has been delivered
    struct sigset restored;
};

// How a call goes on that a signal has ended: results that programs never see. With a handler it
// fails with EINTR, but for the first two.
enum call_restart : int {
    RESTART_NOTHING = 0,
    RESTART_CALL = -512,   // with SA_RESTART, or without a handler, it is made again
    RESTART_ALWAYS = -513, // it is made again
    RESTART_NOHAND = -514, // without a handler it is made again
    RESTART_REST = -516, // without a handler restart_syscall(2) is called, for the rest of the time
};

// What restart_syscall(2) goes on with.
struct call_rest {
    enum rest_kind : int {
        REST_NONE,
        REST_SLEEP,
        REST_FUTEX
    } kind;
    uint64_t deadline_ns; // of clock_mono_ns()
    uint64_t at;          // where what is left goes (0: nowhere); or the word
    uint32_t value, bits; // of REST_FUTEX, as the next
    bool shared;
};

// How a thread is scheduled (sched(7)): see schedule.h.
struct thread_schedule {
    uint32_t policy; // as Linux numbers them
    uint32_t priority;
    int32_t nice;
    bool reset_on_fork;
    struct cpuset affinity; // empty: everywhere
};

// What a thread is called (comm), with zeros behind.
struct thread_name {
    uint8_t bytes[16];
};

// What a thread has asked for by prctl(2) and personality(2), and those that it makes begin with.
struct thread_traits {
    uint64_t slack_ns, usual_slack_ns; // how late its sleeps may end; 0 asks for the usual one
    uint32_t personality;
    uint32_t memory_errors; // PR_MCE_KILL_DEFAULT and so on
    bool no_new_privileges;
};

// Where a thread is told which CPU it is on: see rseq.h.
struct thread_rseq {
    uint64_t at; // the program's struct rseq; 0: nowhere
    uint32_t size, signature;
    uint64_t switches; // of the task, when it was told last
    uint32_t fences;   // of the process, then
};

struct pi_thread;

struct thread {
    struct refcount refs;
    struct process *process;         // a reference; constant
    struct pid *pid;                 // constant, in use
    uint64_t tid;                    // its number; constant
    struct list_link fellowship;     // in process->threads. lc_signals
    struct thread_schedule schedule; // lc_processes
    // A reference, which the thread alone changes, with lc_processes and lc_signals: others read it
    // with one of them, and may take a reference of their own.
    struct cred *cred;
    uint32_t death_signal; // for its process, when who has made that ends; 0: none. lc_processes
    struct thread_name name GUARDED_BY(lc_signals);

    struct places *places; // a reference; constant

    // The thread's own.
    struct mm *mm;             // a reference, until it ends; others take theirs by thread_mm
    struct descriptors *files; // a reference, until it ends
    struct user_context *ctx;
    struct task *task;         // a reference; constant
    struct pi_thread *pi;      // its own; constant
    enum call_restart restart; // of system call `call_nr`, which a signal has ended
    uint64_t call_nr;
    struct call_rest rest; // of RESTART_REST
    uint64_t tell_tid;     // the word that says who it is when it begins; 0: none
    uint64_t clear_tid;    // the word that is cleared when it ends; 0: none
    uint64_t robust_list;  // of set_robust_list(2); 0: none
    struct thread_rseq rseq;
    uint64_t faults; // atomic: that have been served
    struct thread_traits traits;

    // Whoever made it by vfork(2) waits until it has let go of the memory that they share.
    bool let_go; // atomic
    struct waitq letting_go;

    struct thread_signals signals;
};
TLIST_DEFINE(threads, struct thread, fellowship);

// What a process may use at most, and to what that may be raised (getrlimit(2)); RLIM_INFINITY of
// either is no limit. By Linux's numbers of resources.
struct limit {
    uint64_t soft, hard;
};
constexpr uint32_t LIMITS = 16;

// What has been used.
struct usage {
    uint64_t cpu_ns; // processor time
    uint64_t faults; // pages that have come when they were touched
};

// How a stop of all threads stands.
struct process_stop {
    bool taken;       // a signal that stops has been taken out, and nothing has taken it back yet
    bool on;          // until SIGCONT, SIGKILL or the end
    bool continued;   // it is over, and the parent has not been told
    uint32_t signal;  // whose it is
    uint32_t stopped; // threads that wait for its end
};

// Wait statuses, beside signals and exits (wait(2)): stopped, with the signal above; gone on.
constexpr uint32_t WAIT_STOPPED = 0x7f, WAIT_CONTINUED = 0xffff;

struct process {
    struct refcount refs;
    uint64_t pid; // its number; constant

    // The family. lc_processes
    struct pid *id, *group, *session; // in use until it has been waited for
    struct process *parent;           // null: the first process
    struct thread *maker;             // which thread of the parent's counts as such; null: none yet
    struct cred *cred;      // its first thread's, or what that had at its end; as thread's
    bool is_reaper;         // of orphans below it: PR_SET_CHILD_SUBREAPER
    struct kinship kinship; // in the parent's and the group's lists
    struct children children;
    bool ended;
    uint32_t wait_status; // as wait(2) reports it, once it has ended
    uint32_t news;        // the same of a stop or its end, until it has been reported; 0: none
    uint32_t end_signal;  // what the parent is sent at the end; 0: none
    struct usage children_used; // by those that have been waited for, and theirs

    uint32_t changes; // atomic: how often a child has ended, stopped or gone on
    struct waitq child_changed;

    struct signal_handlers *handlers; // a reference
    struct threads threads GUARDED_BY(lc_signals);
    uint32_t thread_count GUARDED_BY(lc_signals);
    struct sigpending pending GUARDED_BY(lc_signals); // for any thread
    struct process_stop stop GUARDED_BY(lc_signals);
    struct limit limits[LIMITS] GUARDED_BY(lc_signals);
    struct usage used;                  // by threads that have ended. lc_signals, until all have
    struct waitq go_on;                 // its threads wait here while they are stopped
    bool ending GUARDED_BY(lc_signals); // all threads are to end
    uint32_t end_status GUARDED_BY(lc_signals); // with this; else it is the last thread's

    // execve(2): the thread that is to be the only one, where the others have ended; null: none.
    struct thread *sole GUARDED_BY(lc_signals);
    struct waitq thread_left;
    struct entry *exe; // what it executes, as exec_image has it. lc_processes
    bool executes;     // it has called execve(2) since it was made. lc_processes

    uint32_t sequence_fences;      // atomic: how often all sequences were to begin anew
    uint32_t barriers;             // atomic: of membarrier(2), what it has registered for
    struct process_timers *timers; // the room above's own; null: none
};

static inline void signals_lock(struct process *p) ACQUIRE(lc_signals)
{
    handlers_lock(p->handlers);
}
static inline void signals_unlock(struct process *p) RELEASE(lc_signals)
{
    handlers_unlock(p->handlers);
}

// What the rooms above do for a thread.
struct process_ops {
    // A system call, or an exception: looks at t->ctx.
    void (*serve_syscall)(struct thread *t);
    void (*serve_exception)(struct thread *t);
    // All threads have ended, and nobody has been told. lc_processes is held.
    void (*end)(struct process *p);
    // A signal of a timer has been taken by a thread of `p`, which is to be told `info`.
    void (*take_timer)(struct process *p, struct signal_info *info);
    // It executes another program: timers of timer_create(2) are gone.
    void (*execute)(struct process *p);
};

// Sets them. Once, before the first process.
void process_init(const struct process_ops *ops);

// Starts the first process, whose end is the machine's. Takes over the image, and the references to
// the others. ERR_NOMEM.
enum err process_start_first(const struct exec_image *image, struct descriptors *files,
                             struct places *places);

// How clone(2) makes a thread: of the running one's process or of a new one, which begins with
// copies of what it does not share.
struct clone_request {
    bool thread;         // of the same process; shares memory and handlers
    bool share_memory;   // CLONE_VM
    bool share_handlers; // CLONE_SIGHAND
    bool share_files;    // CLONE_FILES
    bool share_places;   // CLONE_FS
    bool clear_handlers; // CLONE_CLEAR_SIGHAND: all are SIGNAL_DEFAULT
    bool sibling;        // CLONE_PARENT
    bool wait;           // CLONE_VFORK
    bool sets_tls;       // FS's base becomes `tls`
    uint32_t end_signal; // of a process
    uint64_t stack;      // 0: where the caller's is
    uint64_t tls;
    uint64_t clear_tid;   // 0: nowhere
    uint64_t tell_child;  // where the identifier is written in its memory; 0: nowhere
    uint64_t tell_parent; // and in the caller's
    uint64_t tid;         // the identifier that is asked for; 0: any
};

// Makes it. `*tid` is its identifier. ERR_NOMEM. ERR_AGAIN: no identifier is free. ERR_EXIST:
// `tid` is not. ERR_INTR: a signal is due, to be looked at first.
enum err thread_clone(struct thread *t, const struct clone_request *r, uint64_t *tid);

// The thread or process with this identifier, with a reference; null: there is none, or it has
// ended (a thread), or has been waited for (a process).
struct thread *thread_find(uint64_t tid);
struct process *process_find(uint64_t pid);
void thread_put(struct thread *t);

// A thread's memory, with a reference; null: it has let go of it.
struct mm *thread_mm(struct thread *t);
void process_put(struct process *p);

// Ends the running thread. `wait_status` is as wait(2) reports it of the process, if this is its
// last thread and process_end has not been called.
[[noreturn]] void thread_end(struct thread *t, uint32_t wait_status);

// Ends the running thread's process: all its threads.
[[noreturn]] void process_end(struct thread *t, uint32_t wait_status);

// The thread that runs; null: a task of no process.
struct thread *thread_running(void);

// Whether there is nothing for the running thread to do but to end: for wait_limits.
bool thread_is_killed(void);

// For the room's own: see process_ops.
void process_take_timer(struct process *p, struct signal_info *info);
void process_forget_timers(struct process *p);

// Makes the running thread, alone, execute the image with these credentials, both of which it takes
// over; on an error too. The process's other threads have ended when it returns. ERR_NOMEM,
// ERR_AGAIN: it is to end itself. ERR_INVAL: another process has the same signal handlers.
enum err process_execute(struct thread *t, struct exec_image *image, struct cred *cred);

// What to wait for.
struct wait_request {
    uint64_t pid;                   // 0: any child
    uint64_t group;                 // 0: of any group
    bool poll;                      // do not wait: then the answer's pid may be 0
    bool keep;                      // what is found stays to be found again
    bool ended, stopped, continued; // which of these
    bool all, clones;               // __WALL: any child; __WCLONE: whose end sends another signal
};

// What is found: its identifier, wait status, and what the signal would say of it.
struct wait_answer {
    uint64_t pid;
    uint32_t wait_status;
    struct signal_info info;
    struct usage used; // by it and its children
};

// A child that has ended; it is gone then. Or one that has stopped or gone on, once. ERR_CHILD:
// there is no such child. ERR_INTR: a signal is due.
enum err process_wait(struct process *p, const struct wait_request *r, struct wait_answer *a);

// The parent's identifier; 0: none.
uint64_t process_parent_pid(struct process *p);

// ---- groups and sessions (credentials(7)) ------------------------------------------------------

// The group's and the session's identifiers. ERR_SRCH: there is no such process.
enum err process_group(uint64_t pid, uint64_t *group);
enum err process_session(uint64_t pid, uint64_t *session);

// setpgid(2) by `p`; 0 is its own. ERR_SRCH, ERR_PERM, as its man page has them.
enum err process_set_group(struct process *p, uint64_t pid, uint64_t group);

// Makes the process a session's and a group's first. ERR_PERM: it is the first of a group.
enum err process_start_session(struct process *p);

C_END
