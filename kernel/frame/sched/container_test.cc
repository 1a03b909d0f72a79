// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/sched/fixture.h"
#include <algorithm>
#include <map>

namespace
{

using fixture::locked_cpu;

class Containers : public ::testing::Test
{
protected:
    Containers()
    {
        locked_cpu = 0;
        sched_queue_init(&queue_, 0);
        sched_tree_init(&tree_, 0);
    }

    struct sched_queue queue_;
    struct sched_tree tree_;
    Task a_, b_, c_;
};

TEST_F(Containers, a_queue_gives_back_in_the_order_of_coming)
{
    for (Task *t : {&a_, &b_, &c_})
        EXPECT_TRUE(sched_queue_push(&queue_, &t->node));
    EXPECT_EQ(sched_queue_count(&queue_), 3u);
    for (Task *t : {&a_, &b_, &c_})
        EXPECT_EQ(sched_queue_pop(&queue_), &t->node);
    EXPECT_EQ(sched_queue_pop(&queue_), nullptr);
    EXPECT_EQ(sched_queue_count(&queue_), 0u);
}

TEST_F(Containers, a_tree_gives_back_by_key_and_equals_as_they_came)
{
    EXPECT_TRUE(sched_tree_insert(&tree_, &a_.node, 7, 0));
    EXPECT_TRUE(sched_tree_insert(&tree_, &b_.node, 3, 0));
    EXPECT_TRUE(sched_tree_insert(&tree_, &c_.node, 7, 0));
    EXPECT_EQ(sched_tree_first(&tree_), &b_.node);
    for (Task *t : {&b_, &a_, &c_})
        EXPECT_EQ(sched_tree_pop(&tree_), &t->node);
    EXPECT_EQ(sched_tree_first(&tree_), nullptr);
    EXPECT_EQ(sched_tree_pop(&tree_), nullptr);
}

TEST_F(Containers, a_tree_is_gone_through_in_order)
{
    EXPECT_TRUE(sched_tree_insert(&tree_, &a_.node, 2, 0));
    EXPECT_TRUE(sched_tree_insert(&tree_, &b_.node, 1, 0));
    EXPECT_EQ(sched_tree_next(&tree_, &b_.node), &a_.node);
    EXPECT_EQ(sched_tree_next(&tree_, &a_.node), nullptr);
    EXPECT_EQ(sched_tree_next(&tree_, &c_.node), nullptr) << "it is not there";
    locked_cpu = 1;
    EXPECT_EQ(sched_tree_next(&tree_, &b_.node), nullptr);
}

TEST_F(Containers, a_task_is_in_one_at_most)
{
    EXPECT_TRUE(sched_queue_push(&queue_, &a_.node));
    EXPECT_FALSE(sched_queue_push(&queue_, &a_.node));
    EXPECT_FALSE(sched_tree_insert(&tree_, &a_.node, 1, 0));
    EXPECT_FALSE(sched_tree_remove(&tree_, &a_.node));
    EXPECT_TRUE(sched_queue_remove(&queue_, &a_.node));
    EXPECT_FALSE(sched_queue_remove(&queue_, &a_.node));
    EXPECT_TRUE(sched_tree_insert(&tree_, &a_.node, 1, 0));
    EXPECT_FALSE(sched_queue_remove(&queue_, &a_.node));
}

TEST_F(Containers, without_its_run_queue_a_container_does_nothing)
{
    EXPECT_TRUE(sched_queue_push(&queue_, &a_.node));
    EXPECT_TRUE(sched_tree_insert(&tree_, &b_.node, 1, 0));
    locked_cpu = 1;
    EXPECT_FALSE(sched_queue_push(&queue_, &c_.node));
    EXPECT_FALSE(sched_tree_insert(&tree_, &c_.node, 1, 0));
    EXPECT_FALSE(sched_queue_remove(&queue_, &a_.node));
    EXPECT_FALSE(sched_tree_remove(&tree_, &b_.node));
    EXPECT_EQ(sched_queue_pop(&queue_), nullptr);
    EXPECT_EQ(sched_queue_pop_for(&queue_, 0), nullptr);
    EXPECT_EQ(sched_tree_first(&tree_), nullptr);
    EXPECT_EQ(sched_tree_first_within(&tree_, UINT64_MAX), nullptr);
    EXPECT_EQ(sched_tree_pop(&tree_), nullptr);
    locked_cpu = 0;
    EXPECT_EQ(sched_queue_pop(&queue_), &a_.node);
    EXPECT_EQ(sched_tree_pop(&tree_), &b_.node);
}

TEST_F(Containers, pop_for_takes_the_first_that_may_run_there)
{
    a_.node.attr.affinity = cpuset_of(0);
    b_.node.attr.affinity = cpuset_of(1);
    for (Task *t : {&a_, &b_, &c_})
        EXPECT_TRUE(sched_queue_push(&queue_, &t->node));
    EXPECT_EQ(sched_queue_pop_for(&queue_, 1), &b_.node);
    EXPECT_EQ(sched_queue_pop_for(&queue_, 1), &c_.node);
    EXPECT_EQ(sched_queue_pop_for(&queue_, 1), nullptr);
    EXPECT_EQ(sched_queue_pop_for(&queue_, 0), &a_.node);
}

TEST_F(Containers, who_is_retired_comes_into_none)
{
    EXPECT_TRUE(sched_queue_push(&queue_, &a_.node));
    EXPECT_FALSE(sched_node_retire(&a_.node));
    EXPECT_TRUE(sched_queue_remove(&queue_, &a_.node));
    EXPECT_TRUE(sched_node_retire(&a_.node));
    EXPECT_FALSE(sched_node_retire(&a_.node));
    EXPECT_FALSE(sched_queue_push(&queue_, &a_.node));
    EXPECT_FALSE(sched_tree_insert(&tree_, &a_.node, 1, 0));
    struct sched_attr attr = sched_node_attr(&a_.node);
    sched_node_init(&a_.node, &attr);
    EXPECT_TRUE(sched_queue_push(&queue_, &a_.node));
}

TEST_F(Containers, a_queue_is_a_list_whatever_is_removed)
{
    Random random(1);
    std::vector<Task> tasks(20);
    std::vector<struct sched_node *> model;
    for (int i = 0; i < 10000; i++) {
        struct sched_node *n = &tasks[random.below(tasks.size())].node;
        auto at = std::find(model.begin(), model.end(), n);
        switch (random.below(3)) {
        case 0:
            EXPECT_EQ(sched_queue_push(&queue_, n), at == model.end());
            if (at == model.end())
                model.push_back(n);
            break;
        case 1:
            EXPECT_EQ(sched_queue_remove(&queue_, n), at != model.end());
            if (at != model.end())
                model.erase(at);
            break;
        case 2:
            EXPECT_EQ(sched_queue_pop(&queue_), model.empty() ? nullptr : model.front());
            if (!model.empty())
                model.erase(model.begin());
            break;
        }
        ASSERT_EQ(sched_queue_count(&queue_), model.size());
    }
}

TEST_F(Containers, a_tree_is_sorted_whatever_is_removed)
{
    Random random(2);
    std::vector<Task> tasks(50);
    std::multimap<uint64_t, struct sched_node *> model;
    for (int i = 0; i < 20000; i++) {
        struct sched_node *n = &tasks[random.below(tasks.size())].node;
        auto at = std::find_if(model.begin(), model.end(), [n](auto &e) { return e.second == n; });
        if (random.below(4) == 0) {
            EXPECT_EQ(sched_tree_pop(&tree_), model.empty() ? nullptr : model.begin()->second);
            if (!model.empty())
                model.erase(model.begin());
        } else if (random.below(2) == 0) {
            uint64_t key = random.below(30);
            EXPECT_EQ(sched_tree_insert(&tree_, n, key, 0), at == model.end());
            if (at == model.end())
                model.emplace(key, n);
        } else {
            EXPECT_EQ(sched_tree_remove(&tree_, n), at != model.end());
            if (at != model.end())
                model.erase(at);
        }
        ASSERT_EQ(sched_tree_count(&tree_), model.size());
        ASSERT_EQ(sched_tree_first(&tree_), model.empty() ? nullptr : model.begin()->second);
    }
}

// Among equals too, it is the first that counts.
TEST_F(Containers, the_first_within_a_limit_is_the_one_that_a_search_finds)
{
    Random random(3);
    std::vector<Task> tasks(40);
    for (int i = 0; i < 20000; i++) {
        struct sched_node *n = &tasks[random.below(tasks.size())].node;
        if (!sched_tree_remove(&tree_, n))
            EXPECT_TRUE(sched_tree_insert(&tree_, n, random.below(30), random.below(100)));
        uint64_t limit = random.below(100);
        struct sched_node *want = sched_tree_first(&tree_);
        while (want != nullptr && want->bound > limit)
            want = sched_tree_next(&tree_, want);
        ASSERT_EQ(sched_tree_first_within(&tree_, limit), want);
    }
}

} // namespace
