// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/vmm/vmm.h"
#include "testing/host/fake_machine.h"
#include <gtest/gtest.h>
#include <vector>

namespace
{

constexpr uint64_t P = PAGE_SIZE;
constexpr uint64_t TEXT = IMAGE_OFFSET + 1 * MIB;

class VmmInit : public ::testing::Test
{
protected:
    VmmInit() { machine.start_pmm(); }

    enum err init(bool gib_pages = false)
    {
        return vmm_init(sections.data(), sections.size(), memory.data(), memory.size(), gib_pages);
    }

    auto translate(uint64_t address) { return machine.translate(vmm_kernel_root().raw, address); }

    // In the tests' direct map.
    static uint64_t direct(uint64_t physical) { return direct_map_base + physical; }

    FakeMachine machine{8};
    std::vector<vmm_section> sections;
    std::vector<vmm_range> memory = {{0, 8 * MIB}};
};

TEST_F(VmmInit, loads_the_kernels_table)
{
    uint64_t before = machine.free_pages();
    ASSERT_EQ(init(), ERR_OK);
    EXPECT_EQ(machine.roots, (std::vector<uint64_t>{vmm_kernel_root().raw}));
    EXPECT_EQ(before - machine.free_pages(), 4u) << "itself, two for the memory, one for kva";
}

TEST_F(VmmInit, sections_have_the_permissions_they_need_and_no_more)
{
    sections = {
        {TEXT, TEXT + 2 * P, false, true},
        {TEXT + 2 * P, TEXT + 3 * P, false, false},
        {TEXT + 4 * P, TEXT + 5 * P, true, false},
        {TEXT + 5 * P, TEXT + 5 * P, true, false}, // empty
    };
    ASSERT_EQ(init(), ERR_OK);
    struct {
        uint64_t at;
        bool write, execute;
    } want[] = {{0, false, true}, {1, false, true}, {2, false, false}, {4, true, false}};
    for (auto w : want) {
        auto t = translate(TEXT + w.at * P);
        ASSERT_TRUE(t) << w.at;
        EXPECT_EQ(t->physical, 1 * MIB + w.at * P);
        EXPECT_EQ(t->write, w.write);
        EXPECT_EQ(t->execute, w.execute);
        EXPECT_FALSE(t->user);
        EXPECT_TRUE(t->entry & PTE_GLOBAL);
    }
    EXPECT_FALSE(translate(TEXT - P));
    EXPECT_FALSE(translate(TEXT + 3 * P)) << "the hole is a guard page";
    EXPECT_FALSE(translate(TEXT + 5 * P));
}

TEST_F(VmmInit, direct_map_covers_the_memory_and_nothing_else)
{
    memory = {{P, 3 * P}, {2 * MIB, 6 * MIB}};
    ASSERT_EQ(init(), ERR_OK);
    for (uint64_t at : {P, 2 * P, 2 * MIB, 6 * MIB - P}) {
        auto t = translate(direct(at));
        ASSERT_TRUE(t) << at;
        EXPECT_EQ(t->physical, at);
        EXPECT_TRUE(t->write);
        EXPECT_FALSE(t->execute);
        EXPECT_FALSE(t->user);
        EXPECT_TRUE(t->entry & PTE_GLOBAL);
    }
    EXPECT_EQ(translate(direct(2 * MIB))->page_size, 2 * MIB);
    for (uint64_t at : {uint64_t{0}, 3 * P, 2 * MIB - P, 6 * MIB})
        EXPECT_FALSE(translate(direct(at))) << at;
}

TEST_F(VmmInit, gib_pages_where_the_cpu_has_them)
{
    memory = {{0, 3 * GIB}};
    ASSERT_EQ(init(true), ERR_OK);
    EXPECT_EQ(translate(direct(2 * GIB))->page_size, GIB);
    EXPECT_EQ(translate(direct(2 * GIB))->physical, 2 * GIB);
}

TEST_F(VmmInit, memory_beyond_the_direct_map_is_left_out)
{
    ASSERT_EQ(init(), ERR_OK);
    uint64_t without = machine.free_pages();
    machine.start_pmm();
    constexpr uint64_t SIZE = DIRECT_MAP_SIZE;
    memory = {{0, 8 * MIB},
              {SIZE, SIZE + 2 * MIB},
              {uint64_t{1} << 50, (uint64_t{1} << 50) + 16 * MIB},
              {UINT64_MAX - 8 * MIB + 1, UINT64_MAX - P + 1}};
    ASSERT_EQ(init(), ERR_OK);
    EXPECT_EQ(machine.free_pages(), without);
    machine.start_pmm();
    memory = {{0, 8 * MIB}, {SIZE - 2 * MIB, SIZE + 2 * MIB}};
    ASSERT_EQ(init(), ERR_OK);
    EXPECT_TRUE(translate(direct(SIZE - P)));
    EXPECT_FALSE(translate(direct(SIZE)));
}

TEST_F(VmmInit, area_for_kva_has_its_top_level_entry)
{
    ASSERT_EQ(init(), ERR_OK);
    auto *root = reinterpret_cast<uint64_t *>(machine.memory() + vmm_kernel_root().raw);
    EXPECT_TRUE(root[pt_index(KVA_START, 4)] & PTE_PRESENT);
    EXPECT_FALSE(translate(KVA_START));
}

TEST_F(VmmInit, too_little_memory_is_an_error_at_every_step)
{
    sections = {{TEXT, TEXT + P, false, true}};
    ASSERT_EQ(init(), ERR_OK);
    uint64_t needs = machine.pages(), total = pmm_stats().total;
    needs = total - machine.free_pages();
    EXPECT_GE(needs, 7u) << "root, three each for section and memory, one for kva";
    for (uint64_t n = 0; n <= needs; n++) {
        machine.start_pmm();
        machine.leave_free(n);
        machine.roots.clear();
        EXPECT_EQ(init(), n < needs ? ERR_NOMEM : ERR_OK) << n;
        EXPECT_EQ(machine.roots.empty(), n < needs) << "an unfinished table is never loaded";
        machine.give_back();
    }
}

using VmmInitDeathTest = VmmInit;

TEST_F(VmmInitDeathTest, nothing_is_both_writable_and_executable)
{
    sections = {{TEXT, TEXT + P, true, true}};
    EXPECT_DEATH(must(init()), "assertion failed");
}

TEST_F(VmmInitDeathTest, overlapping_sections_panic)
{
    sections = {{TEXT, TEXT + 2 * P, false, true}, {TEXT + P, TEXT + 3 * P, true, false}};
    EXPECT_DEATH(must(init()), "assertion failed");
}

} // namespace
