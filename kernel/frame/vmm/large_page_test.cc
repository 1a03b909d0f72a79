// SPDX-License-Identifier: Apache-2.0
// Large pages, and changing one page's properties.
#include "kernel/frame/vmm/tlb.h"
#include "kernel/frame/vmm/vmm_fixture.h"

namespace
{

constexpr uint64_t P = PAGE_SIZE;
constexpr uint64_t LARGE = VM_LARGE_PAGES * P;
constexpr uint64_t AT = 64 * MIB;
constexpr struct page_prop RW = {VM_READ | VM_WRITE, false, false, false};

class LargePage : public VmmFixture
{
protected:
    LargePage() : space(create_space()), root(root_of(space)) {}

    void TearDown() override
    {
        vm_space_activate(nullptr);
        vm_space_put(space);
        VmmFixture::TearDown();
    }

    // Maps a large page at AT; returns its first page.
    struct page *map_large()
    {
        struct page_run run;
        EXPECT_EQ(page_run_alloc(VM_LARGE_PAGES, PAGE_ZERO, &run), ERR_OK);
        struct page *first = run.first;
        Cursor c = open(space, AT, AT + LARGE);
        EXPECT_EQ(vm_cursor_map_large(&c, &run, RW), ERR_OK);
        EXPECT_EQ(run.count, 0u) << "the references are the mapping's";
        EXPECT_EQ(vm_cursor_address(&c).raw, AT + LARGE);
        return first;
    }

    uint64_t page_size_at(uint64_t at)
    {
        auto t = machine.translate(root, at);
        return t ? t->page_size : 0;
    }

    struct vm_space *space;
    uint64_t root;
};

TEST_F(LargePage, is_one_page_to_the_cpu_and_many_to_the_cursor)
{
    struct page *first = map_large();
    EXPECT_EQ(page_size_at(AT), LARGE);
    EXPECT_EQ(machine.translate(root, AT + 5 * P + 7)->physical, page_paddr(first).raw + 5 * P + 7);
    Cursor c = open(space, AT, AT + LARGE);
    struct page_prop prop;
    EXPECT_EQ(vm_cursor_query(&c, &prop), first);
    ASSERT_EQ(vm_cursor_jump(&c, {AT + 9 * P}), ERR_OK);
    EXPECT_EQ(vm_cursor_query(&c, &prop), first + 9);
    EXPECT_EQ(prop.perm, VM_READ | VM_WRITE);
}

TEST_F(LargePage, goes_as_a_whole)
{
    uint64_t before = used();
    map_large();
    vm_space_activate(space);
    Cursor c = open(space, AT, AT + LARGE);
    EXPECT_EQ(vm_cursor_protect(&c, VM_LARGE_PAGES, VM_READ), VM_LARGE_PAGES);
    EXPECT_EQ(page_size_at(AT), LARGE);
    EXPECT_FALSE(machine.translate(root, AT)->write);
    ASSERT_EQ(vm_cursor_jump(&c, {AT}), ERR_OK);
    machine.flushed.clear();
    EXPECT_EQ(vm_cursor_unmap(&c, VM_LARGE_PAGES), VM_LARGE_PAGES);
    EXPECT_EQ(machine.flushed, std::vector<uint64_t>{AT});
    EXPECT_LE(used() - before, 3u) << "nothing stays but tables of higher levels";
}

TEST_F(LargePage, is_split_by_a_change_of_a_part)
{
    struct page *first = map_large();
    vm_space_activate(space);
    *machine.user_byte(AT + 3 * P, true) = 'x';
    machine.leave_free(0); // splitting takes no memory
    Cursor c = open(space, AT, AT + LARGE);
    ASSERT_EQ(vm_cursor_jump(&c, {AT + 2 * P}), ERR_OK);
    EXPECT_EQ(vm_cursor_protect(&c, 4, VM_READ), 4u);
    EXPECT_EQ(page_size_at(AT), P);
    for (uint64_t i = 0; i < VM_LARGE_PAGES; i++) {
        auto t = machine.translate(root, AT + i * P);
        ASSERT_TRUE(t);
        EXPECT_EQ(t->physical, page_paddr(first).raw + i * P);
        EXPECT_EQ(t->write, i < 2 || i >= 6) << i;
        EXPECT_EQ(page_refs(first + i), 1u);
    }
    ASSERT_EQ(vm_cursor_jump(&c, {AT + 3 * P}), ERR_OK);
    struct page_prop prop;
    EXPECT_EQ(vm_cursor_query(&c, &prop), first + 3);
    EXPECT_TRUE(prop.accessed && prop.dirty) << "what was true of all is true of each";
    EXPECT_EQ(vm_cursor_unmap(&c, 1), 1u);
    EXPECT_FALSE(machine.translate(root, AT + 3 * P));
    machine.give_back();
}

TEST_F(LargePage, needs_its_size_and_alignment)
{
    struct page_run run;
    ASSERT_EQ(page_run_alloc(VM_LARGE_PAGES, PAGE_ZERO, &run), ERR_OK);
    {
        Cursor c = open(space, AT + P, AT + 2 * LARGE);
        EXPECT_EQ(vm_cursor_map_large(&c, &run, RW), ERR_INVAL);
    }
    struct page_run part = {run.first, VM_LARGE_PAGES - 1};
    Cursor c = open(space, AT, AT + 2 * LARGE);
    EXPECT_EQ(vm_cursor_map_large(&c, &part, RW), ERR_INVAL);
    EXPECT_EQ(run.count, VM_LARGE_PAGES);
    page_run_put(&run);
}

TEST_F(LargePage, is_refused_where_small_ones_are)
{
    map_page(space, AT + P, VM_READ);
    struct page_run run;
    ASSERT_EQ(page_run_alloc(VM_LARGE_PAGES, PAGE_ZERO, &run), ERR_OK);
    Cursor c = open(space, AT, AT + LARGE);
    EXPECT_EQ(vm_cursor_map_large(&c, &run, RW), ERR_BUSY);
    page_run_put(&run);
}

TEST_F(LargePage, without_memory_for_tables)
{
    struct page_run run;
    ASSERT_EQ(page_run_alloc(VM_LARGE_PAGES, PAGE_ZERO, &run), ERR_OK);
    for (uint64_t n = 0; n < 3; n++) {
        machine.leave_free(n);
        Cursor c = open(space, AT + n * 512 * GIB, AT + n * 512 * GIB + LARGE);
        EXPECT_EQ(vm_cursor_map_large(&c, &run, RW), ERR_NOMEM) << n;
        machine.give_back();
    }
    page_run_put(&run);
}

TEST_F(LargePage, goes_with_the_space)
{
    struct vm_space *other = create_space();
    struct page_run run;
    ASSERT_EQ(page_run_alloc(VM_LARGE_PAGES, PAGE_ZERO, &run), ERR_OK);
    {
        Cursor c = open(other, AT, AT + LARGE);
        ASSERT_EQ(vm_cursor_map_large(&c, &run, RW), ERR_OK);
    }
    vm_space_put(other);
}

using Set = LargePage;

TEST_F(Set, changes_everything_and_flushes)
{
    struct page *page = map_page(space, AT, VM_READ | VM_WRITE);
    vm_space_activate(space);
    machine.user_byte(AT, true);
    machine.flushed.clear();
    Cursor c = open(space, AT, AT + P);
    ASSERT_EQ(vm_cursor_set(&c, {VM_READ, false, false, true}), ERR_OK);
    EXPECT_EQ(vm_cursor_address(&c).raw, AT + P);
    EXPECT_EQ(machine.flushed, std::vector<uint64_t>{AT});
    ASSERT_EQ(vm_cursor_jump(&c, {AT}), ERR_OK);
    struct page_prop prop;
    EXPECT_EQ(vm_cursor_query(&c, &prop), page);
    EXPECT_EQ(prop.perm, VM_READ);
    EXPECT_FALSE(prop.accessed || prop.dirty);
    EXPECT_TRUE(prop.soft);
    EXPECT_EQ(vm_cursor_protect(&c, 1, VM_EXEC), 1u);
    ASSERT_EQ(vm_cursor_jump(&c, {AT}), ERR_OK);
    vm_cursor_query(&c, &prop);
    EXPECT_TRUE(prop.soft) << "permissions are one thing, the service's bit another";
}

TEST_F(Set, of_nothing_is_an_error)
{
    Cursor c = open(space, AT, AT + P);
    EXPECT_EQ(vm_cursor_set(&c, RW), ERR_NOENT);
    EXPECT_EQ(vm_cursor_address(&c).raw, AT);
}

TEST_F(Set, of_one_page_splits_a_large_one)
{
    map_large();
    Cursor c = open(space, AT, AT + LARGE);
    ASSERT_EQ(vm_cursor_jump(&c, {AT + 100 * P}), ERR_OK);
    ASSERT_EQ(vm_cursor_set(&c, {VM_READ, false, false, true}), ERR_OK);
    EXPECT_EQ(page_size_at(AT), P);
    EXPECT_TRUE(machine.translate(root, AT + 99 * P)->write);
    EXPECT_FALSE(machine.translate(root, AT + 100 * P)->write);
    EXPECT_TRUE(machine.translate(root, AT + 101 * P)->write);
}

TEST_F(Set, find_next_goes_to_what_is_mapped)
{
    map_page(space, AT + 3 * P, VM_NONE);
    map_page(space, AT + 2 * GIB, VM_READ);
    Cursor c = open(space, AT, AT + 3 * GIB);
    ASSERT_TRUE(vm_cursor_find_next(&c));
    EXPECT_EQ(vm_cursor_address(&c).raw, AT + 3 * P);
    ASSERT_TRUE(vm_cursor_find_next(&c)) << "where it is counts too";
    EXPECT_EQ(vm_cursor_address(&c).raw, AT + 3 * P);
    ASSERT_EQ(vm_cursor_jump(&c, {AT + 4 * P}), ERR_OK);
    ASSERT_TRUE(vm_cursor_find_next(&c));
    EXPECT_EQ(vm_cursor_address(&c).raw, AT + 2 * GIB);
    ASSERT_EQ(vm_cursor_jump(&c, {AT + 2 * GIB + P}), ERR_OK);
    EXPECT_FALSE(vm_cursor_find_next(&c));
    EXPECT_EQ(vm_cursor_address(&c).raw, AT + 3 * GIB);
}

using CursorDeathTest = LargePage;

TEST_F(CursorDeathTest, overlapping_ones_of_a_cpu_panic)
{
    Cursor a = open(space, AT, AT + 4 * P);
    struct vm_cursor c;
    EXPECT_DEATH((void)vm_cursor_open(space, {AT + 3 * P}, {AT + 9 * P}, &c), "has one already");
    Cursor b = open(space, AT + 4 * P, AT + 5 * P);
    EXPECT_DEATH((void)vm_cursor_open(space, {AT + 8 * P}, {AT + 9 * P}, &c), "more cursors");
}

TEST_F(CursorDeathTest, mapping_over_a_part_panics)
{
    map_large();
    struct page *page;
    ASSERT_EQ(page_alloc(PAGE_ZERO, &page), ERR_OK);
    Cursor c = open(space, AT + P, AT + 2 * P);
    EXPECT_DEATH(must(vm_cursor_map(&c, page, RW)), "PTE_LARGE");
    page_put(page);
}

TEST_F(CursorDeathTest, closing_twice_panics)
{
    struct vm_cursor c;
    ASSERT_EQ(vm_cursor_open(space, {AT}, {AT + P}, &c), ERR_OK);
    vm_cursor_close(&c);
    EXPECT_DEATH(vm_cursor_close(&c), "space != nullptr");
}

} // namespace
