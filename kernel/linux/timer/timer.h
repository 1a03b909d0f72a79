// SPDX-License-Identifier: Apache-2.0
// Interval timers of processes (getitimer(2), timer_create(2)). What they send goes out from a task
// of the room's own, a little after the time has come.
//
// lc_timers (a sleeping lock) guards all of them. Times are in nanoseconds. Task context; all may
// sleep.
#pragma once
#include "kernel/linux/process/process.h"

C_BEGIN

// By what time a timer goes.
enum timer_clock : int {
    TIMER_REAL,        // time of day
    TIMER_MONO,        // time since boot
    TIMER_PROCESS_CPU, // processor time of a process
    TIMER_THREAD_CPU,  // processor time of a thread
};

// As programs set it and see it: how long it is to the next time, 0 for a timer that is not armed,
// and from then on from one to the next, 0 for one that comes once.
struct timer_setting {
    uint64_t value, interval;
};

// The three of setitimer(2): by ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF. Sets one (`new` null:
// does not), and says how it was. ERR_NOMEM.
enum err itimer_exchange(struct process *p, uint32_t which, const struct timer_setting *new,
                         struct timer_setting *old);

// What a timer does when its time has come.
struct timer_notice {
    uint32_t signal; // 0: nothing
    bool has_value;  // else the value is the timer's identifier
    uint64_t value;
    struct thread
        *to; // whom the signal is for; null: the process. The reference stays the caller's
};

// Makes one, not armed. `of` is whose processor time it goes by; null unless TIMER_THREAD_CPU.
// ERR_NOMEM. ERR_AGAIN: it has too many.
enum err timer_make(struct process *p, enum timer_clock clock, struct thread *of,
                    const struct timer_notice *notice, int32_t *id);

// Of process `p`'s timer `id`. ERR_INVAL: there is none. Sets it: with `absolute` the value is a
// time of its clock. `old` may be null.
enum err timer_exchange(struct process *p, int32_t id, bool absolute,
                        const struct timer_setting *new, struct timer_setting *old);
enum err timer_left(struct process *p, int32_t id, struct timer_setting *left);

// How many times more had come when its last signal was taken (timer_getoverrun(2)).
enum err timer_overrun(struct process *p, int32_t id, uint32_t *count);

enum err timer_delete(struct process *p, int32_t id);

// For process_ops: a timer's signal has been taken; a process ends, or executes another program.
void timer_taken(struct process *p, struct signal_info *info);
void timers_end(struct process *p);
void timers_forget_made(struct process *p);

C_END
