// SPDX-License-Identifier: Apache-2.0
// Address spaces and their cursors: the semantics of vm_space.h.
#include "testing/hostframe/fixture.h"

namespace
{

constexpr uint64_t P = PAGE_SIZE, BASE = 0x400000;
constexpr struct page_prop RW = {VM_READ | VM_WRITE, false, false, false};

struct page *new_page()
{
    struct page *page;
    must(page_alloc(PAGE_ZERO, &page));
    return page;
}

struct vm_cursor open(struct vm_space *space, uint64_t start, uint64_t end)
{
    struct vm_cursor c;
    must(vm_cursor_open(space, {start}, {end}, &c));
    return c;
}

struct vm_space *new_space()
{
    struct vm_space *space;
    must(vm_space_create(&space));
    return space;
}

TEST(Cursor, bad_ranges)
{
    run_both([] {
        struct vm_space *space = new_space();
        struct vm_cursor c;
        EXPECT_EQ(vm_cursor_open(space, {0}, {P}, &c), ERR_INVAL);
        EXPECT_EQ(vm_cursor_open(space, {P}, {P}, &c), ERR_INVAL);
        EXPECT_EQ(vm_cursor_open(space, {P + 1}, {2 * P}, &c), ERR_INVAL);
        EXPECT_EQ(vm_cursor_open(space, {P}, {USER_END + P}, &c), ERR_INVAL);
        c = open(space, P, USER_END);
        EXPECT_EQ(preempt_depth(), 1u);
        EXPECT_EQ(vm_cursor_jump(&c, {USER_END}), ERR_OK);
        EXPECT_EQ(vm_cursor_jump(&c, {USER_END + P}), ERR_INVAL);
        EXPECT_EQ(vm_cursor_jump(&c, {P + 1}), ERR_INVAL);
        EXPECT_FALSE(vm_cursor_find_next(&c));
        struct page_prop prop;
        EXPECT_EQ(vm_cursor_query(&c, &prop), nullptr);
        vm_cursor_close(&c);
        EXPECT_EQ(preempt_depth(), 0u);
        vm_space_put(space);
    });
}

TEST(Cursor, maps_finds_changes_and_unmaps)
{
    run_both([] {
        uint64_t before = pmm_stats().free;
        struct vm_space *space = new_space();
        struct vm_cursor c = open(space, BASE, BASE + GIB);
        struct page *a = new_page(), *b = new_page();
        page_get(b);
        must(vm_cursor_map(&c, a, RW));
        must(vm_cursor_jump(&c, {BASE + 512 * MIB}));
        must(vm_cursor_map(&c, b, {VM_EXEC, true, false, true}));
        EXPECT_EQ(page_refs(b), 2u);

        must(vm_cursor_jump(&c, {BASE + P}));
        EXPECT_TRUE(vm_cursor_find_next(&c));
        EXPECT_EQ(vm_cursor_address(&c).raw, BASE + 512 * MIB);
        struct page_prop prop;
        EXPECT_EQ(vm_cursor_query(&c, &prop), b);
        EXPECT_EQ(prop.perm, VM_EXEC | VM_READ);
        EXPECT_TRUE(prop.accessed && !prop.dirty && prop.soft);
        EXPECT_EQ(vm_cursor_set(&c, {VM_NONE, false, true, false}), ERR_OK);
        EXPECT_EQ(vm_cursor_set(&c, RW), ERR_NOENT);
        must(vm_cursor_jump(&c, {BASE + 512 * MIB}));
        EXPECT_EQ(vm_cursor_query(&c, &prop), b);
        EXPECT_TRUE(prop.perm == VM_NONE && !prop.accessed && prop.dirty && !prop.soft);

        must(vm_cursor_jump(&c, {BASE}));
        EXPECT_EQ(vm_cursor_protect(&c, GIB / P, VM_READ), 2u);
        EXPECT_EQ(vm_cursor_address(&c).raw, BASE + GIB);
        must(vm_cursor_jump(&c, {BASE}));
        EXPECT_EQ(vm_cursor_unmap(&c, GIB / P), 2u);
        EXPECT_EQ(page_refs(b), 1u);
        vm_cursor_close(&c);
        page_put(b);
        vm_space_put(space);
        EXPECT_EQ(pmm_stats().free, before);
    });
}

TEST(Cursor, large_mappings)
{
    run_both([] {
        uint64_t before = pmm_stats().free;
        struct vm_space *space = new_space();
        struct vm_cursor c = open(space, 2 * MIB, 10 * MIB);
        struct page_run run;
        must(page_run_alloc(VM_LARGE_PAGES, PAGE_ZERO, &run));
        must(vm_cursor_jump(&c, {3 * MIB}));
        EXPECT_EQ(vm_cursor_map_large(&c, &run, RW), ERR_INVAL);
        must(vm_cursor_jump(&c, {4 * MIB}));
        EXPECT_EQ(vm_cursor_map_large(&c, &run, RW), ERR_OK);
        EXPECT_EQ(run.count, 0u);
        EXPECT_EQ(vm_cursor_address(&c).raw, 6 * MIB);

        // A part of it goes: the rest stays, and a large one has no place there any more.
        must(vm_cursor_jump(&c, {5 * MIB}));
        EXPECT_EQ(vm_cursor_unmap(&c, 2), 2u);
        must(vm_cursor_jump(&c, {4 * MIB}));
        EXPECT_EQ(vm_cursor_unmap(&c, VM_LARGE_PAGES), VM_LARGE_PAGES - 2);
        must(page_run_alloc(VM_LARGE_PAGES, PAGE_ZERO, &run));
        must(vm_cursor_jump(&c, {4 * MIB}));
        EXPECT_EQ(vm_cursor_map_large(&c, &run, RW), ERR_BUSY);

        // One that goes as a whole leaves its place to another.
        for (int i = 0; i < 2; i++) {
            must(vm_cursor_jump(&c, {6 * MIB}));
            EXPECT_EQ(vm_cursor_map_large(&c, &run, RW), ERR_OK);
            must(vm_cursor_jump(&c, {6 * MIB}));
            EXPECT_EQ(vm_cursor_unmap(&c, VM_LARGE_PAGES), VM_LARGE_PAGES);
            must(page_run_alloc(VM_LARGE_PAGES, PAGE_ZERO, &run));
        }
        must(vm_cursor_jump(&c, {8 * MIB}));
        EXPECT_EQ(vm_cursor_map_large(&c, &run, RW), ERR_OK);
        vm_cursor_close(&c);
        vm_space_put(space);
        EXPECT_EQ(pmm_stats().free, before);
    });
}

TEST(Cursor, shares_for_fork)
{
    run_both([] {
        uint64_t before = pmm_stats().free;
        struct vm_space *parent = new_space(), *child = new_space();
        struct vm_cursor a = open(parent, BASE, BASE + 8 * P), b = open(child, BASE, BASE + 8 * P);
        struct page *rw = new_page(), *ro = new_page();
        must(vm_cursor_map(&a, rw, RW));
        must(vm_cursor_jump(&a, {BASE + 3 * P}));
        must(vm_cursor_map(&a, ro, {VM_READ, true, false, false}));
        must(vm_cursor_jump(&a, {BASE}));
        EXPECT_EQ(vm_cursor_share(&a, &b, 8, true), ERR_OK);
        EXPECT_EQ(vm_cursor_address(&b).raw, BASE + 8 * P);
        EXPECT_EQ(page_refs(rw), 2u);
        EXPECT_EQ(page_refs(ro), 2u);
        for (struct vm_cursor *c : {&a, &b}) {
            struct page_prop prop;
            must(vm_cursor_jump(c, {BASE}));
            EXPECT_EQ(vm_cursor_query(c, &prop), rw);
            EXPECT_TRUE(prop.perm == VM_READ && prop.soft);
            must(vm_cursor_jump(c, {BASE + 3 * P}));
            EXPECT_EQ(vm_cursor_query(c, &prop), ro);
            EXPECT_TRUE(prop.perm == VM_READ && !prop.soft);
        }
        vm_cursor_close(&b);
        vm_cursor_close(&a);
        vm_space_put(parent);
        EXPECT_EQ(page_refs(rw), 1u);
        vm_space_put(child);
        EXPECT_EQ(pmm_stats().free, before);
    });
}

// Neighbouring ranges go on at the same time, overlapping ones one after the other.
TEST(Cursor, of_several_tasks)
{
    run_both([] {
        static struct vm_space *space;
        static uint64_t shared; // the overlapping range's
        space = new_space();
        shared = 0;
        Crew::run(4, [](uint32_t i) {
            uint64_t mine = BASE + i * 16 * P;
            for (int n = 0; n < 30; n++) {
                struct vm_cursor c = open(space, mine, mine + 16 * P);
                must(vm_cursor_map(&c, new_page(), RW));
                must(vm_cursor_jump(&c, {mine}));
                EXPECT_EQ(vm_cursor_unmap(&c, 16), 1u);
                vm_cursor_close(&c);
                c = open(space, GIB, GIB + P);
                shared++;
                vm_cursor_close(&c);
            }
        });
        EXPECT_EQ(shared, 120u);
        vm_space_put(space);
    });
}

class SpaceDeath : public ::testing::Test
{
protected:
    void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

    static void run(std::function<void()> main)
    {
        hostframe::Machine m;
        m.main = std::move(main);
        hostframe::run(m);
    }
};

TEST_F(SpaceDeath, mapped_twice)
{
    EXPECT_DEATH(run([] {
                     struct vm_cursor c = open(new_space(), BASE, BASE + P);
                     must(vm_cursor_map(&c, new_page(), RW));
                     must(vm_cursor_jump(&c, {BASE}));
                     (void)vm_cursor_map(&c, new_page(), RW);
                 }),
                 "e == 0");
}

TEST_F(SpaceDeath, cursors_that_overlap_or_are_too_many)
{
    EXPECT_DEATH(run([] {
                     struct vm_space *space = new_space();
                     open(space, BASE, BASE + 2 * P);
                     open(space, BASE + P, BASE + 3 * P);
                 }),
                 "where it has one already");
    EXPECT_DEATH(run([] {
                     struct vm_space *space = new_space();
                     for (uint64_t i = 0; i <= VM_CURSORS_MAX; i++)
                         open(space, BASE + i * P, BASE + (i + 1) * P);
                 }),
                 "more cursors");
}

TEST_F(SpaceDeath, sleeping_with_a_cursor_open)
{
    EXPECT_DEATH(run([] {
                     open(new_space(), BASE, BASE + P);
                     task_yield();
                 }),
                 "preemption is off");
}

} // namespace
