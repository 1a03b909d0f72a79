// SPDX-License-Identifier: Apache-2.0
// Areas against a plain table of pages.
#include "kernel/linux/mm/area.h"
#include "testing/hostframe/hostframe.h"
#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <random>

namespace
{

constexpr uint64_t FLOOR = 16 * PAGE_SIZE, PAGES = 200, CEILING = FLOOR + PAGES * PAGE_SIZE;

// Areas are on the kernel's heap, so that tests of them run in a machine.
void in_machine(std::function<void()> body)
{
    hostframe::Machine m;
    m.main = [&] {
        body();
        power_off(0);
    };
    hostframe::Outcome o = hostframe::run(m);
    ASSERT_EQ(o.status, 0);
    ASSERT_EQ(o.objects, 0u) << "something was not freed";
}

class Areas
{
public:
    Areas()
    {
        a_.floor = FLOOR;
        a_.ceiling = CEILING;
    }

    ~Areas()
    {
        while (struct area *x = area_tree_first(&a_.tree))
            areas_remove(&a_, x);
        EXPECT_EQ(a_.pages, 0u);
    }

    static uint64_t address(uint64_t page) { return FLOOR + page * PAGE_SIZE; }

    bool is_free(uint64_t from, uint64_t to) const
    {
        return std::all_of(prot_ + from, prot_ + to, [](int p) { return p < 0; });
    }

    // The table has what areas may differ in as one number: permissions and flags.
    void add(uint64_t from, uint64_t to, int prot)
    {
        EXPECT_EQ(areas_are_free(&a_, address(from), address(to)), is_free(from, to));
        if (!is_free(from, to))
            return;
        struct area_kind kind = {};
        kind.prot = static_cast<uint8_t>(prot % 3);
        kind.flags = static_cast<uint8_t>(prot / 3);
        EXPECT_EQ(areas_add(&a_, address(from), address(to), kind), ERR_OK);
        std::fill(prot_ + from, prot_ + to, prot);
    }

    void split(uint64_t from, uint64_t to)
    {
        EXPECT_EQ(areas_split(&a_, address(from)), ERR_OK);
        EXPECT_EQ(areas_split(&a_, address(to)), ERR_OK);
    }

    void remove(uint64_t from, uint64_t to)
    {
        split(from, to);
        for (struct area *x; (x = areas_find(&a_, address(from))) && x->start < address(to);)
            areas_remove(&a_, x);
        std::fill(prot_ + from, prot_ + to, -1);
    }

    void protect(uint64_t from, uint64_t to, int prot)
    {
        split(from, to);
        struct area *x = areas_find(&a_, address(from));
        for (; x != nullptr && x->start < address(to); x = area_tree_next(x)) {
            areas_set_prot(&a_, x, static_cast<uint8_t>(prot % 3));
            areas_set_flags(&a_, x, static_cast<uint8_t>(prot / 3));
            std::fill(prot_ + page_of(x->start), prot_ + page_of(x->end), prot);
        }
        areas_join(&a_, address(from), address(to));
    }

    // The highest gap: by looking at every place.
    void check_gap(uint64_t size, uint64_t below)
    {
        uint64_t start = 0, want = PAGES;
        for (uint64_t at = 0; at + size <= below; at++) {
            if (is_free(at, at + size))
                want = at;
        }
        bool found = areas_find_gap(&a_, size * PAGE_SIZE, address(below), &start);
        ASSERT_EQ(found, want != PAGES);
        if (found)
            ASSERT_EQ(start, address(want));
    }

    // Parts of a range are those of the table, and a hole is seen before the part behind it.
    void check_walk(uint64_t from, uint64_t to)
    {
        struct area_walk w = {};
        w.at = address(from);
        w.end = address(to);
        uint64_t seen = from;
        bool hole = false;
        while (const struct area *x = areas_walk(&a_, &w)) {
            ASSERT_TRUE(x->start <= w.start && w.start < w.stop && w.stop <= x->end);
            ASSERT_TRUE(is_free(seen, page_of(w.start)));
            hole = hole || seen < page_of(w.start);
            ASSERT_EQ(w.hole, hole);
            seen = page_of(w.stop);
            ASSERT_LE(seen, to);
        }
        ASSERT_TRUE(is_free(seen, to));
        ASSERT_EQ(w.hole, hole || seen < to);
    }

    // Areas are the table's runs, as long as they can be, and the summaries are right.
    void check()
    {
        uint64_t pages = 0, locked = 0, end = FLOOR;
        const struct area *before = nullptr;
        for (struct area *x = area_tree_first(&a_.tree); x != nullptr; x = area_tree_next(x)) {
            ASSERT_LT(x->start, x->end);
            ASSERT_EQ(x->gap, x->start - end);
            for (uint64_t p = page_of(x->start); p < page_of(x->end); p++)
                ASSERT_EQ(prot_[p], x->kind.prot + 3 * x->kind.flags);
            if (before != nullptr && before->end == x->start)
                ASSERT_TRUE(before->kind.prot != x->kind.prot ||
                            before->kind.flags != x->kind.flags)
                    << "two where one would do";
            pages += (x->end - x->start) / PAGE_SIZE;
            if ((x->kind.flags & AREA_LOCKED) != 0)
                locked += (x->end - x->start) / PAGE_SIZE;
            end = x->end;
            before = x;
        }
        ASSERT_EQ(pages, a_.pages);
        ASSERT_EQ(locked, a_.locked_pages);
        ASSERT_EQ(pages, PAGES - static_cast<uint64_t>(std::count(prot_, prot_ + PAGES, -1)));
    }

private:
    static uint64_t page_of(uint64_t at) { return (at - FLOOR) / PAGE_SIZE; }

    struct areas a_ = {};
    int prot_[PAGES] = {};

public:
    void clear() { std::fill(prot_, prot_ + PAGES, -1); }
};

TEST(Areas, are_the_runs_of_a_table_whatever_is_done)
{
    in_machine([] {
        for (unsigned seed = 1; seed <= 20; seed++) {
            Areas areas;
            areas.clear();
            std::mt19937 random(seed);
            for (int i = 0; i < 400; i++) {
                uint64_t from = random() % PAGES, to = from + 1 + random() % (PAGES - from);
                if (random() % 2 == 0)
                    to = std::min(to, from + 8);
                int prot = static_cast<int>(random() % 12);
                switch (random() % 4) {
                case 0:
                case 1:
                    areas.add(from, to, prot);
                    break;
                case 2:
                    areas.remove(from, to);
                    break;
                case 3:
                    areas.protect(from, to, prot);
                    break;
                }
                areas.check();
                areas.check_walk(from, to);
                areas.check_gap(1 + random() % 20, random() % (PAGES + 1));
                if (testing::Test::HasFatalFailure())
                    return;
            }
        }
    });
}

} // namespace
