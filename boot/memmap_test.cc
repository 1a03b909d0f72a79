// SPDX-License-Identifier: Apache-2.0
#include "boot/memmap.h"
#include <gtest/gtest.h>
#include <memory>
#include <vector>

namespace
{

using ranges = std::vector<std::pair<uint64_t, uint64_t>>;

constexpr uint64_t P = PAGE_SIZE;
constexpr uint64_t TOP_PAGE = UINT64_MAX - P + 1;

class Memmap : public ::testing::Test
{
protected:
    void usable(uint64_t start, uint64_t len) { memmap_add(map.get(), start, len, true); }
    void reserved(uint64_t start, uint64_t len) { memmap_add(map.get(), start, len, false); }

    ranges regions(size_t max = MEMMAP_ENTRIES_MAX)
    {
        std::vector<struct boot_range> out(max + 1, boot_range{0x5eed, 0x5eed});
        size_t count = memmap_usable(map.get(), out.data(), max);
        EXPECT_LE(count, max);
        EXPECT_EQ(out[max].start, 0x5eedu) << "wrote behind the array";
        ranges list;
        for (size_t i = 0; i < count; i++)
            list.emplace_back(out[i].start, out[i].end);
        return list;
    }

    std::unique_ptr<struct memmap> map = std::make_unique<struct memmap>();
};

TEST_F(Memmap, empty_map_has_nothing) { EXPECT_EQ(regions(), ranges{}); }

TEST_F(Memmap, entries_are_sorted)
{
    usable(8 * P, P);
    usable(2 * P, P);
    usable(4 * P, 2 * P);
    EXPECT_EQ(regions(), (ranges{{2 * P, 3 * P}, {4 * P, 6 * P}, {8 * P, 9 * P}}));
}

TEST_F(Memmap, entries_that_touch_or_overlap_are_merged)
{
    usable(4 * P, 2 * P);
    usable(6 * P, 2 * P);
    usable(7 * P, 3 * P);
    usable(8 * P, P); // inside
    usable(2 * P, 2 * P);
    usable(2 * P, 2 * P); // twice
    EXPECT_EQ(regions(), (ranges{{2 * P, 10 * P}}));
}

TEST_F(Memmap, merging_works_against_the_order_of_entries)
{
    for (uint64_t i = 20; i > 0; i--)
        usable(i * P, P);
    EXPECT_EQ(regions(), (ranges{{P, 21 * P}}));
}

TEST_F(Memmap, empty_entries_do_not_count)
{
    usable(2 * P, 0);
    reserved(2 * P, 0);
    EXPECT_EQ(map->count, 0u);
    usable(P, 4 * P);
    reserved(2 * P, 0);
    EXPECT_EQ(regions(), (ranges{{P, 5 * P}}));
}

TEST_F(Memmap, usable_memory_is_cut_inward_to_pages)
{
    usable(2 * P + 1, 4 * P);
    EXPECT_EQ(regions(), (ranges{{3 * P, 6 * P}}));
    usable(10 * P - 1, P + 1);
    usable(20 * P + 1, P - 1); // less than a page
    usable(30 * P + 1, 2 * P - 2);
    EXPECT_EQ(regions(), (ranges{{3 * P, 6 * P}, {10 * P, 11 * P}}));
}

TEST_F(Memmap, entries_that_share_a_page_make_it_whole)
{
    usable(2 * P, P / 2);
    usable(2 * P + P / 2, P / 2);
    EXPECT_EQ(regions(), (ranges{{2 * P, 3 * P}}));
}

TEST_F(Memmap, overlap_with_reserved_is_not_usable)
{
    reserved(4 * P, 2 * P);
    usable(2 * P, 8 * P);
    reserved(9 * P, 8 * P);
    EXPECT_EQ(regions(), (ranges{{2 * P, 4 * P}, {6 * P, 9 * P}}));
}

TEST_F(Memmap, one_reserved_byte_costs_its_page)
{
    usable(2 * P, 8 * P);
    reserved(4 * P, 1);
    reserved(7 * P - 1, 1);
    EXPECT_EQ(regions(), (ranges{{2 * P, 4 * P}, {5 * P, 6 * P}, {7 * P, 10 * P}}));
    reserved(8 * P - 1, 2);
    EXPECT_EQ(regions(), (ranges{{2 * P, 4 * P}, {5 * P, 6 * P}, {9 * P, 10 * P}}));
}

TEST_F(Memmap, reserved_everywhere_leaves_nothing)
{
    usable(2 * P, 8 * P);
    usable(20 * P, 8 * P);
    reserved(0, UINT64_MAX);
    EXPECT_EQ(regions(), ranges{});
}

TEST_F(Memmap, wrapping_entries_are_cut_at_the_top)
{
    usable(TOP_PAGE - 3 * P, UINT64_MAX);
    EXPECT_EQ(regions(), (ranges{{TOP_PAGE - 3 * P, TOP_PAGE}}));
    reserved(TOP_PAGE - P, UINT64_MAX);
    EXPECT_EQ(regions(), (ranges{{TOP_PAGE - 3 * P, TOP_PAGE - P}}));
}

TEST_F(Memmap, the_very_last_page_is_left_alone)
{
    usable(TOP_PAGE, P);
    usable(UINT64_MAX, 1);
    usable(UINT64_MAX, UINT64_MAX);
    EXPECT_EQ(regions(), ranges{});
    usable(0, UINT64_MAX);
    EXPECT_EQ(regions(), (ranges{{0, TOP_PAGE}}));
}

TEST_F(Memmap, more_regions_than_asked_for_lose_the_highest)
{
    for (uint64_t i : {9, 3, 5, 1, 7})
        usable(i * P, P);
    EXPECT_EQ(regions(3), (ranges{{P, 2 * P}, {3 * P, 4 * P}, {5 * P, 6 * P}}));
    EXPECT_EQ(regions(0), ranges{});
}

TEST_F(Memmap, full_map_drops_usable_entries)
{
    for (uint64_t i = 0; i < MEMMAP_ENTRIES_MAX + 10; i++)
        usable(2 * i * P, P);
    EXPECT_EQ(map->count, MEMMAP_ENTRIES_MAX);
    ranges all = regions();
    ASSERT_EQ(all.size(), MEMMAP_ENTRIES_MAX);
    EXPECT_EQ(all.back().first, 2 * (MEMMAP_ENTRIES_MAX - 1) * P);
}

TEST_F(Memmap, full_map_still_takes_reserved_entries)
{
    for (uint64_t i = 0; i < MEMMAP_ENTRIES_MAX; i++)
        usable(0, (i + 1) * P);
    for (uint64_t i = 0; i < 10; i++)
        reserved(i * P, P);
    EXPECT_EQ(map->count, MEMMAP_ENTRIES_MAX);
    ranges all = regions();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].first, 10 * P);
    EXPECT_LE(all[0].second, MEMMAP_ENTRIES_MAX * P);
}

TEST_F(Memmap, map_full_of_reserved_entries_has_nothing_usable)
{
    usable(0, 1000 * P);
    for (uint64_t i = 0; i < MEMMAP_ENTRIES_MAX; i++)
        reserved(2000 * P, P);
    usable(0, 1000 * P);
    reserved(3000 * P, P);
    EXPECT_EQ(map->count, MEMMAP_ENTRIES_MAX);
    EXPECT_EQ(regions(), ranges{});
}

TEST_F(Memmap, as_many_entries_as_fit_split_into_as_many_regions)
{
    usable(0, 1000 * P);
    for (uint64_t i = 1; i < MEMMAP_ENTRIES_MAX; i++)
        reserved(2 * i * P, P);
    EXPECT_EQ(regions().size(), MEMMAP_ENTRIES_MAX);
}

class Exclude : public ::testing::Test
{
protected:
    // What is left of `from` without [start, end), in an array of `max`.
    ranges exclude(const ranges &from, uint64_t start, uint64_t end, size_t max = 8)
    {
        std::vector<struct boot_range> r(max + 1, boot_range{0x5eed, 0x5eed});
        for (size_t i = 0; i < from.size(); i++)
            r[i] = {from[i].first, from[i].second};
        size_t count = memmap_exclude(r.data(), from.size(), max, start, end);
        EXPECT_LE(count, max);
        EXPECT_EQ(r[max].start, 0x5eedu) << "wrote behind the array";
        ranges list;
        for (size_t i = 0; i < count; i++)
            list.emplace_back(r[i].start, r[i].end);
        return list;
    }

    const ranges two = {{2 * P, 6 * P}, {8 * P, 12 * P}};
};

TEST_F(Exclude, nothing_from_nothing) { EXPECT_EQ(exclude({}, 0, UINT64_MAX), ranges{}); }

TEST_F(Exclude, what_lies_outside_changes_nothing)
{
    EXPECT_EQ(exclude(two, 0, 2 * P), two);
    EXPECT_EQ(exclude(two, 6 * P, 8 * P), two);
    EXPECT_EQ(exclude(two, 12 * P, UINT64_MAX), two);
}

TEST_F(Exclude, an_empty_range_changes_nothing)
{
    EXPECT_EQ(exclude(two, 4 * P, 4 * P), two);
    EXPECT_EQ(exclude(two, 4 * P + 5, 4 * P + 5), two) << "not aligned either";
    EXPECT_EQ(exclude(two, 4 * P + 5, 4 * P + 4), two) << "nor one that ends before it starts";
    EXPECT_EQ(exclude(two, 5 * P, 3 * P), two);
}

TEST_F(Exclude, head_tail_and_all_of_a_region)
{
    EXPECT_EQ(exclude(two, 0, 3 * P), (ranges{{3 * P, 6 * P}, {8 * P, 12 * P}}));
    EXPECT_EQ(exclude(two, 5 * P, 7 * P), (ranges{{2 * P, 5 * P}, {8 * P, 12 * P}}));
    EXPECT_EQ(exclude(two, 2 * P, 6 * P), (ranges{{8 * P, 12 * P}}));
    EXPECT_EQ(exclude(two, 7 * P, UINT64_MAX), (ranges{{2 * P, 6 * P}}));
    EXPECT_EQ(exclude(two, 0, UINT64_MAX), ranges{});
}

TEST_F(Exclude, middle_of_a_region_splits_it)
{
    EXPECT_EQ(exclude(two, 3 * P, 4 * P),
              (ranges{{2 * P, 3 * P}, {4 * P, 6 * P}, {8 * P, 12 * P}}));
    EXPECT_EQ(exclude(two, 9 * P, 11 * P),
              (ranges{{2 * P, 6 * P}, {8 * P, 9 * P}, {11 * P, 12 * P}}));
}

TEST_F(Exclude, parts_of_several_regions)
{
    EXPECT_EQ(exclude({{P, 3 * P}, {4 * P, 5 * P}, {6 * P, 7 * P}, {8 * P, 10 * P}}, 2 * P, 9 * P),
              (ranges{{P, 2 * P}, {9 * P, 10 * P}}));
}

TEST_F(Exclude, is_widened_to_whole_pages)
{
    EXPECT_EQ(exclude(two, 4 * P + 5, 4 * P + 6),
              (ranges{{2 * P, 4 * P}, {5 * P, 6 * P}, {8 * P, 12 * P}}));
    EXPECT_EQ(exclude(two, 6 * P - 1, 8 * P + 1), (ranges{{2 * P, 5 * P}, {9 * P, 12 * P}}));
}

TEST_F(Exclude, up_to_the_top_of_the_address_space)
{
    ranges high = {{TOP_PAGE - 2 * P, TOP_PAGE}};
    EXPECT_EQ(exclude(high, TOP_PAGE - 1, UINT64_MAX), (ranges{{TOP_PAGE - 2 * P, TOP_PAGE - P}}));
    EXPECT_EQ(exclude(high, UINT64_MAX - 1, UINT64_MAX), high);
}

TEST_F(Exclude, split_without_room_keeps_the_larger_part)
{
    EXPECT_EQ(exclude(two, 3 * P, 4 * P, 2), (ranges{{4 * P, 6 * P}, {8 * P, 12 * P}}));
    EXPECT_EQ(exclude(two, 4 * P, 5 * P, 2), (ranges{{2 * P, 4 * P}, {8 * P, 12 * P}}));
    EXPECT_EQ(exclude({{P, 4 * P}}, 2 * P, 3 * P, 1), (ranges{{P, 2 * P}}))
        << "of equals the lower";
}

TEST_F(Exclude, without_room_still_cuts_where_nothing_is_split)
{
    EXPECT_EQ(exclude(two, 4 * P, 9 * P, 2), (ranges{{2 * P, 4 * P}, {9 * P, 12 * P}}));
}

} // namespace
