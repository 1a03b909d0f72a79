// SPDX-License-Identifier: Apache-2.0
// Wait queues: tasks sleep until what they wait for is true.
//
//     waitq_until(&p->readable, ring_has_bytes(p));                     // for as long as it takes
//     enum err err;
//     waitq_until_or(&p->readable, ring_has_bytes(p), &limits, err);    // or until something else
//
// Who makes it true does so first and wakes then. The condition is evaluated in the waiting task,
// again after every wake-up; it may take locks but must not sleep.
#pragma once
#include "kernel/frame/base/err.h"
#include "kernel/frame/base/list.h"
#include "kernel/frame/lock/lock_classes.h"
#include "kernel/frame/lock/spinlock.h"
#include "kernel/frame/task/task.h"

C_BEGIN

// All zero is empty.
struct FRAME_PINNED waitq {
    struct spinlock lock FRAME_PRIVATE;
    uint32_t count FRAME_PRIVATE; // atomic: waiters, also those that have been woken
    struct list waiters FRAME_PRIVATE;
};

// A task in a queue; on its stack, for as long as waitq_until goes on.
struct FRAME_PINNED waiter {
    struct list link FRAME_PRIVATE; // null pointers: woken
    struct task *task FRAME_PRIVATE;
    bool woken FRAME_PRIVATE; // atomic
};

// What else ends a wait.
struct wait_limits {
    uint64_t deadline_ns; // of clock_mono_ns(); 0: none
    // Asked before every sleep. True ends the wait. Who makes it true calls task_unpark. May be
    // null.
    bool (*cancelled)(void);
};

// Wakes the one that has waited longest, or all. Any context. False if nobody waited.
bool waitq_wake_one(struct waitq *q);
bool waitq_wake_all(struct waitq *q);

// Sleeps until `condition`. Task context.
#define waitq_until(queue, condition)                                                              \
    do {                                                                                           \
        struct waiter waitq_self;                                                                  \
        waitq_begin((queue), &waitq_self);                                                         \
        while (!(condition))                                                                       \
            waitq_sleep((queue), &waitq_self);                                                     \
        waitq_end((queue), &waitq_self);                                                           \
    } while (0)

// The same, and sets `result`: ERR_OK when `condition` is true; ERR_INTR when limits->cancelled is;
// ERR_TIMEDOUT when the deadline has passed.
#define waitq_until_or(queue, condition, limits, result)                                           \
    do {                                                                                           \
        struct waiter waitq_self;                                                                  \
        (result) = ERR_OK;                                                                         \
        waitq_begin((queue), &waitq_self);                                                         \
        while ((result) == ERR_OK && !(condition))                                                 \
            (result) = waitq_sleep_limited((queue), &waitq_self, (limits));                        \
        waitq_end((queue), &waitq_self);                                                           \
    } while (0)

// The parts of these.
FRAME_ONLY void waitq_begin(struct waitq *q, struct waiter *w);
FRAME_ONLY void waitq_sleep(struct waitq *q, struct waiter *w);
FRAME_ONLY enum err waitq_sleep_limited(struct waitq *q, struct waiter *w,
                                        const struct wait_limits *limits);
FRAME_ONLY void waitq_end(struct waitq *q, struct waiter *w);

C_END
