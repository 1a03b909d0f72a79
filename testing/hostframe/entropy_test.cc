// SPDX-License-Identifier: Apache-2.0
#include "testing/hostframe/fixture.h"
#include <algorithm>

namespace
{

// What a machine with this seed draws.
std::vector<uint64_t> draws(uint64_t seed)
{
    std::vector<uint64_t> drawn;
    hostframe::Machine m;
    m.main = [&] {
        for (int i = 0; i < 100; i++)
            drawn.push_back(entropy_u64());
        power_off(0);
    };
    m.seed = seed;
    EXPECT_EQ(hostframe::run(m).status, 0);
    return drawn;
}

TEST(Entropy, is_decided_by_the_seed)
{
    EXPECT_EQ(draws(1), draws(1));
    EXPECT_NE(draws(1), draws(2));
}

TEST(Entropy, stays_below)
{
    run_both([] {
        EXPECT_TRUE(entropy_is_fixed());
        uint32_t seen = 0;
        for (int i = 0; i < 1000; i++) {
            uint64_t value = entropy_below(10);
            ASSERT_LT(value, 10u);
            seen |= 1u << value;
        }
        EXPECT_EQ(seen, (1u << 10) - 1);
        EXPECT_EQ(entropy_below(1), 0u);
    });
}

TEST(Entropy, can_be_drawn_by_all_at_once)
{
    run_both([] {
        Crew::run(4, [](uint32_t) {
            uint8_t bytes[600] = {};
            entropy_fill(SPAN_OF(bytes));
            entropy_add(CSPAN_OF(bytes));
            EXPECT_TRUE(std::any_of(bytes, bytes + 600, [](uint8_t b) { return b != 0; }));
        });
    });
}

} // namespace
