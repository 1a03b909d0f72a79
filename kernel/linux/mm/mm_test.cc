// SPDX-License-Identifier: Apache-2.0
// Address spaces against a plain table of pages: their contents, and what moves them.
#include "kernel/linux/mm/mm.h"
#include "kernel/linux/mm/vm_object.h"
#include "testing/hostframe/hostframe.h"
#include <algorithm>
#include <array>
#include <functional>
#include <gtest/gtest.h>
#include <random>

namespace
{

constexpr uint64_t BASE = 0x10000000, PAGES = 48;
constexpr uint64_t WITHOUT_LIMIT = UINT64_MAX;

uint64_t address(uint64_t page) { return BASE + page * PAGE_SIZE; }

struct Page {
    bool mapped, writable, no_fork, wipe;
    uint32_t value;

    bool agrees(const Page &o) const
    {
        return mapped && o.mapped && writable == o.writable && no_fork == o.no_fork &&
               wipe == o.wipe;
    }
};

using Table = std::array<Page, PAGES>;

uint8_t prot_of(bool writable)
{
    return static_cast<uint8_t>(writable ? VM_READ | VM_WRITE : VM_READ);
}

enum err write_value(struct mm *mm, uint64_t page, uint32_t value)
{
    return mm_write_other(mm, {address(page) + 8}, CSPAN_OF(value));
}

void expect_same(struct mm *mm, const Table &want)
{
    uint64_t mapped = 0;
    for (uint64_t i = 0; i < PAGES; i++) {
        uint32_t value = 1;
        enum err err = mm_read_other(mm, {address(i) + 8}, SPAN_OF(value));
        ASSERT_EQ(err, want[i].mapped ? ERR_OK : ERR_FAULT) << "page " << i;
        if (want[i].mapped)
            ASSERT_EQ(value, want[i].value) << "page " << i;
        mapped += want[i].mapped;
    }
    ASSERT_EQ(mm_mapped_pages(mm), mapped);
}

class Space
{
public:
    explicit Space(unsigned seed) : random_(seed) { must(mm_create(&mm_)); }
    ~Space() { mm_put(mm_); }

    void step()
    {
        at_ = random_() % PAGES;
        count_ = 1 + random_() % std::min<uint64_t>(PAGES - at_, 12);
        switch (random_() % 8) {
        case 0:
        case 1:
            return map();
        case 2:
            return unmap();
        case 3:
            return protect();
        case 4:
            return advise();
        case 5:
            return write();
        default:
            return remap();
        }
    }

    void check() { expect_same(mm_, pages_); }

    // A child has what the table says it has, and what it writes is its own.
    void check_child()
    {
        Table want = pages_;
        struct mm *child;
        ASSERT_EQ(mm_clone(mm_, &child), ERR_OK);
        for (Page &p : want) {
            p.mapped = p.mapped && !p.no_fork;
            p.value = p.wipe ? 0 : p.value;
        }
        expect_same(child, want);
        for (uint64_t i = 0; i < PAGES; i++) {
            if (want[i].mapped && want[i].writable) {
                want[i].value = 1000 + static_cast<uint32_t>(i);
                ASSERT_EQ(write_value(child, i, want[i].value), ERR_OK);
            }
        }
        expect_same(child, want);
        check();
        mm_put(child);
    }

private:
    uint64_t end() const { return address(at_ + count_); }

    void map()
    {
        bool writable = random_() % 3 != 0;
        struct mm_request r = {};
        r.at = address(at_);
        r.size = count_ * PAGE_SIZE;
        r.place = mm_request::MM_REPLACE;
        r.kind.prot = prot_of(writable);
        uint64_t at;
        ASSERT_EQ(mm_map(mm_, &r, &at), ERR_OK);
        for (uint64_t i = at_; i < at_ + count_; i++)
            pages_[i] = {true, writable, false, false, 0};
    }

    void unmap()
    {
        ASSERT_EQ(mm_unmap(mm_, address(at_), end()), ERR_OK);
        std::fill_n(&pages_[at_], count_, Page{});
    }

    void protect()
    {
        bool writable = random_() % 2, hole = false;
        for (uint64_t i = at_; i < at_ + count_ && !(hole = hole || !pages_[i].mapped); i++)
            pages_[i].writable = writable;
        ASSERT_EQ(mm_protect(mm_, address(at_), end(), prot_of(writable)),
                  hole ? ERR_NOMEM : ERR_OK);
    }

    void advise()
    {
        constexpr enum mm_advice all[] = {MM_DROP,         MM_LET_GO,       MM_NO_FORK, MM_FORK,
                                          MM_WIPE_ON_FORK, MM_KEEP_ON_FORK, MM_COLD};
        enum mm_advice advice = all[random_() % std::size(all)];
        bool hole = false;
        for (uint64_t i = at_; i < at_ + count_; i++) {
            Page &p = pages_[i];
            hole = hole || !p.mapped;
            if (!p.mapped)
                continue;
            if (advice == MM_DROP || advice == MM_LET_GO)
                p.value = 0;
            p.no_fork = advice == MM_NO_FORK || (p.no_fork && advice != MM_FORK);
            p.wipe = advice == MM_WIPE_ON_FORK || (p.wipe && advice != MM_KEEP_ON_FORK);
        }
        ASSERT_EQ(mm_advise(mm_, address(at_), end(), advice), hole ? ERR_NOMEM : ERR_OK);
    }

    void write()
    {
        for (uint64_t i = at_; i < at_ + count_; i++) {
            auto value = static_cast<uint32_t>(random_());
            bool can = pages_[i].mapped && pages_[i].writable;
            ASSERT_EQ(write_value(mm_, i, value), can ? ERR_OK : ERR_FAULT);
            if (can)
                pages_[i].value = value;
        }
    }

    bool is_one(uint64_t from, uint64_t count) const
    {
        for (uint64_t i = from; i < from + count; i++) {
            if (!pages_[i].agrees(pages_[from]))
                return false;
        }
        return pages_[from].mapped;
    }

    bool is_free(uint64_t from, uint64_t to) const
    {
        return std::none_of(&pages_[0] + from, &pages_[0] + to,
                            [](const Page &p) { return p.mapped; });
    }

    void remap()
    {
        struct mm_remap r = {};
        uint64_t to = random_() % PAGES, size = 1 + random_() % std::min<uint64_t>(PAGES - to, 12);
        r.at = address(at_);
        r.old_size = count_ * PAGE_SIZE;
        r.fixed = random_() % 3 != 0;
        r.keep = r.fixed && random_() % 4 == 0;
        if (r.keep)
            size = std::min(size, count_);
        if (!r.fixed)
            size = std::min(size, PAGES - at_);
        if (r.keep)
            r.old_size = (count_ = size) * PAGE_SIZE;
        r.new_size = size * PAGE_SIZE;
        r.may_move = r.fixed;
        r.to = address(to);
        uint64_t got;
        Table after = pages_;
        enum err want = r.fixed ? move(after, to, size, r.keep) : resize(after, size);
        ASSERT_EQ(mm_remap(mm_, &r, &got), want);
        if (want == ERR_OK)
            ASSERT_EQ(got, r.fixed ? r.to : r.at);
        pages_ = after;
    }

    enum err move(Table &after, uint64_t to, uint64_t size, bool keep)
    {
        uint64_t stays = std::min(size, count_);
        if (!pages_[at_].mapped)
            return ERR_FAULT;
        if (at_ + count_ > to && to + size > at_)
            return ERR_INVAL;
        if (!is_one(at_, stays))
            return ERR_FAULT;
        Page like = pages_[at_];
        like.value = 0;
        std::fill_n(&after[to], size, like);
        std::copy_n(&pages_[at_], stays, &after[to]);
        std::fill_n(&after[at_], count_, Page{});
        if (keep)
            std::fill_n(&after[at_], count_, like);
        return ERR_OK;
    }

    enum err resize(Table &after, uint64_t size)
    {
        if (!pages_[at_].mapped)
            return ERR_FAULT;
        if (size <= count_) {
            std::fill(&after[0] + at_ + size, &after[0] + at_ + count_, Page{});
            return ERR_OK;
        }
        if (!is_one(at_, count_))
            return ERR_FAULT;
        if (!is_free(at_ + count_, at_ + size))
            return ERR_NOMEM;
        Page like = pages_[at_];
        like.value = 0;
        std::fill(&after[0] + at_ + count_, &after[0] + at_ + size, like);
        return ERR_OK;
    }

    struct mm *mm_;
    std::mt19937 random_;
    Table pages_ = {};
    uint64_t at_ = 0, count_ = 0;
};

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

TEST(Mm, is_a_table_of_pages_whatever_is_done)
{
    in_machine([] {
        for (unsigned seed = 1; seed <= 30; seed++) {
            SCOPED_TRACE("seed " + std::to_string(seed));
            Space space(seed);
            for (int i = 0; i < 150; i++) {
                SCOPED_TRACE("step " + std::to_string(i));
                space.step();
                space.check();
                if (i % 25 == 24)
                    space.check_child();
                if (testing::Test::HasFatalFailure())
                    return;
            }
        }
    });
}

uint64_t map_at(struct mm *mm, uint64_t page, uint64_t count, uint8_t flags, enum err want = ERR_OK)
{
    struct mm_request r = {};
    r.at = address(page);
    r.size = count * PAGE_SIZE;
    r.place = mm_request::MM_FREE;
    r.kind.prot = prot_of(true);
    r.kind.flags = flags;
    uint64_t at = 0;
    EXPECT_EQ(mm_map(mm, &r, &at), want);
    return at;
}

TEST(Mm, no_more_is_locked_than_the_limit_allows)
{
    in_machine([] {
        struct mm *mm;
        must(mm_create(&mm));
        struct mm_limits limits = {WITHOUT_LIMIT, WITHOUT_LIMIT, WITHOUT_LIMIT, 4 * PAGE_SIZE};
        mm_set_limits(mm, &limits);
        map_at(mm, 0, 8, 0);
        auto lock = [&](uint64_t from, uint64_t to) {
            return mm_lock(mm, address(from), address(to), AREA_LOCKED);
        };
        EXPECT_EQ(lock(0, 5), ERR_NOMEM);
        EXPECT_EQ(lock(0, 3), ERR_OK);
        EXPECT_EQ(lock(0, 4), ERR_OK); // three of them are locked already
        EXPECT_EQ(lock(4, 5), ERR_NOMEM);
        map_at(mm, 20, 1, AREA_LOCKED, ERR_AGAIN);
        struct mm_remap r = {};
        r.at = address(0);
        r.old_size = 4 * PAGE_SIZE;
        r.new_size = 6 * PAGE_SIZE;
        r.may_move = true;
        uint64_t at;
        EXPECT_EQ(mm_remap(mm, &r, &at), ERR_AGAIN);
        EXPECT_EQ(mm_lock_all(mm, true, false, AREA_LOCKED), ERR_NOMEM);
        // What is unmapped, or moves away and leaves an empty range, is not locked.
        EXPECT_EQ(mm_unmap(mm, address(0), address(1)), ERR_OK);
        EXPECT_EQ(lock(4, 5), ERR_OK);
        EXPECT_EQ(mm_unlock(mm, address(1), address(4)), ERR_OK);
        EXPECT_EQ(lock(5, 8), ERR_OK);
        limits.locked = 0;
        mm_set_limits(mm, &limits);
        EXPECT_EQ(lock(0, 1), ERR_PERM);
        EXPECT_EQ(mm_lock_all(mm, false, true, AREA_LOCKED), ERR_PERM);
        map_at(mm, 20, 1, AREA_LOCKED, ERR_PERM);
        mm_put(mm);
    });
}

constexpr uint64_t LARGE = VM_LARGE_PAGES;

uint64_t resident(struct mm *mm, uint64_t page, uint64_t pages)
{
    std::vector<uint8_t> present(pages);
    EXPECT_EQ(mm_resident(mm, address(page), span_make(present.data(), pages)), pages);
    return static_cast<uint64_t>(std::count(present.begin(), present.end(), 1));
}

TEST(Mm, large_pages_come_at_once_and_are_split_by_what_is_done_to_parts)
{
    in_machine([] {
        struct mm *mm, *child;
        must(mm_create(&mm));
        map_at(mm, 1, 3 * LARGE, 0);
        uint32_t value = 0;
        // The first and the last are not all in the area.
        must(write_value(mm, 1, 5));
        must(write_value(mm, 3 * LARGE, 5));
        EXPECT_EQ(resident(mm, 1, 3 * LARGE), 2u);
        must(mm_read_other(mm, {address(LARGE + 9)}, SPAN_OF(value)));
        EXPECT_EQ(value, 0u);
        EXPECT_EQ(resident(mm, LARGE, LARGE), LARGE);
        for (uint64_t i = 0; i < LARGE; i++)
            must(write_value(mm, LARGE + i, static_cast<uint32_t>(i)));
        must(mm_clone(mm, &child));
        must(write_value(child, LARGE + 3, 1003));
        must(write_value(mm, LARGE + 4, 1004));
        must(mm_unmap(mm, address(LARGE + 10), address(LARGE + 20)));
        must(mm_advise(mm, address(LARGE + 30), address(LARGE + 40), MM_DROP));
        for (uint64_t i = 0; i < LARGE; i++) {
            bool gone = i >= 10 && i < 20, dropped = i >= 30 && i < 40;
            ASSERT_EQ(mm_read_other(mm, {address(LARGE + i) + 8}, SPAN_OF(value)),
                      gone ? ERR_FAULT : ERR_OK);
            if (!gone)
                ASSERT_EQ(value, dropped ? 0 : i == 4 ? 1004 : i);
            must(mm_read_other(child, {address(LARGE + i) + 8}, SPAN_OF(value)));
            ASSERT_EQ(value, i == 3 ? 1003 : i);
        }
        mm_put(child);
        // Where tables of small pages are, small ones come again.
        must(mm_advise(mm, address(1), address(LARGE), MM_DROP));
        must(write_value(mm, 2 * LARGE, 6));
        EXPECT_EQ(resident(mm, 2 * LARGE, LARGE), LARGE);
        must(mm_advise(mm, address(2 * LARGE), address(3 * LARGE), MM_SMALL_PAGES));
        must(mm_advise(mm, address(2 * LARGE), address(3 * LARGE), MM_DROP));
        must(write_value(mm, 2 * LARGE + 7, 6));
        EXPECT_EQ(resident(mm, 2 * LARGE, LARGE), 1u);
        mm_put(mm);
    });
}

TEST(Mm, pages_of_an_object_are_dropped_for_all_who_have_it)
{
    in_machine([] {
        struct mm *mm, *child;
        struct vm_object *object;
        must(mm_create(&mm));
        must(vm_object_create(4 * PAGE_SIZE, &object));
        struct mm_request r = {};
        r.at = address(0);
        r.size = 4 * PAGE_SIZE;
        r.place = mm_request::MM_FREE;
        r.kind = {.prot = prot_of(true), .shared = true, .object = object};
        uint64_t at;
        must(mm_map(mm, &r, &at));
        vm_object_put(object);
        for (uint64_t i = 0; i < 4; i++)
            must(write_value(mm, i, 7));
        must(mm_clone(mm, &child));
        uint32_t value = 0;
        must(mm_read_other(child, {address(1) + 8}, SPAN_OF(value)));
        EXPECT_EQ(value, 7u);
        EXPECT_EQ(mm_advise(mm, address(1), address(3), MM_PUNCH), ERR_OK);
        for (uint64_t i = 0; i < 4; i++) {
            must(mm_read_other(child, {address(i) + 8}, SPAN_OF(value)));
            EXPECT_EQ(value, i == 0 || i == 3 ? 7u : 0u);
        }
        mm_put(child);
        // Nobody has them mapped but this: they go.
        EXPECT_EQ(mm_advise(mm, address(0), address(4), MM_PUNCH), ERR_OK);
        uint8_t present[4];
        EXPECT_EQ(mm_resident(mm, address(0), SPAN_OF(present)), 4u);
        EXPECT_EQ(present[0] + present[1] + present[2] + present[3], 0);
        mm_put(mm);
    });
}

} // namespace
