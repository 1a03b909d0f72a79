// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/pmm/buddy.h"
#include <cstring>
#include <gtest/gtest.h>
#include <set>
#include <vector>

namespace
{

constexpr uint8_t POISON = 0xa5;

class Buddy : public ::testing::Test
{
protected:
    // Metadata of whole chunks, with junk in it.
    void init(const std::vector<page_range> &ranges, uint64_t chunks)
    {
        map.resize(chunks * BUDDY_CHUNK);
        memset(static_cast<void *>(map.data()), POISON, map.size() * sizeof(map[0]));
        buddy_init(&b, map.data(), ranges.data(), ranges.size());
    }

    uint64_t alloc(unsigned order, enum page_kind kind = PAGE_KERNEL)
    {
        uint64_t number = UINT64_MAX;
        EXPECT_TRUE(buddy_alloc(&b, order, kind, &number));
        return number;
    }

    bool alloc_fails(unsigned order)
    {
        uint64_t number;
        return !buddy_alloc(&b, order, PAGE_KERNEL, &number);
    }

    // The blocks on the free list of an order.
    std::set<uint64_t> free_blocks(unsigned order)
    {
        std::set<uint64_t> out;
        for (struct list *at = b.free[order].next; at != &b.free[order]; at = at->next)
            out.insert(static_cast<uint64_t>(LIST_ENTRY(at, struct page, link) - map.data()));
        return out;
    }

    bool chunk_is_untouched(uint64_t chunk)
    {
        auto *bytes = reinterpret_cast<const uint8_t *>(&map[chunk * BUDDY_CHUNK]);
        for (size_t i = 0; i < BUDDY_CHUNK * sizeof(map[0]); i++) {
            if (bytes[i] != POISON)
                return false;
        }
        return true;
    }

    std::vector<struct page> map;
    struct buddy b;
};

using blocks = std::set<uint64_t>;

TEST_F(Buddy, no_memory_at_all)
{
    init({}, 1);
    EXPECT_EQ(b.total_pages, 0u);
    EXPECT_TRUE(alloc_fails(0));
    EXPECT_TRUE(chunk_is_untouched(0));
}

TEST_F(Buddy, one_page)
{
    init({{5, 6}}, 1);
    EXPECT_EQ(b.free_pages, 1u);
    EXPECT_EQ(alloc(0), 5u);
    EXPECT_EQ(b.free_pages, 0u);
    EXPECT_TRUE(alloc_fails(0));
    buddy_free(&b, 5, 0);
    EXPECT_EQ(b.free_pages, 1u);
    EXPECT_EQ(alloc(0), 5u);
}

TEST_F(Buddy, pages_get_their_kind)
{
    init({{0, 1024}}, 1);
    uint64_t user = alloc(2, PAGE_USER), kernel = alloc(1, PAGE_KERNEL);
    for (uint64_t i = 0; i < 4; i++)
        EXPECT_EQ(map[user + i].kind, PAGE_USER);
    for (uint64_t i = 0; i < 2; i++)
        EXPECT_EQ(map[kernel + i].kind, PAGE_KERNEL);
    buddy_free(&b, user, 2);
    buddy_free(&b, kernel, 1);
    EXPECT_EQ(map[0].kind, PAGE_FREE);
    for (uint64_t i = 1; i < 1024; i++)
        EXPECT_EQ(map[i].kind, PAGE_FREE_TAIL) << i;
}

TEST_F(Buddy, blocks_are_aligned_to_their_size)
{
    // Both ends have one block of each order but the largest, and two chunks are whole.
    init({{1, 4 * BUDDY_CHUNK - 1}}, 4);
    for (unsigned order = BUDDY_MAX_ORDER + 1; order-- > 0;) {
        for (int i = 0; i < 2; i++)
            EXPECT_EQ(alloc(order) % (1ull << order), 0u) << order;
        EXPECT_TRUE(alloc_fails(order)) << order;
    }
    EXPECT_EQ(b.free_pages, 0u);
}

TEST_F(Buddy, ragged_ranges_become_the_largest_aligned_blocks)
{
    init({{3, 21}}, 1);
    uint64_t page = alloc(0);
    EXPECT_TRUE(page == 3 || page == 20) << "the smallest block that will do, not " << page;
    buddy_free(&b, page, 0);
    EXPECT_EQ(free_blocks(0), (blocks{3, 20}));
    EXPECT_EQ(free_blocks(1), blocks{});
    EXPECT_EQ(free_blocks(2), (blocks{4, 16}));
    EXPECT_EQ(free_blocks(3), (blocks{8}));
}

TEST_F(Buddy, splits_and_merges_back)
{
    init({{0, BUDDY_CHUNK}}, 1);
    EXPECT_EQ(alloc(0), 0u);
    for (unsigned order = 0; order < BUDDY_MAX_ORDER; order++)
        EXPECT_EQ(free_blocks(order), (blocks{1ull << order}));
    buddy_free(&b, 0, 0);
    for (unsigned order = 0; order < BUDDY_MAX_ORDER; order++)
        EXPECT_EQ(free_blocks(order), blocks{});
    EXPECT_EQ(free_blocks(BUDDY_MAX_ORDER), (blocks{0}));
}

TEST_F(Buddy, every_page_once_and_whole_again)
{
    init({{0, 2 * BUDDY_CHUNK}}, 2);
    blocks seen;
    for (uint64_t i = 0; i < 2 * BUDDY_CHUNK; i++)
        EXPECT_TRUE(seen.insert(alloc(0)).second);
    EXPECT_TRUE(alloc_fails(0));
    EXPECT_EQ(b.free_pages, 0u);
    // In an order that is neither up nor down.
    for (uint64_t i = 0; i < 2 * BUDDY_CHUNK; i++)
        buddy_free(&b, i * 997 % (2 * BUDDY_CHUNK), 0);
    EXPECT_EQ(b.free_pages, 2 * BUDDY_CHUNK);
    EXPECT_EQ(free_blocks(BUDDY_MAX_ORDER), (blocks{0, BUDDY_CHUNK}));
}

TEST_F(Buddy, chunks_do_not_merge_with_each_other)
{
    init({{0, 2 * BUDDY_CHUNK}}, 2);
    EXPECT_EQ(alloc(BUDDY_MAX_ORDER), 0u);
    EXPECT_EQ(alloc(BUDDY_MAX_ORDER), BUDDY_CHUNK);
    EXPECT_TRUE(alloc_fails(0));
    buddy_free(&b, 0, BUDDY_MAX_ORDER);
    buddy_free(&b, BUDDY_CHUNK, BUDDY_MAX_ORDER);
    EXPECT_EQ(free_blocks(BUDDY_MAX_ORDER), (blocks{0, BUDDY_CHUNK}));
}

TEST_F(Buddy, parts_of_a_block_may_be_freed)
{
    init({{0, BUDDY_CHUNK}}, 1);
    EXPECT_EQ(alloc(BUDDY_MAX_ORDER), 0u);
    buddy_free(&b, 4, 2);
    buddy_free(&b, 1, 0);
    EXPECT_EQ(b.free_pages, 5u);
    EXPECT_EQ(free_blocks(2), (blocks{4}));
    EXPECT_EQ(free_blocks(0), (blocks{1}));
    buddy_free(&b, 0, 0);
    buddy_free(&b, 2, 1);
    EXPECT_EQ(free_blocks(3), (blocks{0}));
}

TEST_F(Buddy, ranges_may_share_a_chunk)
{
    init({{1, 3}, {3, 4}, {6, 8}, {BUDDY_CHUNK - 1, BUDDY_CHUNK + 1}}, 2);
    EXPECT_EQ(b.total_pages, 7u);
    blocks seen;
    for (int i = 0; i < 7; i++)
        seen.insert(alloc(0));
    EXPECT_EQ(seen, (blocks{1, 2, 3, 6, 7, BUDDY_CHUNK - 1, BUDDY_CHUNK}));
    EXPECT_TRUE(alloc_fails(0));
    for (uint64_t hole : {0, 4, 5, 8})
        EXPECT_EQ(map[hole].kind, PAGE_RESERVED);
}

TEST_F(Buddy, ranges_that_touch_form_one_block)
{
    init({{0, 3}, {3, 5}, {5, 8}}, 1);
    EXPECT_EQ(alloc(3), 0u);
    EXPECT_TRUE(alloc_fails(0));
}

TEST_F(Buddy, as_many_ranges_as_there_is_room_for)
{
    std::vector<page_range> ranges;
    for (uint64_t i = 0; i < BUDDY_RANGES_MAX; i++)
        ranges.push_back({i * 100, i * 100 + 1});
    init(ranges, 7);
    for (uint64_t i = 0; i < BUDDY_RANGES_MAX; i++)
        EXPECT_EQ(alloc(0) % 100, 0u);
    EXPECT_TRUE(alloc_fails(0));
}

TEST_F(Buddy, chunks_enter_one_by_one)
{
    init({{0, 8 * BUDDY_CHUNK}}, 8);
    EXPECT_TRUE(chunk_is_untouched(0));
    alloc(0);
    EXPECT_FALSE(chunk_is_untouched(0));
    EXPECT_TRUE(chunk_is_untouched(1));
    alloc(BUDDY_MAX_ORDER);
    EXPECT_FALSE(chunk_is_untouched(1));
    for (uint64_t chunk = 2; chunk < 8; chunk++)
        EXPECT_TRUE(chunk_is_untouched(chunk)) << chunk;
    EXPECT_EQ(b.free_pages, 7 * BUDDY_CHUNK - 1) << "what has not entered counts as free";
}

TEST_F(Buddy, chunks_without_memory_never_enter)
{
    init({{BUDDY_CHUNK + 5, BUDDY_CHUNK + 6}, {4 * BUDDY_CHUNK, 4 * BUDDY_CHUNK + 1}}, 6);
    EXPECT_EQ(alloc(0), BUDDY_CHUNK + 5);
    EXPECT_EQ(alloc(0), 4 * BUDDY_CHUNK);
    EXPECT_TRUE(alloc_fails(0));
    for (uint64_t chunk : {0, 2, 3, 5})
        EXPECT_TRUE(chunk_is_untouched(chunk)) << chunk;
}

TEST_F(Buddy, metadata_behind_the_last_chunk_is_not_written)
{
    init({{0, 10}}, 2);
    while (!alloc_fails(0)) {
    }
    EXPECT_TRUE(chunk_is_untouched(1));
}

using BuddyDeathTest = Buddy;

TEST_F(BuddyDeathTest, freeing_what_is_free_panics)
{
    init({{0, BUDDY_CHUNK}}, 1);
    uint64_t n = alloc(2);
    alloc(2);
    buddy_free(&b, n, 2);
    EXPECT_DEATH(buddy_free(&b, n, 2), "assertion failed");
    EXPECT_DEATH(buddy_free(&b, n, 0), "assertion failed");
    EXPECT_DEATH(buddy_free(&b, n + 1, 0), "assertion failed");
    EXPECT_DEATH(buddy_free(&b, n, 3), "assertion failed") << "half of it is free";
}

TEST_F(BuddyDeathTest, freeing_what_was_never_the_allocators_panics)
{
    init({{4, 8}}, 2);
    alloc(2);
    EXPECT_DEATH(buddy_free(&b, 0, 0), "assertion failed");
    EXPECT_DEATH(buddy_free(&b, 4, 3), "") << "reaches beyond";
    EXPECT_DEATH(buddy_free(&b, BUDDY_CHUNK, 0), "assertion failed") << "has not entered";
}

TEST_F(BuddyDeathTest, misaligned_and_oversized_frees_panic)
{
    init({{0, BUDDY_CHUNK}}, 1);
    alloc(BUDDY_MAX_ORDER);
    EXPECT_DEATH(buddy_free(&b, 1, 1), "assertion failed");
    EXPECT_DEATH(buddy_free(&b, 0, BUDDY_MAX_ORDER + 1), "assertion failed");
    uint64_t n;
    EXPECT_DEATH(buddy_alloc(&b, BUDDY_MAX_ORDER + 1, PAGE_USER, &n), "assertion failed");
}

TEST_F(BuddyDeathTest, ranges_must_ascend_and_not_overlap)
{
    EXPECT_DEATH(init({{5, 5}}, 1), "assertion failed") << "empty";
    EXPECT_DEATH(init({{6, 5}}, 1), "assertion failed");
    EXPECT_DEATH(init({{5, 7}, {1, 2}}, 1), "assertion failed");
    EXPECT_DEATH(init({{5, 7}, {6, 8}}, 1), "assertion failed");
    std::vector<page_range> many;
    for (uint64_t i = 0; i <= BUDDY_RANGES_MAX; i++)
        many.push_back({2 * i, 2 * i + 1});
    EXPECT_DEATH(init(many, 1), "assertion failed");
}

} // namespace
