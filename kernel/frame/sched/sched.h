// SPDX-License-Identifier: Apache-2.0
// Scheduling policy: who runs next, where, and for how long. The frame switches tasks and keeps
// their states; a policy, which a service may supply, only chooses. Whatever it answers, no task
// runs on two CPUs, and none runs that is not ready: a wrong policy can starve, not corrupt.
//
// A policy keeps ready tasks in containers that the frame provides (container.h). Each belongs to
// one CPU and works only inside the policy's functions for that CPU, which the frame calls with
// that CPU's run queue locked (lc_runqueue) and interrupts off.
#pragma once
#include "kernel/frame/cpu/cpuset.h"

C_BEGIN

// How a task wants to be scheduled.
enum sched_class : uint8_t {
    SCHED_FAIR, // a share of the time by weight
    SCHED_FIFO, // before all fair ones and those of lower priority, until it blocks
    SCHED_RR,   // the same, taking turns with its equals
};

struct sched_attr {
    enum sched_class kind;
    uint8_t priority;       // SCHED_FIFO and SCHED_RR: 1 to 99, high ones first
    uint16_t label;         // for a service's own policy: the frame gives it no meaning
    uint32_t weight;        // SCHED_FAIR: SCHED_WEIGHT_DEFAULT for an ordinary share
    struct cpuset affinity; // where it may run; empty stands for everywhere
};

constexpr uint32_t SCHED_WEIGHT_DEFAULT = 1024;
constexpr uint32_t SCHED_WEIGHT_MIN = 3;
constexpr uint32_t SCHED_WEIGHT_MAX = 1u << 20;
constexpr uint8_t SCHED_PRIORITY_MAX = 99;

// A task as a policy sees it: opaque, so that every one there is belongs to a task. A pointer to it
// stays one to some task for ever; of a task that has ended it is useless, not dangerous.
struct sched_node;

// Why a task comes to a queue.
enum sched_why : int {
    SCHED_NEW,       // it was started
    SCHED_WOKEN,     // it waited
    SCHED_PREEMPTED, // it ran, and somebody else is to
    SCHED_YIELDED,   // it ran, and lets others go first
    SCHED_MOVED,     // it was ready on another CPU, or its attributes have changed
};

struct sched_ops {
    // Which CPU should take the task. `waker` is the CPU that asks. An answer outside the task's
    // affinity is corrected. No lock is held.
    uint32_t (*select)(struct sched_node *task, enum sched_why why, uint32_t waker);

    // Puts the task into `cpu`'s queue. True: whatever runs there should give way. That has been
    // charged up to now.
    bool (*enqueue)(uint32_t cpu, struct sched_node *task, enum sched_why why);

    // Takes the next task to run out of `cpu`'s queue; null if there is none.
    struct sched_node *(*pick)(uint32_t cpu);

    // Takes a task out of `from`'s queue that `to`, which has nothing to do, may run; null if
    // there is none. Called with `from`'s run queue locked.
    struct sched_node *(*steal)(uint32_t from, uint32_t to);

    // The running task has used the CPU for so many cycles.
    void (*charge)(uint32_t cpu, struct sched_node *running, uint64_t cycles);

    // How many cycles the task that was just picked may run before it is asked to give way; 0: as
    // long as it likes.
    uint64_t (*slice)(uint32_t cpu, struct sched_node *running);

    // Takes a ready task out of `cpu`'s queue, wherever it is there. False if it is not.
    bool (*dequeue)(uint32_t cpu, struct sched_node *task);
};

// What a policy remembers of a task: zero in a new one, and of no meaning to the frame. Kept by the
// same lock as the container that the task is in, or as the CPU that runs it.
struct sched_share {
    uint64_t vruntime;    // the time it has used, by weight
    uint64_t deadline;    // up to where it may use more before the others
    int64_t lag;          // what it was behind when it left
    uint64_t slice_left;  // of its turn, in cycles
    uint64_t ready_since; // in clock_cycles()
};
struct sched_share *sched_node_share(struct sched_node *task);

// What a task is scheduled by.
struct sched_attr sched_node_attr(const struct sched_node *task);

// Where it ran last.
uint32_t sched_node_cpu(const struct sched_node *task);

// The policy that tasks begin under. Supplied by the image; `kernel_image` links //kernel/policy.
extern const struct sched_ops sched_default_ops;

// Replaces it. Where the calling task is the only one that has been started and has not
// ended; else panics. The policy meets the caller when that gives way for the first time.
void sched_inject(const struct sched_ops *ops);

// How many CPUs idle, and whether one does, for select functions. Any context; a hint.
struct cpuset sched_idle_cpus(void);

C_END
