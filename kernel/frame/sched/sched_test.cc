// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/sched/sched.h"
#include <deque>
#include <gtest/gtest.h>
#include <random>

namespace
{

class RunQueue : public ::testing::Test
{
protected:
    void SetUp() override { run_queue_init(&queue); }

    struct run_queue queue;
    struct sched_entity e[4] = {};
};

TEST_F(RunQueue, empty_queue_has_nothing_to_run)
{
    EXPECT_EQ(run_queue_pop(&queue), nullptr);
    EXPECT_EQ(run_queue_pop(&queue), nullptr);
}

TEST_F(RunQueue, first_in_is_first_out)
{
    for (struct sched_entity &each : e)
        run_queue_push(&queue, &each);
    for (struct sched_entity &each : e)
        EXPECT_EQ(run_queue_pop(&queue), &each);
    EXPECT_EQ(run_queue_pop(&queue), nullptr);
}

TEST_F(RunQueue, one_that_was_taken_may_queue_again)
{
    run_queue_push(&queue, &e[0]);
    run_queue_push(&queue, &e[1]);
    EXPECT_EQ(run_queue_pop(&queue), &e[0]);
    run_queue_push(&queue, &e[0]);
    EXPECT_EQ(run_queue_pop(&queue), &e[1]);
    EXPECT_EQ(run_queue_pop(&queue), &e[0]);
}

TEST_F(RunQueue, everybody_gets_a_turn_in_each_round)
{
    for (struct sched_entity &each : e)
        run_queue_push(&queue, &each);
    for (int round = 0; round < 100; round++) {
        for (struct sched_entity &each : e) {
            struct sched_entity *next = run_queue_pop(&queue);
            ASSERT_EQ(next, &each);
            run_queue_push(&queue, next);
        }
    }
}

TEST_F(RunQueue, queues_are_independent)
{
    struct run_queue other;
    run_queue_init(&other);
    run_queue_push(&queue, &e[0]);
    run_queue_push(&other, &e[1]);
    EXPECT_EQ(run_queue_pop(&queue), &e[0]);
    EXPECT_EQ(run_queue_pop(&queue), nullptr);
    EXPECT_EQ(run_queue_pop(&other), &e[1]);
}

using RunQueueDeathTest = RunQueue;

TEST_F(RunQueueDeathTest, queueing_twice_panics)
{
    run_queue_push(&queue, &e[0]);
    EXPECT_DEATH(run_queue_push(&queue, &e[0]), "assertion failed");
    run_queue_push(&queue, &e[1]);
    EXPECT_DEATH(run_queue_push(&queue, &e[0]), "assertion failed");
}

} // namespace
