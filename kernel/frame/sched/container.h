// SPDX-License-Identifier: Apache-2.0
// Where a policy keeps ready tasks: queues and trees. Each belongs to one CPU, and works only
// where that CPU's run queue is locked, which is inside the policy's functions for that CPU.
// A task is in one container at most. A call that these rules forbid does nothing and says so;
// nothing a policy does can break a container.
#pragma once
#include "kernel/frame/base/tree.h"
#include "kernel/frame/sched/sched.h"

C_BEGIN

struct FRAME_PINNED sched_container {
    uint32_t cpu FRAME_PRIVATE;
    uint32_t count FRAME_PRIVATE;
};

// First in, first out.
struct FRAME_PINNED sched_queue {
    struct sched_container c FRAME_PRIVATE;
    struct sched_node *first FRAME_PRIVATE, *last FRAME_PRIVATE;
};

// Ordered by a key, small ones first; equal ones as they came. Each task in it has a bound besides.
struct FRAME_PINNED sched_tree {
    struct sched_container c FRAME_PRIVATE;
    struct tree tree FRAME_PRIVATE;
};

// Before first use, while nothing is in it.
void sched_queue_init(struct sched_queue *q, uint32_t cpu);
void sched_tree_init(struct sched_tree *t, uint32_t cpu);

// How many are in it. A hint where its CPU's run queue is not locked.
uint32_t sched_queue_count(const struct sched_queue *q);
uint32_t sched_tree_count(const struct sched_tree *t);

// False if the task is in a container already, or has ended.
bool sched_queue_push(struct sched_queue *q, struct sched_node *task);
bool sched_tree_insert(struct sched_tree *t, struct sched_node *task, uint64_t key, uint64_t bound);

// The first, or null; and the first, taken out.
struct sched_node *sched_tree_first(const struct sched_tree *t);
struct sched_node *sched_queue_pop(struct sched_queue *q);
struct sched_node *sched_tree_pop(struct sched_tree *t);

// The one after `task`; null if it was the last, or is not in it.
struct sched_node *sched_tree_next(const struct sched_tree *t, struct sched_node *task);

// The first whose bound is at most `limit`, or null. Takes as many steps as the tree is high.
struct sched_node *sched_tree_first_within(const struct sched_tree *t, uint64_t limit);

// The first that may run on `cpu`, taken out; or null.
struct sched_node *sched_queue_pop_for(struct sched_queue *q, uint32_t cpu);

// False if the task is not in it.
bool sched_queue_remove(struct sched_queue *q, struct sched_node *task);
bool sched_tree_remove(struct sched_tree *t, struct sched_node *task);

C_END
