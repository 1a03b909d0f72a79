// SPDX-License-Identifier: Apache-2.0
// What a service sees of a task that its policy schedules: nothing. If it could make a node of its
// own, or copy one, it could hand that to the frame, which would take it for a part of a task.
#include "kernel/frame/sched/sched.h"
#include <gtest/gtest.h>

namespace
{

template <typename T>
concept Complete = requires { sizeof(T); };

TEST(Sched, a_task_is_opaque_to_services)
{
    EXPECT_TRUE(Complete<struct sched_attr>);
    EXPECT_FALSE(Complete<struct sched_node>);
}

} // namespace
