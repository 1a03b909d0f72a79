// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/pmm/pmm.h"
#include "testing/host/fake_machine.h"
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace
{

using page_ranges = std::vector<page_range>;

constexpr uint64_t MIB_PAGES = MIB / PAGE_SIZE;
// Metadata of one chunk of pages.
constexpr uint64_t CHUNK_METADATA = BUDDY_CHUNK * sizeof(struct page) / PAGE_SIZE;

class PmmInit : public ::testing::Test
{
protected:
    enum err init(page_ranges ranges, uint64_t mapped_end = UINT64_MAX)
    {
        memset(&plan, 0xee, sizeof(plan));
        return pmm_init(ranges.data(), ranges.size(), mapped_end, &plan);
    }

    uint64_t metadata_at() { return virt_to_phys(page_map).raw / PAGE_SIZE; }

    // All pages there are, allocated one by one.
    std::vector<uint64_t> take_all()
    {
        std::vector<uint64_t> numbers;
        struct page *page;
        while (page_alloc(PAGE_ZERO, &page) == ERR_OK)
            numbers.push_back(page_number(page));
        std::sort(numbers.begin(), numbers.end());
        return numbers;
    }

    FakeMachine machine{16};
    struct pmm_plan plan;
};

TEST_F(PmmInit, metadata_comes_out_of_the_memory)
{
    ASSERT_EQ(init({{1, 4 * MIB_PAGES}}), ERR_OK);
    EXPECT_EQ(plan.metadata_pages, CHUNK_METADATA);
    EXPECT_EQ(plan.ignored_pages, 0u);
    EXPECT_EQ(metadata_at(), 1u);
    struct pmm_stats stats = pmm_stats();
    EXPECT_EQ(stats.total, 4 * MIB_PAGES - 1 - CHUNK_METADATA);
    EXPECT_EQ(stats.free, stats.total);
    EXPECT_EQ(take_all().front(), 1 + CHUNK_METADATA);
}

TEST_F(PmmInit, metadata_goes_where_it_fits)
{
    ASSERT_EQ(init({{1, 1 + CHUNK_METADATA - 1}, {100, 110}, {120, 200}}), ERR_OK);
    EXPECT_EQ(metadata_at(), 100u);
    EXPECT_EQ(pmm_stats().total, CHUNK_METADATA - 1 + 10 - CHUNK_METADATA + 80);
}

TEST_F(PmmInit, metadata_goes_where_it_is_mapped)
{
    ASSERT_EQ(init({{100, 200}}, 100 + CHUNK_METADATA), ERR_OK);
    EXPECT_EQ(init({{100, 200}}, 100 + CHUNK_METADATA - 1), ERR_NOMEM);
    EXPECT_EQ(plan.ignored_pages, 100u);
    EXPECT_EQ(init({{100, 200}}, 0), ERR_NOMEM);
}

TEST_F(PmmInit, range_that_metadata_fills_is_gone)
{
    ASSERT_EQ(init({{10, 12}, {20, 20 + CHUNK_METADATA}, {40, 43}}), ERR_OK);
    EXPECT_EQ(metadata_at(), 20u);
    EXPECT_EQ(take_all(), (std::vector<uint64_t>{10, 11, 40, 41, 42}));
}

TEST_F(PmmInit, last_range_that_metadata_fills_is_gone)
{
    ASSERT_EQ(init({{10, 12}, {20, 20 + CHUNK_METADATA}}), ERR_OK);
    EXPECT_EQ(take_all(), (std::vector<uint64_t>{10, 11}));
}

TEST_F(PmmInit, metadata_alone_is_too_little)
{
    EXPECT_EQ(init({{20, 20 + CHUNK_METADATA}}), ERR_NOMEM);
    EXPECT_EQ(init({{20, 20 + CHUNK_METADATA - 1}}), ERR_NOMEM);
    EXPECT_EQ(init({{20, 20 + CHUNK_METADATA + 1}}), ERR_OK);
    EXPECT_EQ(pmm_stats().total, 1u);
}

TEST_F(PmmInit, no_memory_is_too_little)
{
    EXPECT_EQ(init({}), ERR_NOMEM);
    EXPECT_EQ(plan.metadata_pages, 0u);
    EXPECT_EQ(plan.ignored_pages, 0u);
}

TEST_F(PmmInit, memory_too_far_off_is_ignored)
{
    // Metadata up to 1 TiB would take 8 GiB.
    uint64_t far = 1024 * GIB / PAGE_SIZE;
    ASSERT_EQ(init({{1, 256}, {far, far + 77}, {far + 100, far + 103}}), ERR_OK);
    EXPECT_EQ(plan.ignored_pages, 80u);
    EXPECT_EQ(plan.metadata_pages, CHUNK_METADATA);
    EXPECT_EQ(pmm_stats().total, 255 - CHUNK_METADATA);
    EXPECT_EQ(take_all().back(), 255u);
}

TEST_F(PmmInit, memory_at_the_end_of_the_address_space_is_ignored)
{
    uint64_t last = UINT64_MAX / PAGE_SIZE;
    ASSERT_EQ(init({{1, 256}, {last - 5, last}}), ERR_OK);
    EXPECT_EQ(plan.ignored_pages, 5u);
}

TEST_F(PmmInit, as_many_ranges_as_there_is_room_for)
{
    page_ranges ranges;
    for (uint64_t i = 0; i < BUDDY_RANGES_MAX; i++)
        ranges.push_back({10 + 30 * i, 30 + 30 * i});
    ASSERT_EQ(init(ranges), ERR_OK);
    EXPECT_EQ(metadata_at(), 10u);
    EXPECT_EQ(plan.metadata_pages, 2 * CHUNK_METADATA);
    EXPECT_EQ(take_all().size(), 20 * BUDDY_RANGES_MAX - 2 * CHUNK_METADATA);
}

TEST_F(PmmInit, chunk_that_ends_behind_memory_is_covered_by_metadata)
{
    // The last chunk reaches beyond what is there; its metadata must not reach into a page
    // that is handed out.
    ASSERT_EQ(init({{1, 20}, {BUDDY_CHUNK + 1, BUDDY_CHUNK + 3}}), ERR_OK);
    EXPECT_EQ(plan.metadata_pages, 2 * CHUNK_METADATA);
    for (uint64_t n : take_all())
        EXPECT_TRUE(n < 1 || n >= 1 + 2 * CHUNK_METADATA) << n;
}

// Whatever the map: pages are handed out once, all of them, only such as were given, and
// nothing outside the given ranges is written.
TEST_F(PmmInit, random_maps)
{
    constexpr uint32_t SEED = 61;
    std::mt19937 random(SEED);
    for (int step = 0; step < 60; step++) {
        SCOPED_TRACE("seed " + std::to_string(SEED) + " step " + std::to_string(step));
        memset(machine.memory(), 0xa5, machine.pages() * PAGE_SIZE);
        page_ranges ranges;
        std::vector<bool> given(machine.pages());
        uint64_t longest = 1 + random() % 800;
        for (uint64_t at = random() % 200; at < machine.pages() && ranges.size() < 64;) {
            uint64_t end = std::min(machine.pages(), at + 1 + random() % longest);
            ranges.push_back({at, end});
            std::fill(given.begin() + static_cast<ptrdiff_t>(at),
                      given.begin() + static_cast<ptrdiff_t>(end), true);
            at = end + random() % 300;
        }
        if (init(ranges) != ERR_OK)
            continue;
        std::vector<uint64_t> got = take_all();
        ASSERT_EQ(got.size(), pmm_stats().total);
        ASSERT_EQ(got.size() + plan.metadata_pages + plan.ignored_pages,
                  static_cast<uint64_t>(std::count(given.begin(), given.end(), true)));
        ASSERT_EQ(std::adjacent_find(got.begin(), got.end()), got.end()) << "a page came twice";
        for (uint64_t n : got) {
            ASSERT_TRUE(given[n]) << n;
            ASSERT_TRUE(n < metadata_at() || n >= metadata_at() + plan.metadata_pages) << n;
        }
        for (uint64_t n = 0; n < machine.pages(); n++) {
            const uint8_t *page = machine.memory() + n * PAGE_SIZE;
            ASSERT_TRUE(given[n] || std::count(page, page + PAGE_SIZE, 0xa5) == PAGE_SIZE) << n;
        }
    }
}

} // namespace
