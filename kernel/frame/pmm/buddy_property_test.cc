// SPDX-License-Identifier: Apache-2.0
// The buddy allocator against a model that knows of every page whether it is free.
#include "kernel/frame/pmm/buddy.h"
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace
{

constexpr uint64_t CHUNKS = 6;
constexpr uint64_t PAGES = CHUNKS * BUDDY_CHUNK;

enum class State : uint8_t {
    HOLE,
    FREE,
    USED,
};

// What metadata holds before it is initialised: reading it must change nothing.
enum class Poison {
    JUNK,
    FREE_BLOCKS, // as if every page headed a free block of the largest order that fits
    RESERVED_ZEROS,
};

struct block {
    uint64_t number;
    unsigned order;
    enum page_kind kind;
};

class Machine
{
public:
    Machine(uint32_t seed, Poison poison) : random_(seed), map_(PAGES), state_(PAGES, State::HOLE)
    {
        fill(poison);
        std::vector<page_range> ranges;
        // From single pages to more than a chunk; gaps from none to more than a chunk.
        uint64_t longest = 1 + random_() % (random_() % 2 ? 1500 : 200);
        for (uint64_t at = random_() % 1500; at < PAGES && ranges.size() < BUDDY_RANGES_MAX;) {
            uint64_t end = std::min(PAGES, at + 1 + random_() % longest);
            ranges.push_back({at, end});
            for (uint64_t n = at; n < end; n++)
                state_[n] = State::FREE;
            at = end + random_() % (random_() % 8 ? 50 : 1500);
        }
        buddy_init(&b_, map_.data(), ranges.data(), ranges.size());
    }

    void step()
    {
        if (held_.empty() || random_() % 100 < allocate_percent_)
            allocate();
        else
            release();
        // Phases of growth and of shrinking.
        if (random_() % 500 == 0)
            allocate_percent_ = 30 + random_() % 50;
        ASSERT_EQ(b_.free_pages, count(State::FREE));
    }

    void release_all()
    {
        while (!held_.empty())
            release();
        uint64_t n;
        // Lets the rest enter, to be compared too.
        std::vector<uint64_t> pages;
        while (buddy_alloc(&b_, 0, PAGE_KERNEL, &n))
            pages.push_back(n);
        EXPECT_EQ(pages.size(), count(State::FREE));
        for (uint64_t page : pages)
            buddy_free(&b_, page, 0);
    }

    // The free lists hold the free pages, each once, as the largest aligned blocks there are;
    // the metadata of all pages that have entered is right.
    void check()
    {
        std::vector<State> listed(PAGES, State::HOLE);
        for (unsigned order = 0; order <= BUDDY_MAX_ORDER; order++) {
            const struct list *head = &b_.free[order];
            ASSERT_EQ(list_is_empty(head), (b_.nonempty >> order & 1) == 0);
            for (struct list *at = head->next; at != head; at = at->next) {
                const struct page *page = LIST_ENTRY(at, struct page, link);
                auto n = static_cast<uint64_t>(page - map_.data());
                ASSERT_EQ(n % (1ull << order), 0u);
                ASSERT_EQ(page->kind, PAGE_FREE);
                ASSERT_EQ(page->order, order);
                for (uint64_t i = n; i < n + (1ull << order); i++) {
                    ASSERT_EQ(state_[i], State::FREE) << "page " << i;
                    ASSERT_EQ(listed[i], State::HOLE) << "page " << i << " is listed twice";
                    ASSERT_TRUE(i == n || map_[i].kind == PAGE_FREE_TAIL);
                    listed[i] = State::FREE;
                }
                uint64_t buddy = n ^ 1ull << order;
                ASSERT_TRUE(order == BUDDY_MAX_ORDER || !all_free(buddy, order))
                    << "blocks " << n << " and " << buddy << " should be one";
            }
        }
        for (uint64_t n = 0; n < b_.next_chunk; n++) {
            ASSERT_TRUE(state_[n] != State::FREE || listed[n] == State::FREE) << "lost page " << n;
            // Chunks without any memory are passed over.
            if (state_[n] == State::HOLE && has_memory(align_down(n, BUDDY_CHUNK)))
                ASSERT_EQ(map_[n].kind, PAGE_RESERVED) << "page " << n;
        }
        for (const block &h : held_) {
            for (uint64_t n = h.number; n < h.number + (1ull << h.order); n++)
                ASSERT_EQ(map_[n].kind, h.kind);
        }
    }

private:
    void fill(Poison poison)
    {
        memset(static_cast<void *>(map_.data()), poison == Poison::JUNK ? 0xa5 : 0,
               map_.size() * sizeof(map_[0]));
        if (poison != Poison::FREE_BLOCKS)
            return;
        for (uint64_t n = 0; n < PAGES; n++) {
            map_[n].kind = PAGE_FREE;
            map_[n].order = static_cast<uint8_t>(n == 0 ? BUDDY_MAX_ORDER : __builtin_ctzll(n));
            list_init(&map_[n].link);
        }
    }

    uint64_t count(State s) const
    {
        return static_cast<uint64_t>(std::count(state_.begin(), state_.end(), s));
    }

    bool all_free(uint64_t number, unsigned order) const
    {
        for (uint64_t n = number; n < number + (1ull << order); n++) {
            if (state_[n] != State::FREE)
                return false;
        }
        return true;
    }

    bool has_memory(uint64_t chunk) const
    {
        auto first = state_.begin() + static_cast<ptrdiff_t>(chunk);
        return std::any_of(first, first + BUDDY_CHUNK, [](State s) { return s != State::HOLE; });
    }

    void allocate()
    {
        unsigned order = random_() % 4 ? random_() % 4 : random_() % (BUDDY_MAX_ORDER + 1);
        enum page_kind kind = random_() % 2 ? PAGE_USER : PAGE_KERNEL;
        uint64_t n;
        if (!buddy_alloc(&b_, order, kind, &n)) {
            for (uint64_t at = 0; at < PAGES; at += 1ull << order)
                ASSERT_FALSE(all_free(at, order)) << "there is a block at " << at;
            return;
        }
        ASSERT_LE(n + (1ull << order), PAGES);
        ASSERT_EQ(n % (1ull << order), 0u);
        ASSERT_TRUE(all_free(n, order)) << "page " << n << " is not free";
        set(n, order, State::USED);
        held_.push_back({n, order, kind});
    }

    // All of a block, or halves of it.
    void release()
    {
        size_t i = random_() % held_.size();
        block h = held_[i];
        held_[i] = held_.back();
        held_.pop_back();
        while (h.order > 0 && random_() % 4 == 0) {
            h.order--;
            uint64_t upper = h.number + (1ull << h.order);
            held_.push_back({upper, h.order, h.kind});
        }
        buddy_free(&b_, h.number, h.order);
        set(h.number, h.order, State::FREE);
    }

    void set(uint64_t number, unsigned order, State s)
    {
        std::fill_n(state_.begin() + static_cast<ptrdiff_t>(number), 1ull << order, s);
    }

    std::mt19937 random_;
    std::vector<struct page> map_;
    std::vector<State> state_;
    std::vector<block> held_;
    struct buddy b_;
    uint32_t allocate_percent_ = 60;
};

class BuddyProperty : public ::testing::TestWithParam<Poison>
{
};

TEST_P(BuddyProperty, agrees_with_the_model)
{
    for (uint32_t seed = 41; seed < 51; seed++) {
        Machine machine(seed, GetParam());
        for (int step = 0; step < 1'500; step++) {
            SCOPED_TRACE("seed " + std::to_string(seed) + " step " + std::to_string(step));
            machine.step();
            if (step % 50 == 0)
                machine.check();
            ASSERT_FALSE(HasFailure());
        }
        SCOPED_TRACE("seed " + std::to_string(seed) + " at the end");
        machine.release_all();
        machine.check();
        ASSERT_FALSE(HasFailure());
    }
}

INSTANTIATE_TEST_SUITE_P(Metadata, BuddyProperty,
                         ::testing::Values(Poison::JUNK, Poison::FREE_BLOCKS,
                                           Poison::RESERVED_ZEROS));

} // namespace
