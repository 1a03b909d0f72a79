// SPDX-License-Identifier: Apache-2.0
// Random numbers in a machine. What they are is for tests of two boots to compare.
#include "kernel/frame/entropy/entropy.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/smp/call.h"
#include "testing/ktest/ktest.h"

static uint64_t drawn[CPUS_MAX][4];

static void draw(void *)
{
    for (size_t i = 0; i < 4; i++)
        drawn[cpu_this()->id][i] = entropy_u64();
}

// In interrupt context on the others, so that each CPU's stream is asked once and in order.
static void draw_everywhere(void)
{
    preempt_disable();
    smp_call(cpuset_all(), draw, nullptr);
    preempt_enable();
}

static void entropy_print(void)
{
    draw_everywhere();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        for (size_t i = 0; i < 4; i++)
            kprintf("%016lx ", drawn[cpu][i]);
        kprintf("\n");
    }
}

// No two words are the same, on no CPU.
static void entropy_differs(void)
{
    static uint64_t seen[CPUS_MAX * 4 * 4];
    size_t count = 0;
    for (size_t round = 0; round < 4; round++) {
        draw_everywhere();
        for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
            for (size_t i = 0; i < 4; i++) {
                for (size_t s = 0; s < count; s++)
                    EXPECT(seen[s] != drawn[cpu][i]);
                seen[count++] = drawn[cpu][i];
            }
        }
    }
}

// Each of n numbers comes about equally often, and no other.
static void entropy_below_is_even(void)
{
    constexpr uint32_t per_number = 4096;
    for (uint64_t n = 1; n <= 17; n++) {
        uint32_t count[17] = {};
        for (uint64_t i = 0; i < n * per_number; i++) {
            uint64_t x = entropy_below(n);
            EXPECT(x < n);
            count[x]++;
        }
        for (uint64_t i = 0; i < n; i++) // seven standard deviations of 64
            EXPECT(count[i] > per_number - 448 && count[i] < per_number + 448);
    }
    // Numbers near 2^64, where a plain remainder would come out in the lower half too often.
    uint32_t high = 0;
    for (int i = 0; i < 4096; i++)
        high += entropy_below(3ull << 62) >= 3ull << 61;
    EXPECT(high > 2048 - 224 && high < 2048 + 224);
}

static void entropy_fills(void)
{
    static uint8_t buffer[5000];
    for (size_t len = 0; len < sizeof(buffer); len = len * 2 + 1) {
        struct span s = span_sub(SPAN_OF(buffer), 1, len);
        for (size_t i = 0; i < sizeof(buffer); i++)
            buffer[i] = 0;
        entropy_fill(s);
        size_t zeroes = 0;
        for (size_t i = 0; i < len; i++)
            zeroes += buffer[1 + i] == 0;
        EXPECT(zeroes <= 2 + len / 64);
        EXPECT(buffer[0] == 0 && buffer[1 + len] == 0);
    }
    // Beyond the point where a stream is seeded anew.
    for (int i = 0; i < 300; i++)
        entropy_fill(SPAN_OF(buffer));
    entropy_add(CSPAN_OF(buffer));
    uint64_t a = entropy_u64(), b = entropy_u64();
    EXPECT(a != b);
}

const struct ktest ktest_entropy[] = {
    {"entropy_print", entropy_print},
    {"entropy_differs", entropy_differs},
    {"entropy_below_is_even", entropy_below_is_even},
    {"entropy_fills", entropy_fills},
    {},
};
