// SPDX-License-Identifier: Apache-2.0
// What a task is, and its states.
#pragma once
#include "kernel/frame/lock/lock_classes.h"
#include "kernel/frame/lock/spinlock.h"
#include "kernel/frame/sched/sched_priv.h"
#include "kernel/frame/task/task.h"
#include "kernel/frame/vmm/kva.h"

// Who changes a state, and from where to where:
//
//     NEW --start--> MOVING <-------------------+
//                      |  queued                | unpark
//                      v                        |
//     LEAVING       READY         PARKING --> PARKED
//        |  ^          |  pick       ^    the CPU has left its stack
//        |  |          v             |
//        |  +------ RUNNING ---------+
//        v  preempted,  |  exit
//      READY  yielded   v
//                     DEAD
//
// While a task is LEAVING or PARKING its CPU is still on its stack, so only that CPU may take it
// up again. One that is MOVING belongs to whoever is about to put it into a queue: it becomes so
// from READY too, when it is stolen or its attributes change, and from RUNNING. Only READY ones
// can be picked, whatever else a policy offers, and who has made one READY leaves it alone. A
// wake-up that comes to a task which is not PARKED leaves TASK_NOTIFIED, and the next park returns
// at once.
enum task_state : uint32_t {
    TASK_NEW,
    TASK_READY,
    TASK_RUNNING,
    TASK_LEAVING, // back in its CPU's queue
    TASK_MOVING,
    TASK_PARKING,
    TASK_PARKED,
    TASK_DEAD,
};
constexpr uint32_t TASK_NOTIFIED = 1u << 31;

struct task {
    uint64_t sp;    // while it does not run. First: the heap overwrites it in a freed task
    uint32_t state; // atomic: enum task_state and TASK_NOTIFIED
    uint32_t refs;  // atomic
    struct sched_node sched;
    uint32_t queued_on; // atomic: the CPU whose queue it was last put into
    uint64_t used_cycles;
    uint64_t switches; // the running task's own: how often it has given way
    struct kva *stack;
    struct vm_space *space; // the running task's own; null: none
    struct task *next_dead;
    void (*fn)(void *);
    void *arg;
    struct spinlock lock;
    struct sched_attr next_attr GUARDED_BY(lc_task);
    bool attr_changed; // atomic: next_attr is to take effect
};
SPINLOCK_IRQ_OPS(task, struct task, lock, lc_task)

// Changes the state if it is `from`; a notification stays.
bool task_change_state(struct task *task, enum task_state from, enum task_state to);

// For task.c: puts a task that is MOVING into a queue, where it is READY.
void task_enqueue(struct task *task, enum sched_why why);

// For task.c: the task's attributes have changed.
void task_requeue(struct task *task);

// For switch.c: the first C code on a task's own stack.
void task_main(void *task);

// For switch.c: drops the reference that a started task had to itself.
void task_bury(struct task *dead);
