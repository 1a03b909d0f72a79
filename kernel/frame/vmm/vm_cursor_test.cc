// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/vmm/vm_space.h"
#include "kernel/frame/vmm/vmm_fixture.h"
#include <gtest/gtest.h>
#include <map>

namespace
{

constexpr uint64_t P = PAGE_SIZE;
constexpr uint64_t AT = 0x40'0000;

struct page_prop prop(uint8_t perm) { return {perm, false, false, false}; }

class VmCursor : public VmmFixture
{
protected:
    VmCursor() : space(create_space()), root(root_of(space)), with_space(used()) {}

    void TearDown() override
    {
        vm_space_activate(nullptr);
        vm_space_put(space);
        VmmFixture::TearDown();
    }

    enum err open_range(uint64_t start, uint64_t end)
    {
        struct vm_cursor c;
        enum err err = vm_cursor_open(space, {start}, {end}, &c);
        if (err == ERR_OK)
            vm_cursor_close(&c);
        return err;
    }

    Cursor cursor(uint64_t start, uint64_t pages) const
    {
        return open(space, start, start + pages * P);
    }

    struct page *query(uint64_t at, struct page_prop *p)
    {
        Cursor c = cursor(at, 1);
        return vm_cursor_query(&c, p);
    }

    uint8_t perm_at(uint64_t at)
    {
        struct page_prop p;
        EXPECT_NE(query(at, &p), nullptr);
        return p.perm;
    }

    static uint64_t address(const struct vm_cursor &c) { return vm_cursor_address(&c).raw; }

    struct vm_space *space;
    uint64_t root, with_space;
};

TEST_F(VmCursor, opens_user_ranges)
{
    EXPECT_EQ(open_range(USER_START, USER_END), ERR_OK);
    EXPECT_EQ(open_range(USER_START, USER_START + P), ERR_OK);
    EXPECT_EQ(open_range(USER_END - P, USER_END), ERR_OK);
    Cursor c = cursor(AT, 2);
    EXPECT_EQ(address(c), AT);
    vm_cursor_close(&c);
}

TEST_F(VmCursor, opens_nothing_else)
{
    EXPECT_EQ(open_range(0, P), ERR_INVAL);
    EXPECT_EQ(open_range(0, USER_END), ERR_INVAL);
    EXPECT_EQ(open_range(AT, AT), ERR_INVAL) << "empty";
    EXPECT_EQ(open_range(AT + P, AT), ERR_INVAL);
    EXPECT_EQ(open_range(AT + 1, AT + P), ERR_INVAL);
    EXPECT_EQ(open_range(AT, AT + P + 1), ERR_INVAL);
    EXPECT_EQ(open_range(AT, USER_END + P), ERR_INVAL);
    EXPECT_EQ(open_range(USER_END, USER_END + P), ERR_INVAL);
    EXPECT_EQ(open_range(DIRECT_MAP_BASE, DIRECT_MAP_BASE + P), ERR_INVAL);
    EXPECT_EQ(open_range(0 - P, 0), ERR_INVAL);
    EXPECT_EQ(open_range(AT, 0 - P), ERR_INVAL);
}

TEST_F(VmCursor, jumps_within_its_range)
{
    Cursor c = cursor(AT, 4);
    for (uint64_t to : {AT + 3 * P, AT, AT + 4 * P, AT + P}) {
        EXPECT_EQ(vm_cursor_jump(&c, {to}), ERR_OK);
        EXPECT_EQ(address(c), to);
    }
}

TEST_F(VmCursor, jumps_nowhere_else)
{
    Cursor c = cursor(AT, 4);
    ASSERT_EQ(vm_cursor_jump(&c, {AT + P}), ERR_OK);
    for (uint64_t to : {AT - P, USER_START, AT + 5 * P, AT + 1, AT + 4 * P + 1, uint64_t{0},
                        USER_END, DIRECT_MAP_BASE}) {
        EXPECT_EQ(vm_cursor_jump(&c, {to}), ERR_INVAL) << std::hex << to;
        EXPECT_EQ(address(c), AT + P);
    }
}

TEST_F(VmCursor, maps_and_moves_on)
{
    struct page *a = alloc_page(), *b = alloc_page();
    Cursor c = cursor(AT, 3);
    ASSERT_EQ(vm_cursor_map(&c, a, prop(VM_READ)), ERR_OK);
    EXPECT_EQ(address(c), AT + P);
    ASSERT_EQ(vm_cursor_map(&c, b, prop(VM_READ | VM_WRITE)), ERR_OK);
    EXPECT_EQ(address(c), AT + 2 * P);
    EXPECT_EQ(page_refs(a), 1u) << "the caller's reference is the mapping's now";
    EXPECT_EQ(machine.translate(root, AT + 5)->physical, page_paddr(a).raw + 5);
    EXPECT_EQ(machine.translate(root, AT + P)->physical, page_paddr(b).raw);
    EXPECT_FALSE(machine.translate(root, AT + 2 * P));
    EXPECT_FALSE(machine.translate(root, AT - P));
}

TEST_F(VmCursor, every_permission_means_to_the_cpu_what_it_says)
{
    for (unsigned perm = 0; perm < 8; perm++) {
        uint64_t at = AT + perm * P;
        map_page(space, at, static_cast<uint8_t>(perm));
        auto t = machine.translate(root, at);
        ASSERT_EQ(t.has_value(), perm != VM_NONE) << perm;
        if (perm == VM_NONE)
            continue;
        EXPECT_TRUE(t->user) << perm;
        EXPECT_EQ(t->write, (perm & VM_WRITE) != 0) << perm;
        EXPECT_EQ(t->execute, (perm & VM_EXEC) != 0) << perm;
        EXPECT_FALSE(t->entry & PTE_GLOBAL) << "it must go with the space";
        // What may be written or executed can be read.
        EXPECT_EQ(perm_at(at), perm | VM_READ) << perm;
    }
}

TEST_F(VmCursor, query_of_nothing)
{
    struct page_prop p = {VM_READ, true, true, false};
    EXPECT_EQ(query(AT, &p), nullptr) << "no table";
    EXPECT_EQ(p.perm, VM_NONE);
    EXPECT_FALSE(p.accessed || p.dirty);
    map_page(space, AT + P, VM_READ);
    p = {VM_READ, true, true, false};
    EXPECT_EQ(query(AT, &p), nullptr) << "a table, and nothing in it";
    EXPECT_EQ(p.perm, VM_NONE);
}

TEST_F(VmCursor, query_at_the_end_of_the_range_shows_nothing)
{
    map_page(space, AT + P, VM_READ); // another cursor's
    Cursor c = cursor(AT, 1);
    ASSERT_EQ(vm_cursor_jump(&c, {AT + P}), ERR_OK);
    struct page_prop p = {VM_READ, true, true, false};
    EXPECT_EQ(vm_cursor_query(&c, &p), nullptr);
    EXPECT_EQ(p.perm, VM_NONE);
}

TEST_F(VmCursor, page_without_permissions_stays_where_it_is)
{
    struct page *page = map_page(space, AT, VM_NONE);
    struct page_prop p;
    EXPECT_EQ(query(AT, &p), page);
    EXPECT_EQ(p.perm, VM_NONE);
    EXPECT_FALSE(machine.translate(root, AT));
    Cursor c = cursor(AT, 1);
    EXPECT_EQ(vm_cursor_protect(&c, 1, VM_READ | VM_WRITE), 1u);
    EXPECT_EQ(machine.translate(root, AT)->physical, page_paddr(page).raw);
    EXPECT_EQ(vm_cursor_jump(&c, {AT}), ERR_OK);
    EXPECT_EQ(vm_cursor_protect(&c, 1, VM_NONE), 1u);
    EXPECT_EQ(vm_cursor_jump(&c, {AT}), ERR_OK);
    EXPECT_EQ(vm_cursor_unmap(&c, 1), 1u);
    c.close();
    EXPECT_EQ(query(AT, &p), nullptr);
}

TEST_F(VmCursor, unmap_counts_what_was_there)
{
    struct page *kept = map_page(space, AT + P, VM_READ);
    page_get(kept);
    map_page(space, AT + 3 * P, VM_NONE);
    map_page(space, AT + 9 * P, VM_READ);
    Cursor c = cursor(AT, 10);
    EXPECT_EQ(vm_cursor_unmap(&c, 0), 0u);
    EXPECT_EQ(address(c), AT);
    EXPECT_EQ(vm_cursor_unmap(&c, 1), 0u);
    EXPECT_EQ(address(c), AT + P);
    EXPECT_EQ(vm_cursor_unmap(&c, 4), 2u);
    EXPECT_EQ(address(c), AT + 5 * P);
    EXPECT_EQ(page_refs(kept), 1u);
    EXPECT_EQ(vm_cursor_unmap(&c, 5), 1u);
    EXPECT_EQ(address(c), AT + 10 * P);
    EXPECT_FALSE(machine.translate(root, AT + P));
    page_put(kept);
}

TEST_F(VmCursor, changes_go_over_tables_and_gaps)
{
    std::map<uint64_t, struct page *> pages;
    for (uint64_t at : {2 * MIB - P, 2 * MIB, 8 * MIB, 1 * GIB - P, 3 * GIB, 512 * GIB - P,
                        512 * GIB, 4096 * GIB, USER_END - P})
        pages[at] = map_page(space, at, VM_READ);
    Cursor c = open(space, USER_START, USER_END);
    EXPECT_EQ(vm_cursor_protect(&c, (USER_END - USER_START) / P, VM_EXEC), pages.size());
    EXPECT_EQ(address(c), USER_END);
    for (auto [at, page] : pages) {
        EXPECT_TRUE(machine.translate(root, at)->execute) << std::hex << at;
        EXPECT_EQ(machine.translate(root, at)->physical, page_paddr(page).raw);
    }
    // Up to and between them, not all at once.
    ASSERT_EQ(vm_cursor_jump(&c, {USER_START}), ERR_OK);
    EXPECT_EQ(vm_cursor_unmap(&c, (512 * GIB - USER_START) / P), 6u);
    EXPECT_EQ(address(c), 512 * GIB);
    EXPECT_EQ(vm_cursor_unmap(&c, (USER_END - 512 * GIB) / P - 1), 2u);
    EXPECT_EQ(address(c), USER_END - P);
    EXPECT_EQ(vm_cursor_unmap(&c, 1), 1u);
}

TEST_F(VmCursor, the_whole_of_an_empty_space_can_be_unmapped)
{
    Cursor c = open(space, USER_START, USER_END);
    EXPECT_EQ(vm_cursor_unmap(&c, (USER_END - USER_START) / P), 0u);
    EXPECT_EQ(address(c), USER_END);
    EXPECT_EQ(used(), with_space) << "no tables were made for it";
}

TEST_F(VmCursor, protect_changes_permissions_only)
{
    struct page *page = map_page(space, AT, VM_READ | VM_WRITE);
    vm_space_activate(space);
    *machine.user_byte(AT + 7, true) = 'x';
    Cursor c = cursor(AT, 1);
    EXPECT_EQ(vm_cursor_protect(&c, 1, VM_READ), 1u);
    c.close();
    struct page_prop p;
    EXPECT_EQ(query(AT, &p), page);
    EXPECT_EQ(p.perm, VM_READ);
    EXPECT_TRUE(p.accessed);
    EXPECT_TRUE(p.dirty);
    EXPECT_EQ(*machine.user_byte(AT + 7, false), 'x');
    EXPECT_EQ(machine.user_byte(AT + 7, true), nullptr);
}

TEST_F(VmCursor, accessed_and_dirty_are_the_cpus)
{
    map_page(space, AT, VM_READ | VM_WRITE);
    vm_space_activate(space);
    struct page_prop p;
    query(AT, &p);
    EXPECT_FALSE(p.accessed || p.dirty);
    machine.user_byte(AT, false);
    query(AT, &p);
    EXPECT_TRUE(p.accessed);
    EXPECT_FALSE(p.dirty);
    machine.user_byte(AT, true);
    query(AT, &p);
    EXPECT_TRUE(p.dirty);
}

using addresses = std::vector<uint64_t>;

TEST_F(VmCursor, tlb_is_flushed_for_what_changed_in_the_active_space)
{
    for (uint64_t i : {0, 2, 3})
        map_page(space, AT + i * P, VM_READ);
    vm_space_activate(space);
    EXPECT_EQ(machine.flushed, addresses{}) << "making a mapping needs none";
    Cursor c = cursor(AT, 5);
    vm_cursor_protect(&c, 3, VM_EXEC);
    EXPECT_EQ(machine.flushed, (addresses{AT, AT + 2 * P}));
    machine.flushed.clear();
    ASSERT_EQ(vm_cursor_jump(&c, {AT + P}), ERR_OK);
    vm_cursor_unmap(&c, 4);
    EXPECT_EQ(machine.flushed, (addresses{AT + 2 * P, AT + 3 * P}));
}

TEST_F(VmCursor, tlb_is_left_alone_for_a_space_that_is_not_active)
{
    struct vm_space *other = create_space();
    map_page(space, AT, VM_READ);
    vm_space_activate(other);
    Cursor c = cursor(AT, 1);
    vm_cursor_protect(&c, 1, VM_EXEC);
    ASSERT_EQ(vm_cursor_jump(&c, {AT}), ERR_OK);
    vm_cursor_unmap(&c, 1);
    EXPECT_EQ(machine.flushed, addresses{});
    vm_space_put(other);
}

TEST_F(VmCursor, tlb_is_flushed_between_unmapping_and_freeing)
{
    struct page *page = map_page(space, AT, VM_READ);
    vm_space_activate(space);
    machine.on_flush = [&](uint64_t at) {
        EXPECT_EQ(page_refs(page), 1u) << "not freed yet";
        EXPECT_FALSE(machine.translate(root, at)) << "but gone from the table";
    };
    Cursor c = cursor(AT, 1);
    vm_cursor_unmap(&c, 1);
    EXPECT_EQ(machine.flushed, (addresses{AT}));
}

TEST_F(VmCursor, map_without_memory_for_its_tables)
{
    struct page *page = alloc_page();
    for (uint64_t n = 0; n < 3; n++) {
        machine.leave_free(n);
        Cursor c = cursor(n * 512 * GIB + AT, 1);
        EXPECT_EQ(vm_cursor_map(&c, page, prop(VM_READ)), ERR_NOMEM) << n;
        EXPECT_EQ(address(c), n * 512 * GIB + AT) << "it does not move on";
        EXPECT_EQ(page_refs(page), 1u) << "still the caller's";
        machine.give_back();
        struct page_prop p;
        EXPECT_EQ(vm_cursor_query(&c, &p), nullptr);
    }
    page_put(page);
}

TEST_F(VmCursor, a_page_may_be_mapped_more_than_once)
{
    struct page *page = map_page(space, AT, VM_READ);
    page_get(page);
    Cursor c = cursor(AT + P, 1);
    ASSERT_EQ(vm_cursor_map(&c, page, prop(VM_READ | VM_WRITE)), ERR_OK);
    vm_space_activate(space);
    *machine.user_byte(AT + P, true) = 'y';
    EXPECT_EQ(*machine.user_byte(AT, false), 'y');
    ASSERT_EQ(vm_cursor_jump(&c, {AT + P}), ERR_OK);
    EXPECT_EQ(vm_cursor_unmap(&c, 1), 1u);
    EXPECT_EQ(page_refs(page), 1u);
}

class VmCursorDeathTest : public VmCursor
{
};

TEST_F(VmCursorDeathTest, mapping_over_a_page_panics)
{
    map_page(space, AT, VM_READ);
    map_page(space, AT + P, VM_NONE);
    struct page *page = alloc_page();
    Cursor c = cursor(AT, 2);
    EXPECT_DEATH(must(vm_cursor_map(&c, page, prop(VM_READ))), "assertion failed");
    ASSERT_EQ(vm_cursor_jump(&c, {AT + P}), ERR_OK);
    EXPECT_DEATH(must(vm_cursor_map(&c, page, prop(VM_READ))), "assertion failed");
    page_put(page);
}

TEST_F(VmCursorDeathTest, mapping_at_the_end_panics)
{
    struct page *page = alloc_page();
    Cursor c = cursor(AT, 1);
    ASSERT_EQ(vm_cursor_jump(&c, {AT + P}), ERR_OK);
    EXPECT_DEATH(must(vm_cursor_map(&c, page, prop(VM_READ))), "assertion failed");
    page_put(page);
}

TEST_F(VmCursorDeathTest, mapping_kernel_memory_panics)
{
    struct page *page;
    ASSERT_EQ(page_alloc_kernel(0, &page), ERR_OK);
    Cursor c = cursor(AT, 1);
    EXPECT_DEATH(must(vm_cursor_map(&c, page, prop(VM_READ))), "assertion failed");
    page_free_kernel(page, 0);
    EXPECT_DEATH(must(vm_cursor_map(&c, page, prop(VM_READ))), "assertion failed") << "free now";
}

TEST_F(VmCursorDeathTest, changes_beyond_the_range_panic)
{
    Cursor c = cursor(AT, 2);
    EXPECT_DEATH(vm_cursor_unmap(&c, 3), "assertion failed");
    EXPECT_DEATH(vm_cursor_protect(&c, SIZE_MAX, VM_READ), "assertion failed");
    EXPECT_DEATH(vm_cursor_unmap(&c, (1ull << 52) + 1), "assertion failed") << "wraps as bytes";
    ASSERT_EQ(vm_cursor_jump(&c, {AT + 2 * P}), ERR_OK);
    EXPECT_DEATH(vm_cursor_unmap(&c, 1), "assertion failed");
}

TEST_F(VmCursorDeathTest, closed_cursor_is_of_no_use)
{
    struct page *page = alloc_page();
    Cursor c = cursor(AT, 1);
    vm_cursor_close(&c);
    EXPECT_DEATH(must(vm_cursor_map(&c, page, prop(VM_READ))), "assertion failed");
    EXPECT_DEATH(vm_cursor_unmap(&c, 1), "assertion failed");
    page_put(page);
}

} // namespace
