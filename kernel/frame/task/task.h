// SPDX-License-Identifier: Apache-2.0
// Tasks: threads of the kernel, each with a guarded stack of its own. They switch only where
// they yield or exit.
#pragma once
#include "kernel/frame/base/err.h"
#include "kernel/frame/vmm/vm_space.h"

C_BEGIN

struct task; // reference-counted; a started task holds a reference to itself until it exits

// The body of a task whose argument is a `struct type *`, and name_create to make one:
//
//     TASK_DEFINE(serve, struct request, r) { ... r->field ...; }
//     must(serve_create(&request, &task));
//
// The argument outlives the task.
#define TASK_DEFINE(name, type, parameter)                                                         \
    static void name(type *parameter);                                                             \
    static void name##_entry(void *argument) { name((type *)argument); }                           \
    static inline enum err name##_create(type *argument, struct task **out)                        \
    {                                                                                              \
        return task_create(name##_entry, argument, out);                                           \
    }                                                                                              \
    static void name(type *parameter)

// For TASK_DEFINE: a task that will run fn(arg), with one reference, the caller's. ERR_NOMEM.
enum err task_create(void (*fn)(void *), void *arg, struct task **out);

// Takes and drops a reference. Dropping the last of a task that is not running frees it.
void task_get(struct task *task);
void task_put(struct task *task);

// Lets a new task run when its turn comes. Once for each task.
void task_start(struct task *task);

// The running task; null before the first and in the idle loop.
struct task *task_current(void);

// Lets others run; returns when it is this task's turn again. Task context.
void task_yield(void);

// Ends the running task; as returning from its function does.
[[noreturn]] void task_exit(void);

// Gives the running task an address space, active whenever it runs; null takes it away. The
// task holds a reference. Task context.
void task_set_space(struct vm_space *space);

// For the frame's start: runs tasks for ever. The caller's stack becomes the idle loop's.
[[noreturn]] void task_run_all(void);

C_END
