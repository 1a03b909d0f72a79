// SPDX-License-Identifier: Apache-2.0
// With page tables isolated: two top-level tables for each space, the kernel's and, behind it, the
// one that user mode goes by.
#include "kernel/frame/vmm/kva.h"
#include "kernel/frame/vmm/pt.h"
#include "kernel/frame/vmm/vmm_fixture.h"

namespace
{

constexpr uint64_t P = PAGE_SIZE;

struct Pti {
    Pti() { cpu_features.pti = true; }
    ~Pti() { cpu_features.pti = false; }
};

class Isolation : Pti, public VmmFixture
{
protected:
    auto by_kernel(struct vm_space *space, uint64_t at)
    {
        return machine.translate(root_of(space), at);
    }
    auto by_user(struct vm_space *space, uint64_t at)
    {
        return machine.translate(root_of(space) + P, at);
    }
    uint64_t *top(struct vm_space *space, uint64_t at, bool user)
    {
        return (uint64_t *)(machine.memory() + root_of(space) + (user ? P : 0)) + pt_index(at, 4);
    }
};

TEST_F(Isolation, cr3_differs_by_one_bit)
{
    EXPECT_EQ(vmm_kernel_root().raw & P, 0u);
    struct vm_space *spaces[5];
    for (auto &space : spaces) {
        space = create_space();
        EXPECT_EQ(root_of(space) & P, 0u);
    }
    for (auto space : spaces)
        vm_space_put(space);
}

TEST_F(Isolation, both_tables_have_the_users_pages_and_only_user_mode_runs_them)
{
    struct vm_space *space = create_space();
    for (uint64_t at : {4 * MIB, 5 * MIB, 4096 * GIB, USER_END - P}) {
        map_page(space, at, VM_READ | VM_EXEC);
        auto kernel = by_kernel(space, at), user = by_user(space, at);
        ASSERT_TRUE(kernel && user) << at;
        EXPECT_EQ(kernel->physical, user->physical);
        EXPECT_TRUE(kernel->user && user->user);
        EXPECT_TRUE(user->execute);
        EXPECT_FALSE(kernel->execute);
    }
    vm_space_put(space);
}

TEST_F(Isolation, what_is_unmapped_is_in_neither)
{
    struct vm_space *space = create_space();
    map_page(space, 4 * MIB, VM_READ);
    {
        Cursor c = open(space, 4 * MIB, 4 * MIB + P);
        EXPECT_EQ(vm_cursor_unmap(&c, 1), 1u);
    }
    EXPECT_FALSE(by_kernel(space, 4 * MIB) || by_user(space, 4 * MIB));
    vm_space_put(space);
}

// Another CPU has made the table and put it into user mode's, but not yet into the kernel's.
TEST_F(Isolation, a_table_that_another_cpu_is_making_is_taken)
{
    struct vm_space *space = create_space();
    struct page *table;
    ASSERT_EQ(page_alloc_kernel(0, &table), ERR_OK);
    uint64_t entry = page_paddr(table).raw | PTE_PRESENT | PTE_WRITE | PTE_USER;
    *top(space, 4 * MIB, true) = entry;
    map_page(space, 4 * MIB, VM_READ);
    EXPECT_EQ(*top(space, 4 * MIB, true), entry);
    EXPECT_EQ(*top(space, 4 * MIB, false), entry | PTE_NO_EXECUTE);
    EXPECT_TRUE(by_user(space, 4 * MIB));
    vm_space_put(space);
}

TEST_F(Isolation, user_mode_has_of_the_kernel_what_is_shared_and_nothing_else)
{
    struct kva *area, *other;
    ASSERT_EQ(kva_alloc(3, &area), ERR_OK);
    ASSERT_EQ(kva_alloc(1, &other), ERR_OK);
    struct vm_space *before = create_space();
    EXPECT_FALSE(by_user(before, area->start));
    vm_space_put(before);

    ASSERT_EQ(vmm_share((void *)(area->start + P), P), ERR_OK);
    // A part of a large page.
    uint64_t large = KVA_START + GIB / 2, part = large + 7 * P;
    ASSERT_EQ(pt_map_range(vmm_kernel_root(), large, {2 * MIB}, 2 * MIB,
                           PTE_WRITE | PTE_NO_EXECUTE | PTE_GLOBAL, false),
              ERR_OK);
    ASSERT_EQ(vmm_share((void *)part, 2 * P), ERR_OK);
    struct vm_space *space = create_space();
    for (uint64_t at : {area->start + P, part, part + P}) {
        auto kernel = by_kernel(space, at), user = by_user(space, at);
        ASSERT_TRUE(kernel && user) << std::hex << at;
        EXPECT_EQ(kernel->physical, user->physical);
        EXPECT_EQ(user->page_size, P);
        EXPECT_TRUE(user->write && !user->execute && !user->user);
        EXPECT_FALSE(user->entry & PTE_GLOBAL) << "user mode would keep it";
    }
    for (uint64_t at : {area->start, area->start + 2 * P, other->start, part - P, part + 2 * P})
        EXPECT_TRUE(by_kernel(space, at) && !by_user(space, at)) << std::hex << at;

    // What is shared later is in the spaces that are there.
    ASSERT_EQ(vmm_share((void *)other->start, P), ERR_OK);
    EXPECT_TRUE(by_user(space, other->start));
    vm_space_put(space);
    kva_free(area);
    kva_free(other);
    at_start = machine.free_pages(); // its tables stay
}

TEST_F(Isolation, too_little_memory_to_share_is_an_error)
{
    struct kva *area;
    ASSERT_EQ(kva_alloc(1, &area), ERR_OK);
    // Three tables, of which the second try makes one, which stays.
    for (uint64_t n = 0; n <= 2; n++) {
        machine.leave_free(n);
        EXPECT_EQ(vmm_share((void *)area->start, P), n < 2 ? ERR_NOMEM : ERR_OK) << n;
        machine.give_back();
    }
    kva_free(area);
    at_start = machine.free_pages();
}

using NoIsolation = VmmFixture;

TEST_F(NoIsolation, nothing_is_shared_and_a_space_has_one_table)
{
    uint64_t before = machine.free_pages();
    EXPECT_EQ(vmm_share(phys_to_virt({2 * MIB}), P), ERR_OK);
    EXPECT_EQ(machine.free_pages(), before);
    struct vm_space *space = create_space();
    map_page(space, 4 * MIB, VM_READ | VM_EXEC);
    EXPECT_TRUE(machine.translate(root_of(space), 4 * MIB)->execute);
    vm_space_put(space);
}

} // namespace
