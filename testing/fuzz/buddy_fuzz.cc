// SPDX-License-Identifier: Apache-2.0
// The buddy allocator against a model that knows of every page whether it is free.
#include "kernel/frame/pmm/buddy.h"
#include "testing/fuzz/input.h"
#include <algorithm>
#include <cstring>
#include <vector>

namespace
{

constexpr uint64_t PAGES = 3 * BUDDY_CHUNK;

enum class State : uint8_t {
    HOLE,
    FREE,
    USED,
};

struct Block {
    uint64_t number;
    unsigned order;
    enum page_kind kind;
};

class Model
{
public:
    explicit Model(Input &in) : map_(PAGES), state_(PAGES, State::HOLE)
    {
        fill_metadata(in.u8());
        std::vector<page_range> ranges;
        uint64_t count = in.below(12), at = 0;
        for (uint64_t i = 0; i <= count && at < PAGES; i++) {
            // Adjacent ranges too, and some of many chunks.
            at += in.u8() < 64 ? 0 : in.u16() % 1500;
            uint64_t end =
                min_u64(PAGES, at + 1 + (in.u8() < 128 ? in.u8() % 40 : in.u16() % 2500));
            if (at >= end)
                break;
            ranges.push_back({at, end});
            std::fill(state_.begin() + static_cast<long>(at),
                      state_.begin() + static_cast<long>(end), State::FREE);
            at = end;
        }
        buddy_init(&b_, map_.data(), ranges.data(), ranges.size());
        check_count();
    }

    void step(Input &in)
    {
        uint8_t what = in.u8();
        if (held_.empty() || what < 140)
            allocate(what % 11, what % 2 ? PAGE_USER : PAGE_KERNEL);
        else
            release(in.below(held_.size()), what - 140u);
        check_count();
    }

    void finish()
    {
        while (!held_.empty())
            release(held_.size() - 1, 0);
        check_lists();
        // Every free page can be had, and no other.
        uint64_t n, pages = 0;
        while (buddy_alloc(&b_, 0, PAGE_USER, &n)) {
            CHECK(n < PAGES && state_[n] == State::FREE);
            state_[n] = State::USED;
            pages++;
        }
        CHECK(pages == b_.total_pages && b_.free_pages == 0);
    }

private:
    // Metadata that has not entered may say anything.
    void fill_metadata(uint8_t how)
    {
        memset(static_cast<void *>(map_.data()), how, map_.size() * sizeof(map_[0]));
        for (uint64_t n = 0; how % 3 == 0 && n < PAGES; n++) {
            map_[n].kind = PAGE_FREE;
            map_[n].order = static_cast<uint8_t>(n == 0 ? BUDDY_MAX_ORDER : __builtin_ctzll(n));
            list_init(&map_[n].link);
        }
    }

    void check_count()
    {
        CHECK(b_.free_pages ==
              static_cast<uint64_t>(std::count(state_.begin(), state_.end(), State::FREE)));
    }

    bool all(uint64_t number, unsigned order, State s) const
    {
        auto first = state_.begin() + static_cast<long>(number);
        return std::all_of(first, first + (1l << order), [s](State t) { return t == s; });
    }

    void set(uint64_t number, unsigned order, State s)
    {
        std::fill_n(state_.begin() + static_cast<long>(number), 1l << order, s);
    }

    void allocate(unsigned order, enum page_kind kind)
    {
        uint64_t n;
        if (!buddy_alloc(&b_, order, kind, &n)) {
            for (uint64_t at = 0; at < PAGES; at += 1ull << order)
                CHECK(!all(at, order, State::FREE));
            return;
        }
        CHECK(n % (1ull << order) == 0 && n + (1ull << order) <= PAGES);
        CHECK(all(n, order, State::FREE));
        for (uint64_t i = 0; i < 1ull << order; i++)
            CHECK(map_[n + i].kind == kind);
        set(n, order, State::USED);
        held_.push_back({n, order, kind});
    }

    // All of a block, or a half of it, or a quarter ...
    void release(uint64_t i, unsigned halvings)
    {
        Block h = held_[i];
        held_[i] = held_.back();
        held_.pop_back();
        for (; h.order > 0 && halvings % 3 != 0; halvings /= 3) {
            h.order--;
            uint64_t upper = h.number + (1ull << h.order);
            held_.push_back({halvings % 3 == 1 ? upper : h.number, h.order, h.kind});
            h.number = halvings % 3 == 1 ? h.number : upper;
        }
        for (uint64_t n = 0; n < 1ull << h.order; n++)
            CHECK(map_[h.number + n].kind == h.kind);
        buddy_free(&b_, h.number, h.order);
        set(h.number, h.order, State::FREE);
    }

    // The lists hold free pages, each once, as the largest blocks that there are.
    void check_lists()
    {
        std::vector<bool> listed(PAGES);
        for (unsigned order = 0; order <= BUDDY_MAX_ORDER; order++) {
            const struct list *head = &b_.free[order];
            CHECK(list_is_empty(head) == ((b_.nonempty >> order & 1) == 0));
            for (struct list *at = head->next; at != head; at = at->next) {
                auto n = static_cast<uint64_t>(LIST_ENTRY(at, struct page, link) - map_.data());
                CHECK(n % (1ull << order) == 0 && all(n, order, State::FREE));
                for (uint64_t i = n; i < n + (1ull << order); i++) {
                    CHECK(!listed[i]);
                    listed[i] = true;
                }
                CHECK(order == BUDDY_MAX_ORDER || !all(n ^ 1ull << order, order, State::FREE));
            }
        }
        for (uint64_t n = 0; n < min_u64(b_.next_chunk, PAGES); n++)
            CHECK(listed[n] == (state_[n] == State::FREE));
    }

    std::vector<struct page> map_;
    std::vector<State> state_;
    std::vector<Block> held_;
    struct buddy b_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in(data, size);
    Model model(in);
    while (!in.empty())
        model.step(in);
    model.finish();
    return 0;
}
