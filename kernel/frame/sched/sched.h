// SPDX-License-Identifier: Apache-2.0
// Who runs next: round robin. Pure; the callers have interrupts off.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/list.h"

C_BEGIN

// A task's place in the run queue; part of struct task.
struct sched_entity {
    struct list link; // null pointers while not queued
};

struct run_queue {
    struct list tasks; // first in, first out
};

void run_queue_init(struct run_queue *q);

// Appends; queueing twice is a bug (panics).
void run_queue_push(struct run_queue *q, struct sched_entity *e);

// Takes the one that has waited longest; null if nothing is queued.
struct sched_entity *run_queue_pop(struct run_queue *q);

C_END
