// SPDX-License-Identifier: Apache-2.0
// How threads are scheduled, in Linux's terms (sched(7)): policies, nice values, priorities and
// CPUs. lc_processes guards them. Task context; all may sleep.
#pragma once
#include "kernel/linux/process/process.h"

C_BEGIN

constexpr int32_t NICE_MIN = -20, NICE_MAX = 19;

// Linux's numbers: the frame's classes have the names.
constexpr uint32_t POLICY_NORMAL = 0, POLICY_FIFO = 1, POLICY_RR = 2, POLICY_BATCH = 3,
                   POLICY_IDLE = 5;

// What is to be changed; the rest stays.
struct schedule_change {
    bool sets_policy;
    uint32_t policy;    // SCHED_NORMAL and so on
    uint32_t priority;  // of SCHED_FIFO and SCHED_RR
    bool reset_on_fork; // children begin as usual
    bool sets_nice;
    int32_t nice;
    bool sets_affinity;
    struct cpuset affinity;
};

// Of thread `tid`; changes are the running thread's. ERR_SRCH: there is none. ERR_INVAL: no CPU of
// the affinity runs. ERR_PERM: it is somebody else's, or may not have that. ERR_ACCES: the nice
// value alone is what it may not have.
enum err schedule_get(uint64_t tid, struct thread_schedule *out);
enum err schedule_change(uint64_t tid, const struct schedule_change *c);

// How long a thread runs before others have their turn that are scheduled as it is; 0: for ever
// (sched_rr_get_interval(2)). In nanoseconds.
uint64_t schedule_slice(const struct thread_schedule *s);

// Nice values of several: of a process group's threads, or of a user's. ERR_SRCH: there is none.
// ERR_PERM and ERR_ACCES: some are as they were. `*least` is the lowest value among them.
enum err schedule_nice_group(uint64_t group, const struct schedule_change *c, int32_t *least);
enum err schedule_nice_user(uint32_t uid, const struct schedule_change *c, int32_t *least);

// The room's own: a thread that has not run yet begins as its maker goes.
void schedule_inherit(struct thread *t, const struct thread *by) REQUIRES(lc_processes);

C_END
