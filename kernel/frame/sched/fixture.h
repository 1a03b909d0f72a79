// SPDX-License-Identifier: Apache-2.0
// For tests of containers and policies: what the rest of the frame would tell them, and tasks.
#pragma once
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/sched/sched_priv.h"
#include <gtest/gtest.h>
#include <vector>

// Of the host's library.
#undef SCHED_FIFO
#undef SCHED_RR

namespace fixture
{
inline uint32_t locked_cpu; // whose run queue is held
inline struct cpu blocks[4];
} // namespace fixture

// One program has one source that includes this.
bool run_queue_is_mine(uint32_t cpu) { return cpu == fixture::locked_cpu; }
struct cpu_arch *cpu_arch_this(void) { return &fixture::blocks[0].arch; }
void preempt_schedule(void) {}
void preempt_schedule_irq(void) {}

inline constexpr uint32_t CPUS = 4;

// Four CPUs, once for the program: they cannot be taken away again.
inline void make_cpus()
{
    for (uint32_t i = cpu_count(); i < CPUS; i++) {
        fixture::blocks[i].id = i;
        cpu_add(&fixture::blocks[i]);
    }
}

struct Task {
    explicit Task(uint32_t weight = SCHED_WEIGHT_DEFAULT)
    {
        struct sched_attr attr = {
            .kind = SCHED_FAIR, .priority = 0, .label = 0, .weight = weight, .affinity = {~0ull}};
        sched_node_init(&node, &attr);
    }

    static Task real_time(enum sched_class kind, uint8_t priority)
    {
        Task t;
        t.node.attr.kind = kind;
        t.node.attr.priority = priority;
        return t;
    }

    struct sched_node node = {};
    uint64_t used = 0;
};

// The same numbers in every run.
class Random
{
public:
    explicit Random(uint64_t seed) : state_(seed) {}

    uint64_t below(uint64_t n)
    {
        state_ = state_ * 6364136223846793005 + 1442695040888963407;
        return (state_ >> 33) % n;
    }

private:
    uint64_t state_;
};
