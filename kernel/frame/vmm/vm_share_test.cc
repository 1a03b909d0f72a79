// SPDX-License-Identifier: Apache-2.0
// vm_cursor_share: what fork(2) does to a range.
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/vmm/vm_space.h"
#include "kernel/frame/vmm/vmm_fixture.h"
#include <gtest/gtest.h>

namespace
{

constexpr uint64_t P = PAGE_SIZE;
constexpr uint64_t AT = 0x40'0000;

class VmShare : public VmmFixture
{
protected:
    VmShare() : parent(create_space()), child(create_space()) {}

    void TearDown() override
    {
        vm_space_put(parent);
        vm_space_put(child);
        VmmFixture::TearDown();
    }

    enum err share(uint64_t pages, bool drop_write, uint64_t *from_at = nullptr)
    {
        Cursor from = open(parent, AT, AT + pages * P), to = open(child, AT, AT + pages * P);
        enum err err = vm_cursor_share(&from, &to, pages, drop_write);
        EXPECT_EQ(vm_cursor_address(&from).raw, vm_cursor_address(&to).raw);
        if (from_at != nullptr)
            *from_at = vm_cursor_address(&from).raw;
        return err;
    }

    static struct page *query(struct vm_space *space, uint64_t at, struct page_prop *p)
    {
        Cursor c = open(space, at, at + P);
        return vm_cursor_query(&c, p);
    }

    struct vm_space *parent, *child;
};

TEST_F(VmShare, maps_the_same_pages_without_write_on_both_sides)
{
    struct page *a = map_page(parent, AT, VM_READ | VM_WRITE);
    struct page *b = map_page(parent, AT + 3 * P, VM_READ);
    uint64_t end;
    ASSERT_EQ(share(5, true, &end), ERR_OK);
    EXPECT_EQ(end, AT + 5 * P);
    for (struct vm_space *space : {parent, child}) {
        struct page_prop p;
        EXPECT_EQ(query(space, AT, &p), a);
        EXPECT_EQ(p.perm, VM_READ);
        EXPECT_TRUE(p.soft) << "it could be written to";
        EXPECT_EQ(query(space, AT + P, &p), nullptr);
        EXPECT_EQ(query(space, AT + 3 * P, &p), b);
        EXPECT_EQ(p.perm, VM_READ);
        EXPECT_FALSE(p.soft);
    }
    EXPECT_EQ(page_refs(a), 2u);
    EXPECT_EQ(page_refs(b), 2u);
}

TEST_F(VmShare, leaves_write_if_asked_to)
{
    struct page *a = map_page(parent, AT, VM_READ | VM_WRITE);
    ASSERT_EQ(share(1, false), ERR_OK);
    struct page_prop p;
    EXPECT_EQ(query(child, AT, &p), a);
    EXPECT_EQ(p.perm, VM_READ | VM_WRITE);
    EXPECT_FALSE(p.soft);
}

TEST_F(VmShare, no_cpu_goes_by_what_could_be_written)
{
    map_page(parent, AT, VM_READ | VM_WRITE);
    vm_space_activate(parent);
    machine.flushed.clear();
    ASSERT_EQ(share(1, true), ERR_OK);
    EXPECT_EQ(machine.flushed, std::vector<uint64_t>{AT});
    vm_space_activate(nullptr);
}

TEST_F(VmShare, a_large_page_is_shared_in_small_ones)
{
    struct page_run run;
    ASSERT_EQ(page_run_alloc(VM_LARGE_PAGES, PAGE_ZERO, &run), ERR_OK);
    struct page *first = page_run_get(&run, 0);
    page_put(first);
    {
        Cursor c = open(parent, AT, AT + VM_LARGE_PAGES * P);
        struct page_prop prop = {VM_READ | VM_WRITE, false, false, false};
        ASSERT_EQ(vm_cursor_map_large(&c, &run, prop), ERR_OK);
    }
    ASSERT_EQ(share(VM_LARGE_PAGES, true), ERR_OK);
    struct page_prop p;
    EXPECT_EQ(query(child, AT + 5 * P, &p), first + 5);
    EXPECT_EQ(page_refs(first + 5), 2u);
}

TEST_F(VmShare, stands_where_memory_ended)
{
    map_page(parent, AT, VM_READ | VM_WRITE);
    std::vector<struct page *> taken;
    struct page *page;
    while (page_alloc(PAGE_UNINIT, &page) == ERR_OK)
        taken.push_back(page);
    uint64_t at;
    EXPECT_EQ(share(2, true, &at), ERR_NOMEM);
    EXPECT_EQ(at, AT);
    for (struct page *t : taken)
        page_put(t);
}

} // namespace
