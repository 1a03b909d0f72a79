// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/cpu/cpuset.h"
#include <gtest/gtest.h>
#include <vector>

static struct cpu cpus[CPUS_MAX];

struct cpu_arch *cpu_arch_this(void) { return &cpus[0].arch; }

namespace
{

std::vector<uint32_t> members(struct cpuset s)
{
    std::vector<uint32_t> result;
    for (uint32_t cpu; cpuset_take(&s, &cpu);)
        result.push_back(cpu);
    return result;
}

TEST(Cpuset, members_in_order)
{
    EXPECT_TRUE(members({0}).empty());
    EXPECT_EQ(members({1ull << 63 | 1 << 5 | 1}), (std::vector<uint32_t>{0, 5, 63}));
    EXPECT_EQ(members(cpuset_of(63)), std::vector<uint32_t>{63});
}

TEST(Cpuset, operations)
{
    struct cpuset s = {0b1011};
    EXPECT_TRUE(cpuset_has(s, 3));
    EXPECT_FALSE(cpuset_has(s, 2));
    EXPECT_EQ(cpuset_size(s), 3u);
    EXPECT_EQ(cpuset_first(s), 0u);
    EXPECT_EQ(cpuset_without(s, 0).bits, 0b1010u);
    EXPECT_EQ(cpuset_without(s, 2).bits, s.bits);
    EXPECT_EQ(cpuset_and(s, {0b0110}).bits, 0b0010u);
    EXPECT_TRUE(cpuset_is_empty(cpuset_and(s, {0b0100})));
}

TEST(Cpuset, atomic_words)
{
    struct cpuset_atomic s = {};
    cpuset_atomic_add(&s, 63);
    cpuset_atomic_add(&s, 1);
    cpuset_atomic_remove(&s, 63);
    EXPECT_EQ(cpuset_atomic_read(&s).bits, 2u);
}

TEST(Cpu, table_grows_in_order_and_is_the_set_of_all)
{
    for (uint32_t i = 0; i < CPUS_MAX; i++) {
        cpus[i].id = i;
        cpu_add(&cpus[i]);
        EXPECT_EQ(cpu_count(), i + 1);
        EXPECT_EQ(cpu_block(i), &cpus[i]);
        EXPECT_EQ(cpuset_size(cpuset_all()), i + 1);
        EXPECT_FALSE(i < 63 && cpuset_has(cpuset_all(), i + 1));
    }
    EXPECT_DEATH(cpu_block(CPUS_MAX), "id < count");
    EXPECT_DEATH(cpu_add(&cpus[0]), "CPUS_MAX");
}

} // namespace
