// SPDX-License-Identifier: Apache-2.0
// What a task is to its policy. For the frame's own policies, and for task/.
#pragma once
#include "kernel/frame/base/tree.h"
#include "kernel/frame/sched/container.h"

C_BEGIN

struct sched_node {
    struct sched_container *container; // atomic: the one it is in
    struct sched_node *next, *prev;    // in a queue
    struct tree_node tree;             // in a tree
    uint64_t key;                      // its order there
    struct sched_attr attr;
    uint32_t cpu; // where it ran last
    // The default policy's; see fair.h. In weighted cycles.
    int64_t lag;             // while it is nowhere
    uint64_t vruntime;       // while it is ready or runs
    uint64_t least_vruntime; // of its subtree
    uint64_t slice_left;     // of a round-robin task, in cycles
    uint64_t ready_since;    // in clock_cycles()
};

// A node that is about to be freed: true if it is in no container, and from now on can come into
// none. And a new one.
bool sched_node_retire(struct sched_node *task);
void sched_node_init(struct sched_node *task, const struct sched_attr *attr);

// Whether the running code holds `cpu`'s run queue. Supplied by task/.
bool run_queue_is_mine(uint32_t cpu);

C_END
