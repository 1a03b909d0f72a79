// SPDX-License-Identifier: Apache-2.0
// Tasks: threads of the kernel, each with a guarded stack of its own, on any CPU. One may be made
// to give way to another wherever preemption is on.
#pragma once
#include "kernel/frame/base/err.h"
#include "kernel/frame/sched/sched.h"
#include "kernel/frame/vmm/vm_space.h"

C_BEGIN

struct task; // reference-counted; a started task holds a reference to itself until it exits

// The body of a task whose argument is a `struct type *`, and name_create to make one:
//
//     TASK_DEFINE(serve, struct request, r) { ... r->field ...; }
//     must(serve_create(&request, &task));
//
// The argument outlives the task. name_current() is the running task's argument, if it is such a
// task; else null.
#define TASK_DEFINE(name, type, parameter)                                                         \
    typedef type name##_argument;                                                                  \
    static void name(name##_argument *parameter);                                                  \
    static void name##_entry(void *argument) { name((name##_argument *)argument); }                \
    static inline enum err name##_create(name##_argument *argument, struct task **out)             \
    {                                                                                              \
        return task_create(name##_entry, argument, out);                                           \
    }                                                                                              \
    [[maybe_unused]] static inline name##_argument *name##_current(void)                           \
    {                                                                                              \
        return (name##_argument *)task_current_argument(name##_entry);                             \
    }                                                                                              \
    static void name(name##_argument *parameter)

// For TASK_DEFINE: a task that will run fn(arg), with one reference, the caller's. ERR_NOMEM.
FRAME_ONLY enum err task_create(void (*fn)(void *), void *arg, struct task **out);

// For TASK_DEFINE: the running task's argument if `fn` is its function; else null.
FRAME_ONLY void *task_current_argument(void (*fn)(void *));

// Takes and drops a reference. Dropping the last of a task that is not running frees it.
void task_get(struct task *task);
void task_put(struct task *task);

// Lets a new task run when its turn comes. Once for each task.
void task_start(struct task *task);

// Changes how it is scheduled. ERR_INVAL: no such class, a priority or weight out of range, or no
// CPU of the affinity runs. Takes effect at once, wherever the task is. Preemption on.
enum err task_set_sched(struct task *task, struct sched_attr attr);
struct sched_attr task_sched(struct task *task);

// Processor time it has used up to now, in clock_cycles(). Any context.
uint64_t task_used_cycles(struct task *task);

// The running task; null before the first and in the idle loop.
struct task *task_current(void);

// Lets others run; returns when it is this task's turn again. Task context, may sleep.
void task_yield(void);

// Sleeps until task_unpark; if that has come since the last park, returns at once. It may also
// return for no reason, so its caller looks again at what it waits for. Task context, may sleep.
void task_park(void);

// Ends a task's park, or its next. True if it slept. Any context; the caller has a reference.
bool task_unpark(struct task *task);

// The same; and if it runs, has it ask its hooks in user_mode_run whether there is an event, soon.
void task_kick(struct task *task);

// Ends the running task; as returning from its function does.
[[noreturn]] void task_exit(void);

// Gives the running task an address space, active whenever it runs; null takes it away. The
// task holds a reference. Task context.
void task_set_space(struct vm_space *space);

// The running task's address space, or null; and the CPU it is on, which may change at once.
struct vm_space *task_space(void);
uint32_t task_cpu(void);

// How often the running task has given way to another, or waited: while that stays so does the CPU.
uint64_t task_switches(void);

// Tasks that were started and have not ended; one that has ended counts until its stack and its
// address space have been let go. Any context.
uint32_t task_count(void);

// Frees the kernel stacks that are kept for new tasks. Task context.
void task_trim(void);

// For the frame's start. Connects timers; and runs tasks for ever, on every CPU: the caller's
// stack becomes its idle loop's. Interrupts off.
FRAME_ONLY void task_init(void);
[[noreturn]] FRAME_ONLY void task_run_all(void);

// What is better done when nothing else is: frees the tasks that have ended on this CPU, and calls
// what rcu_defer was given. Where a task gives way by itself, and when a program is interrupted;
// interrupts on.
FRAME_ONLY void task_tidy(void);

// For the idle loop: panics if there is no task left that could ever do anything.
FRAME_ONLY void task_check_alive(void);

C_END
