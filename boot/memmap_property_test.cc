// SPDX-License-Identifier: Apache-2.0
// memmap against a model that knows of every piece of a small address space what the entries
// say about it.
#include "boot/memmap.h"
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <vector>

namespace
{

using ranges = std::vector<std::pair<uint64_t, uint64_t>>;

constexpr size_t PAGES = 24;
// Entries begin and end only at these places of a page, so that a page has four pieces.
constexpr uint64_t CUTS[] = {0, 1, PAGE_SIZE / 2, PAGE_SIZE - 1};
constexpr size_t PIECES = PAGES * std::size(CUTS);

class Model
{
public:
    // PAGES pages from `base` on.
    explicit Model(uint64_t base) : base_(base) {}

    // The address where a piece begins; PIECES stands for the end, which may wrap to 0.
    uint64_t address(size_t piece) const
    {
        return base_ + piece / std::size(CUTS) * PAGE_SIZE + CUTS[piece % std::size(CUTS)];
    }

    void add(size_t first, size_t end, bool usable)
    {
        for (size_t i = first; i < end; i++)
            (usable ? usable_ : reserved_)[i] = true;
    }

    bool page_is_usable(size_t page) const
    {
        // The top byte of the address space cannot be described by an exclusive end.
        if (base_ + (page + 1) * PAGE_SIZE == 0)
            return false;
        for (size_t i = page * std::size(CUTS); i < (page + 1) * std::size(CUTS); i++) {
            if (!usable_[i] || reserved_[i])
                return false;
        }
        return true;
    }

    ranges regions() const
    {
        ranges out;
        for (size_t page = 0; page < PAGES; page++) {
            if (!page_is_usable(page))
                continue;
            uint64_t start = base_ + page * PAGE_SIZE;
            if (!out.empty() && out.back().second == start)
                out.back().second += PAGE_SIZE;
            else
                out.emplace_back(start, start + PAGE_SIZE);
        }
        return out;
    }

private:
    uint64_t base_;
    std::vector<bool> usable_ = std::vector<bool>(PIECES), reserved_ = usable_;
};

ranges usable(const struct memmap &map, size_t max)
{
    std::vector<struct boot_range> out(max);
    size_t count = memmap_usable(&map, out.data(), max);
    ranges list;
    for (size_t i = 0; i < count; i++)
        list.emplace_back(out[i].start, out[i].end);
    return list;
}

// A random map of `entries` entries, and the model of all of them.
void fill(std::mt19937 &random, size_t entries, unsigned usable_percent, struct memmap *map,
          Model *model)
{
    for (size_t i = 0; i < entries; i++) {
        size_t first = random() % PIECES;
        size_t end = std::min(PIECES, first + random() % 40);
        bool is_usable = random() % 100 < usable_percent;
        memmap_add(map, model->address(first), model->address(end) - model->address(first),
                   is_usable);
        model->add(first, end, is_usable);
    }
}

constexpr uint64_t BASES[] = {0, 4 * GIB, 0 - PAGES *PAGE_SIZE};

TEST(MemmapProperty, maps_that_fit_agree_with_the_model)
{
    constexpr uint32_t SEED = 21;
    std::mt19937 random(SEED);
    for (int step = 0; step < 6'000; step++) {
        auto map = std::make_unique<struct memmap>();
        Model model(BASES[step % std::size(BASES)]);
        fill(random, random() % 24, 60 + random() % 40, map.get(), &model);
        ranges want = model.regions();
        ASSERT_EQ(usable(*map, PAGES), want) << "seed " << SEED << " step " << step;
        size_t max = random() % 4;
        want.resize(std::min(want.size(), max));
        ASSERT_EQ(usable(*map, max), want) << "seed " << SEED << " step " << step;
    }
}

TEST(MemmapProperty, maps_that_do_not_fit_never_show_what_is_reserved)
{
    constexpr uint32_t SEED = 22;
    std::mt19937 random(SEED);
    for (int step = 0; step < 1'000; step++) {
        auto map = std::make_unique<struct memmap>();
        Model model(BASES[step % std::size(BASES)]);
        fill(random, MEMMAP_ENTRIES_MAX + random() % 40, 80 + random() % 21, map.get(), &model);
        for (auto [start, end] : usable(*map, PAGES)) {
            for (uint64_t at = start; at != end; at += PAGE_SIZE) {
                size_t page = (at - model.address(0)) / PAGE_SIZE;
                ASSERT_TRUE(page < PAGES && model.page_is_usable(page))
                    << "seed " << SEED << " step " << step << " page " << page;
            }
        }
    }
}

// memmap_exclude over a bitmap of pages.
TEST(MemmapProperty, exclude_agrees_with_the_model)
{
    constexpr uint32_t SEED = 23;
    std::mt19937 random(SEED);
    for (int step = 0; step < 20'000; step++) {
        SCOPED_TRACE("seed " + std::to_string(SEED) + " step " + std::to_string(step));
        struct boot_range r[PAGES];
        size_t count = 0;
        bool page[PAGES] = {};
        for (uint64_t at = random() % 4; at < PAGES - 6; at += 1 + random() % 4) {
            uint64_t end = at + 1 + random() % 5;
            r[count++] = {at * PAGE_SIZE, end * PAGE_SIZE};
            for (; at < end; at++)
                page[at] = true;
        }
        size_t max = count + random() % 2;
        size_t before = count;
        uint64_t start = random() % (PAGES * PAGE_SIZE);
        uint64_t end = start + random() % (8 * PAGE_SIZE);
        count = memmap_exclude(r, count, max, start, end);

        size_t lost = 0;
        bool left[PAGES] = {};
        for (size_t i = 0; i < count; i++) {
            ASSERT_LT(r[i].start, r[i].end);
            ASSERT_TRUE(i == 0 || r[i - 1].end < r[i].start);
            for (uint64_t p = r[i].start / PAGE_SIZE; p < r[i].end / PAGE_SIZE; p++)
                left[p] = true;
        }
        for (uint64_t p = 0; p < PAGES; p++) {
            bool excluded = start < end && p * PAGE_SIZE < end && start < (p + 1) * PAGE_SIZE;
            bool want = page[p] && !excluded;
            ASSERT_FALSE(left[p] && !want) << "page " << p << " should have gone";
            lost += want && !left[p];
        }
        // Only a split without room may lose something; the parts that lie between are tested
        // by hand.
        if (max > before)
            ASSERT_EQ(lost, 0u);
        else
            ASSERT_LE(lost, 2u) << "the smaller part of at most five pages";
    }
}

} // namespace
