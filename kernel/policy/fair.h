// SPDX-License-Identifier: Apache-2.0
// Fair shares by weight: earliest eligible virtual deadline first (I. Stoica, H. Abdel-Wahab,
// "Earliest Eligible Virtual Deadline First", 1995). One for each CPU, under its run queue.
//
// A task's virtual runtime advances by the cycles it uses, the slower the heavier it is. The
// weighted average of all is the virtual time V. Who is not ahead of V is eligible, and among
// those the one runs whose slice would end first. What a task is ahead or behind when it leaves
// (its lag) it brings back, within limits, so that sleeping neither earns nor costs a share.
#pragma once
#include "kernel/frame/frame.h"

C_BEGIN

// How long a task of default weight runs before the others' deadlines come first.
constexpr uint64_t FAIR_SLICE_CYCLES = 6'000'000;

struct fair {
    struct sched_tree ready;    // by virtual deadline, bounded by virtual runtime
    struct sched_node *running; // counted in the sums though it is not in the tree
    uint64_t base;              // what the sums count from: no runtime is far below it
    int64_t sum_weighted;       // of weight * (vruntime - base)
    int64_t sum_weight;
};

void fair_init(struct fair *f, uint32_t cpu);

// A task comes from elsewhere: takes its place by its lag. False if it is in a container. The
// running one has been charged up to now.
bool fair_add(struct fair *f, struct sched_node *n);

// The running task goes back into the tree. With `yield` its slice counts as used up.
bool fair_put_back(struct fair *f, struct sched_node *n, bool yield);

// The running task leaves; its lag is kept in it.
void fair_leave(struct fair *f, struct sched_node *n);

// Takes the task that should run out of the tree, and makes it the running one; or null.
struct sched_node *fair_pick(struct fair *f);

// A ready task leaves for another CPU.
bool fair_remove(struct fair *f, struct sched_node *n);

// The running task has used so many cycles.
void fair_charge(struct fair *f, struct sched_node *n, uint64_t cycles);

// Whether `n`, ready, should run rather than the running task.
bool fair_preempts(const struct fair *f, struct sched_node *n);

// Cycles until the running task's deadline.
uint64_t fair_left(const struct fair *f);

C_END
