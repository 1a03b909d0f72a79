// SPDX-License-Identifier: Apache-2.0
// What a task is to its policy. For task/.
#pragma once
#include "kernel/frame/base/tree.h"
#include "kernel/frame/sched/container.h"

C_BEGIN

struct sched_node {
    struct sched_container *container; // atomic: the one it is in
    struct sched_node *next, *prev;    // in a queue
    struct tree_node tree;             // in a tree
    uint64_t key;                      // its order there
    uint64_t bound, least_bound;       // its own there, and the least of its subtree
    struct sched_attr attr;
    uint32_t cpu; // where it ran last
    struct sched_share share;
};

// A node that is about to be freed: true if it is in no container, and from now on can come into
// none. And a new one.
bool sched_node_retire(struct sched_node *task);
void sched_node_init(struct sched_node *task, const struct sched_attr *attr);

// Whether the running code holds `cpu`'s run queue. Supplied by task/.
bool run_queue_is_mine(uint32_t cpu);

C_END
