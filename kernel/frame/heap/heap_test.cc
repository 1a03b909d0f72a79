// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/heap/magazine.h"
#include "kernel/frame/pmm/page_priv.h"
#include "testing/host/fake_machine.h"
#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace
{

template <size_t n> struct bytes {
    uint8_t at[n];
};

HEAP_TYPE(tiny, bytes<1>);
HEAP_TYPE(small, bytes<16>);
HEAP_TYPE(odd, bytes<17>);
HEAP_TYPE(medium, bytes<200>);
HEAP_TYPE(large, bytes<1000>);
HEAP_TYPE(wide, bytes<1500>);
HEAP_TYPE(largest, bytes<HEAP_OBJECT_MAX>);

struct alignas(64) line {
    uint8_t at[3];
};
HEAP_TYPE(aligned, line);

struct heap_type *const types[] = {&tiny, &small, &odd, &medium, &large, &wide, &largest, &aligned};

uint64_t slab_size(const struct heap_type *t) { return PAGE_SIZE << t->order; }

uint64_t slab_of(const struct heap_type *t, const void *object)
{
    return align_down(reinterpret_cast<uint64_t>(object), slab_size(t));
}

class Heap : public ::testing::Test
{
protected:
    Heap()
    {
        machine.start_pmm();
        at_start = machine.free_pages();
    }

    void TearDown() override
    {
        EXPECT_EQ(used(), 0u) << "pages leaked";
        for (struct heap_type *t : types)
            EXPECT_EQ(t->live, 0u) << t->name;
    }

    uint64_t used() const { return at_start - machine.free_pages(); }

    // As many objects as one slab holds, all on one.
    std::vector<uint8_t *> fill_slab(struct heap_type *t)
    {
        std::vector<uint8_t *> objects;
        uint64_t before = used();
        do {
            objects.push_back(static_cast<uint8_t *>(heap_alloc(t)));
        } while (used() == before + (1u << t->order));
        heap_free(t, objects.back());
        objects.pop_back();
        return objects;
    }

    void free_all(struct heap_type *t, const std::vector<uint8_t *> &objects)
    {
        for (uint8_t *o : objects)
            heap_free(t, o);
    }

    FakeMachine machine{4};
    uint64_t at_start;
};

TEST_F(Heap, types_know_their_name_and_size)
{
    EXPECT_STREQ(medium.name, "bytes<200>");
    EXPECT_EQ(medium.size, 200u);
}

TEST_F(Heap, objects_are_zeroed_and_aligned)
{
    for (struct heap_type *t : types) {
        auto *o = static_cast<uint8_t *>(heap_alloc(t));
        ASSERT_NE(o, nullptr);
        EXPECT_EQ(reinterpret_cast<uint64_t>(o) % (t == &aligned ? 64 : 16), 0u);
        EXPECT_EQ(std::count(o, o + t->size, 0), static_cast<ptrdiff_t>(t->size));
        EXPECT_EQ(t->live, 1u);
        heap_free(t, o);
        EXPECT_EQ(t->live, 0u);
    }
}

TEST_F(Heap, objects_are_zeroed_again_when_they_come_back)
{
    auto *keep = heap_alloc(&medium);
    auto *o = static_cast<uint8_t *>(heap_alloc(&medium));
    memset(o, 's', medium.size);
    heap_free(&medium, o);
    auto *again = static_cast<uint8_t *>(heap_alloc(&medium));
    EXPECT_EQ(again, o) << "or the test shows nothing";
    EXPECT_EQ(std::count(again, again + medium.size, 0), 200);
    heap_free(&medium, again);
    heap_free(&medium, keep);
}

TEST_F(Heap, objects_lie_apart_and_on_their_slab)
{
    for (struct heap_type *t : types) {
        std::vector<uint8_t *> objects = fill_slab(t);
        std::sort(objects.begin(), objects.end());
        for (size_t i = 0; i < objects.size(); i++) {
            EXPECT_EQ(slab_of(t, objects[i]), slab_of(t, objects[i] + t->size - 1));
            if (i > 0)
                EXPECT_GE(objects[i] - objects[i - 1], static_cast<ptrdiff_t>(t->size));
        }
        free_all(t, objects);
    }
}

TEST_F(Heap, slabs_are_filled)
{
    // All but a slab's header, and what is too little for one more.
    for (struct heap_type *t : types) {
        std::vector<uint8_t *> objects = fill_slab(t);
        size_t each = align_up(t->size, 16);
        EXPECT_LT(slab_size(t) - objects.size() * each, each + 64) << t->name;
        EXPECT_LT(slab_size(t) - objects.size() * each, slab_size(t) / 5) << t->name;
        free_all(t, objects);
    }
}

TEST_F(Heap, grows_by_pages_and_gives_each_back_when_empty)
{
    std::map<uint64_t, std::vector<uint8_t *>> by_page;
    while (used() < 5) {
        auto *o = static_cast<uint8_t *>(heap_alloc(&medium));
        by_page[slab_of(&medium, o)].push_back(o);
    }
    ASSERT_EQ(by_page.size(), 5u);
    uint64_t left = 5;
    for (auto &[page, objects] : by_page) {
        while (!objects.empty()) {
            EXPECT_EQ(used(), left);
            heap_free(&medium, objects.back());
            objects.pop_back();
        }
        left--;
        EXPECT_EQ(used(), left);
    }
}

TEST_F(Heap, a_full_slab_takes_part_again_after_a_free)
{
    std::vector<uint8_t *> objects = fill_slab(&large);
    uint8_t *freed = objects[1];
    heap_free(&large, freed);
    EXPECT_EQ(heap_alloc(&large), freed) << "without a new slab";
    EXPECT_EQ(used(), 1u << large.order);
    free_all(&large, objects);
}

TEST_F(Heap, types_never_share_a_slab)
{
    std::set<uint64_t> pages;
    std::vector<void *> objects;
    for (struct heap_type *t : types) {
        objects.push_back(heap_alloc(t));
        EXPECT_TRUE(pages.insert(slab_of(&tiny, objects.back())).second);
    }
    for (size_t i = 0; i < objects.size(); i++)
        heap_free(types[i], objects[i]);
}

TEST_F(Heap, no_memory_gives_null_and_changes_nothing)
{
    machine.leave_free(1);
    std::vector<uint8_t *> objects;
    while (void *o = heap_alloc(&medium))
        objects.push_back(static_cast<uint8_t *>(o));
    EXPECT_EQ(objects.size(), 19u) << "what one page holds";
    EXPECT_EQ(medium.live, 19u);
    EXPECT_EQ(heap_alloc(&medium), nullptr);
    EXPECT_EQ(heap_alloc(&tiny), nullptr);
    EXPECT_EQ(heap_alloc(&largest), nullptr);
    EXPECT_EQ(medium.live, 19u);
    EXPECT_EQ(tiny.live, 0u);
    // And it recovers.
    heap_free(&medium, objects.back());
    EXPECT_EQ(heap_alloc(&medium), objects.back());
    free_all(&medium, objects);
    machine.give_back();
}

TEST_F(Heap, freeing_null_is_ignored)
{
    heap_free(&small, nullptr);
    EXPECT_EQ(small.live, 0u);
}

TEST_F(Heap, random_allocations_keep_their_contents)
{
    constexpr uint32_t SEED = 71;
    std::mt19937 random(SEED);
    struct held {
        struct heap_type *type;
        uint8_t *object, pattern;
    };
    std::vector<held> all;
    for (int step = 0; step < 30'000; step++) {
        SCOPED_TRACE("seed " + std::to_string(SEED) + " step " + std::to_string(step));
        if (all.empty() || random() % 1000 < (step / 3000 % 2 ? 400u : 600u)) {
            held h = {types[random() % std::size(types)], nullptr, static_cast<uint8_t>(random())};
            h.object = static_cast<uint8_t *>(heap_alloc(h.type));
            if (h.object == nullptr) {
                ASSERT_TRUE(machine.free_pages() == 0 || h.type->order > 0);
                continue;
            }
            ASSERT_EQ(std::count(h.object, h.object + h.type->size, 0),
                      static_cast<ptrdiff_t>(h.type->size));
            memset(h.object, h.pattern, h.type->size);
            all.push_back(h);
        } else {
            size_t i = random() % all.size();
            held h = all[i];
            all[i] = all.back();
            all.pop_back();
            ASSERT_EQ(std::count(h.object, h.object + h.type->size, h.pattern),
                      static_cast<ptrdiff_t>(h.type->size));
            heap_free(h.type, h.object);
        }
    }
    for (struct heap_type *t : types)
        EXPECT_EQ(t->live, static_cast<size_t>(std::count_if(
                               all.begin(), all.end(), [t](held &h) { return h.type == t; })));
    for (held &h : all)
        heap_free(h.type, h.object);
}

class HeapDeathTest : public Heap
{
};

TEST_F(HeapDeathTest, freeing_an_object_of_another_type_panics)
{
    void *o = heap_alloc(&small), *other = heap_alloc(&tiny);
    EXPECT_DEATH(heap_free(&tiny, o), "assertion failed");
    EXPECT_DEATH(heap_free(&medium, o), "assertion failed") << "a type that has no slab";
    heap_free(&small, o);
    heap_free(&tiny, other);
}

TEST_F(HeapDeathTest, freeing_what_is_no_object_panics)
{
    for (struct heap_type *t : types) {
        std::vector<uint8_t *> objects = fill_slab(t);
        auto *slab = reinterpret_cast<uint8_t *>(slab_of(t, objects[0]));
        std::set<uint8_t *> good(objects.begin(), objects.end());
        // Around both ends, and a few between: every death test is a process.
        for (ptrdiff_t at : {0, 16, 63, 65, 4064, 4095}) {
            if (!good.contains(slab + at))
                EXPECT_DEATH(heap_free(t, slab + at), "assertion failed") << t->name << " " << at;
        }
        // Behind the last object, where one more would begin.
        uint8_t *last = *good.rbegin() + align_up(t->size, 16);
        if (slab_of(t, last) == slab_of(t, slab))
            EXPECT_DEATH(heap_free(t, last), "assertion failed") << t->name;
        free_all(t, objects);
    }
}

TEST_F(HeapDeathTest, freeing_memory_that_is_no_slab_panics)
{
    struct page *kernel, *user;
    ASSERT_EQ(page_alloc_kernel(0, &kernel), ERR_OK);
    ASSERT_EQ(page_alloc(PAGE_ZERO, &user), ERR_OK);
    auto object_in = [](struct page *p) { return static_cast<uint8_t *>(page_virt(p)) + 32; };
    EXPECT_DEATH(heap_free(&small, object_in(kernel)), "assertion failed");
    EXPECT_DEATH(heap_free(&small, object_in(user)), "assertion failed");
    page_free_kernel(kernel, 0);
    page_put(user);
}

TEST_F(HeapDeathTest, freeing_into_a_page_that_was_a_slab_once_panics)
{
    void *o = heap_alloc(&small);
    heap_free(&small, o);
    struct page *page;
    ASSERT_EQ(page_alloc_kernel(0, &page), ERR_OK);
    ASSERT_EQ(reinterpret_cast<uint64_t>(page_virt(page)), slab_of(&small, o))
        << "or it shows nothing";
    memset(page_virt(page), 1, PAGE_SIZE);
    EXPECT_DEATH(heap_free(&small, o), "assertion failed");
    page_free_kernel(page, 0);
}

TEST_F(HeapDeathTest, freeing_twice_panics)
{
    for (struct heap_type *t : types) {
        void *keep = heap_alloc(t), *o = heap_alloc(t);
        heap_free(t, o);
        EXPECT_DEATH(heap_free(t, o), "assertion failed") << "on a slab that lives";
        heap_free(t, keep);
        EXPECT_DEATH(heap_free(t, keep), "assertion failed") << "on one that is gone";
    }
}

// The same with objects at hand, as the kernel has it.
class Magazines : public Heap
{
protected:
    Magazines() { heap_magazine_limit = HEAP_MAGAZINE_MAX; }

    void TearDown() override
    {
        heap_trim();
        Heap::TearDown();
        heap_magazine_limit = 0;
    }
};

TEST_F(Magazines, hand_out_what_came_last)
{
    void *a = heap_alloc(&small), *b = heap_alloc(&small);
    heap_free(&small, a);
    heap_free(&small, b);
    EXPECT_EQ(heap_alloc(&small), b);
    EXPECT_EQ(heap_alloc(&small), a);
    heap_free(&small, a);
    heap_free(&small, b);
    EXPECT_EQ(used(), 1u) << "the slab stays for what is at hand";
}

TEST_F(Magazines, no_object_is_handed_out_twice)
{
    std::set<void *> objects;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            EXPECT_TRUE(objects.insert(heap_alloc(&odd)).second);
        for (int i = 0; i < 700; i++)
            heap_free(&odd, objects.extract(objects.begin()).value());
    }
    for (void *o : objects)
        heap_free(&odd, o);
}

TEST_F(Magazines, keep_only_a_few)
{
    std::vector<uint8_t *> objects = fill_slab(&small);
    free_all(&small, objects);
    EXPECT_LE(small.live, HEAP_MAGAZINE_MAX);
    heap_trim();
    EXPECT_EQ(small.live, 0u);
}

TEST_F(Magazines, are_filled_without_a_new_slab)
{
    std::vector<uint8_t *> objects = fill_slab(&wide);
    heap_trim();
    void *more = heap_alloc(&wide);
    EXPECT_EQ(used(), 2u << wide.order);
    heap_free(&wide, more);
    free_all(&wide, objects);
}

TEST_F(Magazines, notice_what_is_freed_twice)
{
    void *o = heap_alloc(&small);
    heap_free(&small, o);
    EXPECT_DEATH(heap_free(&small, o), "assertion failed");
}

TEST_F(Magazines, failing_allocations_are_counted_to_the_last)
{
    // Without a slab an object takes two allocations, its own and the slab's.
    struct task *task = reinterpret_cast<struct task *>(this);
    cpu_this()->current = task;
    void *warm = heap_alloc(&small);
    heap_free(&small, warm);
    for (uint64_t n = 0; n < 2; n++) {
        heap_fail_after(n);
        EXPECT_EQ(heap_alloc(&small), nullptr);
        EXPECT_TRUE(heap_fail_stop());
        EXPECT_EQ(used(), 0u);
    }
    heap_fail_after(2);
    void *first = heap_alloc(&small);
    EXPECT_NE(first, nullptr);
    EXPECT_EQ(heap_alloc(&small), nullptr) << "the third, which takes no slab";
    EXPECT_TRUE(heap_fail_stop());
    heap_fail_after(100);
    void *second = heap_alloc(&small);
    cpu_this()->current = nullptr;
    EXPECT_FALSE(heap_fail_stop());
    heap_free(&small, first);
    heap_free(&small, second);
}

TEST_F(Magazines, another_tasks_allocations_do_not_fail)
{
    cpu_this()->current = reinterpret_cast<struct task *>(this);
    heap_fail_after(0);
    cpu_this()->current = nullptr;
    void *o = heap_alloc(&small);
    EXPECT_NE(o, nullptr);
    EXPECT_FALSE(heap_fail_stop());
    heap_free(&small, o);
}

} // namespace
