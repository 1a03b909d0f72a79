// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/heap/array.h"
#include "testing/host/fake_machine.h"
#include <gtest/gtest.h>

namespace
{

struct slot {
    uint64_t words[5];
};
ARRAY_DEFINE(slots, struct slot);

class Array : public ::testing::Test
{
protected:
    Array() { machine.start_pmm(); }

    FakeMachine machine{16};
};

TEST_F(Array, grows_with_zeroes_and_keeps_what_it_has)
{
    uint64_t before = machine.free_pages();
    struct slots a = {};
    EXPECT_EQ(slots_count(&a), 0u);
    for (size_t n = 1; n < 3000; n = n * 2 + 1) {
        size_t old = slots_count(&a);
        ASSERT_EQ(slots_resize(&a, n), ERR_OK);
        ASSERT_EQ(slots_count(&a), n);
        for (size_t i = 0; i < n; i++) {
            ASSERT_EQ(slots_at(&a, i)->words[4], i < old ? i + 1 : 0);
            slots_at(&a, i)->words[4] = i + 1;
        }
    }
    slots_free(&a);
    EXPECT_EQ(slots_count(&a), 0u);
    EXPECT_EQ(machine.free_pages(), before);
}

TEST_F(Array, what_was_cut_off_comes_back_as_zeroes)
{
    struct slots a = {};
    ASSERT_EQ(slots_resize(&a, 10), ERR_OK);
    slots_at(&a, 9)->words[0] = 1;
    ASSERT_EQ(slots_resize(&a, 9), ERR_OK);
    ASSERT_EQ(slots_resize(&a, 10), ERR_OK);
    EXPECT_EQ(slots_at(&a, 9)->words[0], 0u);
    ASSERT_EQ(slots_resize(&a, 0), ERR_OK);
    EXPECT_EQ(slots_count(&a), 0u);
}

TEST_F(Array, too_large_is_an_error_and_changes_nothing)
{
    struct slots a = {};
    ASSERT_EQ(slots_resize(&a, 3), ERR_OK);
    slots_at(&a, 2)->words[0] = 77;
    EXPECT_EQ(slots_resize(&a, (4 * MIB) / sizeof(struct slot) + 1), ERR_NOMEM);
    EXPECT_EQ(slots_resize(&a, SIZE_MAX), ERR_NOMEM);
    EXPECT_EQ(slots_resize(&a, SIZE_MAX / sizeof(struct slot) + 2), ERR_NOMEM);
    EXPECT_EQ(slots_count(&a), 3u);
    EXPECT_EQ(slots_at(&a, 2)->words[0], 77u);
    slots_free(&a);
}

TEST_F(Array, bytes_are_a_span)
{
    struct byte_array b = {};
    ASSERT_EQ(byte_array_resize(&b, 100), ERR_OK);
    span_fill(byte_array_span(&b), 3);
    EXPECT_EQ(*byte_array_at(&b, 99), 3);
    EXPECT_EQ(span_len(byte_array_span(&b)), 100u);
    byte_array_free(&b);
}

using ArrayDeathTest = Array;

TEST_F(ArrayDeathTest, an_index_is_checked)
{
    struct slots a = {};
    EXPECT_DEATH(slots_at(&a, 0), "assertion failed");
    ASSERT_EQ(slots_resize(&a, 3), ERR_OK);
    EXPECT_DEATH(slots_at(&a, 3), "assertion failed");
    slots_free(&a);
}

} // namespace
