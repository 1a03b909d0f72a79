// SPDX-License-Identifier: Apache-2.0
// A timer, and how its time comes. The room's own.
#pragma once
#include "kernel/linux/timer/timer.h"

C_BEGIN

struct interval_timer {
    struct timer timer;
    struct interval_timer *before; // of those whose time has come
    struct list_link due;          // among those that are to be served
    struct ttree_node by_id;       // in the process's
    uint64_t id;
    struct process *process; // which has it
    struct thread *of;       // whose processor time it goes by: a reference, or null
    enum timer_clock clock;
    struct timer_notice notice; // its thread is a reference
    int32_t code;               // si_code
    uint64_t next;              // by its clock; 0: it is not armed
    uint64_t interval;
    uint64_t waits; // the signal that waits until somebody takes it; 0: none
    uint32_t overruns;
};

struct timers {
    struct mutex lock;
    bool started GUARDED_BY(lc_timers); // the task that has them come
    uint64_t last_signal GUARDED_BY(lc_timers);
};
extern struct timers timers;
MUTEX_OPS(timers, struct timers, lock, lc_timers)

// What its clock says.
uint64_t interval_now(struct interval_timer *x);

// Starts what has timers come, if that has not been done. ERR_NOMEM.
enum err interval_start(void) REQUIRES(lc_timers);

void interval_init(struct interval_timer *x);

// Has it come at x->next, if that is not 0; it is not armed.
void interval_arm(struct interval_timer *x) REQUIRES(lc_timers);

// It does not come any more.
void interval_disarm(struct interval_timer *x) REQUIRES(lc_timers);

// Moves x->next behind `now`, and says how many times that has passed over; without an interval
// there is no next time.
uint64_t interval_forward(struct interval_timer *x, uint64_t now) REQUIRES(lc_timers);

C_END
