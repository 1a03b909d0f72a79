// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/vmm/vm_space.h"
#include "kernel/frame/vmm/vmm_fixture.h"
#include <cstring>
#include <gtest/gtest.h>

namespace
{

using VmSpace = VmmFixture;
using roots = std::vector<uint64_t>;

TEST_F(VmSpace, user_half_begins_empty_and_kernel_half_is_the_kernels)
{
    struct vm_space *space = create_space();
    const uint8_t *table = machine.memory() + root_of(space);
    const uint8_t *kernel = machine.memory() + vmm_kernel_root().raw;
    EXPECT_EQ(std::count(table, table + 2048, 0), 2048);
    EXPECT_EQ(memcmp(table + 2048, kernel + 2048, 2048), 0);
    EXPECT_NE(std::count(kernel + 2048, kernel + 4096, 0), 2048) << "or the test shows nothing";
    vm_space_put(space);
}

TEST_F(VmSpace, lives_until_its_last_reference_is_put)
{
    struct vm_space *space = create_space();
    uint64_t one = used();
    vm_space_get(space);
    vm_space_put(space);
    EXPECT_EQ(used(), one);
    vm_space_put(space);
    EXPECT_EQ(used(), 0u);
}

TEST_F(VmSpace, putting_it_frees_pages_and_tables)
{
    struct vm_space *space = create_space();
    struct page *shared = alloc_page();
    page_get(shared);
    {
        Cursor c = open(space, USER_START, USER_END);
        ASSERT_EQ(vm_cursor_map(&c, shared, {VM_READ, false, false, false}), ERR_OK);
    }
    for (uint64_t at : {4 * MIB, 4 * GIB, 4096 * GIB, USER_END - PAGE_SIZE})
        map_page(space, at, at > GIB ? VM_NONE : VM_READ);
    EXPECT_EQ(page_refs(shared), 2u);
    vm_space_put(space);
    EXPECT_EQ(page_refs(shared), 1u);
    EXPECT_EQ(used(), 1u);
    page_put(shared);
}

TEST_F(VmSpace, creation_without_memory_leaves_nothing)
{
    struct vm_space *space;
    for (uint64_t n = 0; n < 2; n++) {
        machine.leave_free(n);
        EXPECT_EQ(vm_space_create(&space), ERR_NOMEM) << n;
        EXPECT_EQ(machine.free_pages(), n);
        machine.give_back();
    }
}

TEST_F(VmSpace, activation_loads_its_table_once)
{
    struct vm_space *a = create_space(), *b = create_space();
    uint64_t root_a = root_of(a), root_b = root_of(b), kernel = vmm_kernel_root().raw;
    machine.roots.clear();
    vm_space_activate(a);
    vm_space_activate(a);
    vm_space_activate(b);
    vm_space_activate(a);
    vm_space_activate(nullptr);
    vm_space_activate(nullptr);
    EXPECT_EQ(machine.roots, (roots{root_a, root_b, root_a, kernel}));
    vm_space_put(a);
    vm_space_put(b);
}

// With tags the CPU forgets on the way back, and only what has changed meanwhile.
TEST_F(VmSpace, coming_back_keeps_translations_that_still_hold)
{
    cpu_features.pcid = true;
    struct vm_space *a = create_space(), *b = create_space();
    map_page(a, USER_START, VM_READ);
    vm_space_activate(a);
    uint64_t tag = machine.tag;
    EXPECT_NE(machine.user_byte(USER_START, false), nullptr);
    vm_space_activate(b);
    EXPECT_NE(machine.tag, tag);
    unsigned kept = machine.roots_kept;
    vm_space_activate(a);
    EXPECT_EQ(machine.roots_kept, kept + 1);
    EXPECT_EQ(machine.tag, tag);
    EXPECT_TRUE(machine.tlb.contains({tag, USER_START >> PAGE_SHIFT}));

    vm_space_activate(b);
    kept = machine.roots_kept;
    {
        Cursor c = open(a, USER_START, USER_START + PAGE_SIZE);
        EXPECT_EQ(vm_cursor_unmap(&c, 1), 1u);
    }
    EXPECT_TRUE(machine.tlb.contains({tag, USER_START >> PAGE_SHIFT})) << "nothing goes by it";
    vm_space_activate(a);
    EXPECT_EQ(machine.roots_kept, kept);
    EXPECT_EQ(machine.user_byte(USER_START, false), nullptr);
    vm_space_activate(nullptr);
    EXPECT_EQ(machine.tag, 0u);
    vm_space_put(a);
    vm_space_put(b);
    cpu_features.pcid = false;
}

TEST_F(VmSpace, active_space_stays_alive)
{
    struct vm_space *a = create_space(), *b = create_space();
    struct page *page = map_page(a, USER_START, VM_READ);
    page_get(page);
    vm_space_activate(a);
    vm_space_put(a);
    EXPECT_EQ(page_refs(page), 2u);
    // It goes with the switch away from it, when another table is loaded already.
    vm_space_activate(b);
    EXPECT_EQ(page_refs(page), 1u);
    page_put(page);
    vm_space_put(b);
    vm_space_activate(nullptr);
    EXPECT_EQ(used(), 0u);
}

using VmSpaceDeathTest = VmSpace;

TEST_F(VmSpaceDeathTest, putting_once_too_often_panics)
{
    struct vm_space *space = create_space(), *other = create_space();
    vm_space_put(space);
    EXPECT_DEATH(vm_space_put(space), "assertion failed");
    EXPECT_DEATH(vm_space_get(space), "assertion failed");
    vm_space_put(other);
}

} // namespace
