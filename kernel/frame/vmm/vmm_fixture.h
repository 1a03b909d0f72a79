// SPDX-License-Identifier: Apache-2.0
// For this room's tests: a machine whose kernel page tables are made, with no kernel sections
// and all memory in the direct map.
#pragma once
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/pmm/page_priv.h"
#include "kernel/frame/vmm/vm_space.h"
#include "kernel/frame/vmm/vmm.h"
#include "testing/host/fake_machine.h"
#include <gtest/gtest.h>

// A cursor that is closed at the end of its block.
struct Cursor : vm_cursor {
    Cursor(struct vm_space *s, uint64_t from, uint64_t to)
    {
        EXPECT_EQ(vm_cursor_open(s, {from}, {to}, this), ERR_OK);
    }
    ~Cursor() { close(); }
    Cursor(const Cursor &) = delete;
    Cursor &operator=(const Cursor &) = delete;

    void close()
    {
        if (space != nullptr)
            vm_cursor_close(this);
    }
};

class VmmFixture : public ::testing::Test
{
protected:
    VmmFixture()
    {
        machine.start_pmm();
        struct vmm_range all = {0, machine.pages() * PAGE_SIZE};
        must(vmm_init(nullptr, 0, &all, 1, false));
        at_start = machine.free_pages();
    }

    void TearDown() override
    {
        EXPECT_EQ(used(), 0u) << "pages leaked";
        EXPECT_EQ(cpu_this()->active, nullptr);
    }

    uint64_t used() const { return at_start - machine.free_pages(); }

    static struct page *alloc_page()
    {
        struct page *page = nullptr;
        EXPECT_EQ(page_alloc(PAGE_ZERO, &page), ERR_OK);
        return page;
    }

    static struct vm_space *create_space()
    {
        struct vm_space *space = nullptr;
        EXPECT_EQ(vm_space_create(&space), ERR_OK);
        return space;
    }

    // The physical address of a space's top-level table. Leaves no space active.
    uint64_t root_of(struct vm_space *space)
    {
        vm_space_activate(space);
        uint64_t root = machine.roots.back();
        vm_space_activate(nullptr);
        return root;
    }

    static Cursor open(struct vm_space *space, uint64_t start, uint64_t end)
    {
        return Cursor(space, start, end);
    }

    // Maps a new page, which the space then owns.
    static struct page *map_page(struct vm_space *space, uint64_t at, uint8_t perm)
    {
        struct page *page = alloc_page();
        Cursor c = open(space, at, at + PAGE_SIZE);
        EXPECT_EQ(vm_cursor_map(&c, page, {perm, false, false, false}), ERR_OK);
        return page;
    }

    FakeMachine machine{8};
    uint64_t at_start;
};
