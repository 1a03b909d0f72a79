// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/pmm/page_priv.h"
#include "kernel/frame/vmm/pt.h"
#include "testing/host/fake_machine.h"
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace
{

constexpr uint64_t P = PAGE_SIZE;
constexpr uint64_t AT = 0x1234'5678'9000; // four different indices
constexpr uint64_t FLAGS = PTE_WRITE | PTE_NO_EXECUTE | PTE_GLOBAL;

class Pt : public ::testing::Test
{
protected:
    Pt()
    {
        machine.start_pmm();
        struct page *page;
        must(page_alloc_kernel(0, &page));
        root = page_paddr(page);
        at_start = machine.free_pages();
    }

    uint64_t used() const { return at_start - machine.free_pages(); }

    uint64_t *reach(uint64_t address, int level, uint64_t table_flags = PTE_WRITE)
    {
        uint64_t *entry = nullptr;
        EXPECT_EQ(pt_reach(root, address, level, table_flags, &entry), ERR_OK);
        return entry;
    }

    enum err map(uint64_t address, uint64_t to, uint64_t size, bool gib_pages = true)
    {
        return pt_map_range(root, address, {to}, size, FLAGS, gib_pages);
    }

    auto translate(uint64_t address) const { return machine.translate(root.raw, address); }

    uint64_t page_size(uint64_t address) const
    {
        auto t = translate(address);
        return t ? t->page_size : 0;
    }

    // That exactly [address, address + size) is mapped, to `to`.
    void expect_mapped(uint64_t address, uint64_t to, uint64_t size)
    {
        for (uint64_t at = address; at != address + size; at += P) {
            auto t = translate(at);
            ASSERT_TRUE(t) << std::hex << at;
            ASSERT_EQ(t->physical, to + (at - address));
            ASSERT_TRUE(t->write && !t->execute && !t->user);
            ASSERT_TRUE(t->entry & PTE_GLOBAL);
            // At the lowest level that bit chooses a memory type.
            ASSERT_EQ(t->entry & PTE_LARGE, t->page_size > P ? PTE_LARGE : 0);
        }
        ASSERT_FALSE(translate(address - P));
        ASSERT_FALSE(translate(address + size));
    }

    FakeMachine machine{8};
    paddr_t root;
    uint64_t at_start;
};

TEST_F(Pt, empty_tree_has_nothing_below_its_root)
{
    for (int level = 1; level < PT_LEVELS; level++)
        EXPECT_EQ(pt_find(root, AT, level), nullptr);
    EXPECT_EQ(pt_find(root, AT, 4), static_cast<uint64_t *>(phys_to_virt(root)) + pt_index(AT, 4));
}

TEST_F(Pt, reach_makes_the_tables_that_are_missing)
{
    EXPECT_EQ(reach(AT, 4), pt_find(root, AT, 4));
    EXPECT_EQ(used(), 0u);
    for (int level = 3; level >= 1; level--) {
        uint64_t *entry = reach(AT, level);
        EXPECT_EQ(*entry, 0u);
        EXPECT_EQ(pt_find(root, AT, level), entry);
        EXPECT_EQ(used(), static_cast<uint64_t>(4 - level));
    }
    reach(AT ^ P, 1);
    EXPECT_EQ(used(), 3u) << "the same tables";
    reach(AT ^ pt_span(2), 1);
    EXPECT_EQ(used(), 4u);
    reach(AT ^ pt_span(4), 1);
    EXPECT_EQ(used(), 7u);
}

TEST_F(Pt, reached_entry_decides_on_its_address)
{
    *reach(AT, 1, PTE_USER | PTE_WRITE) = 0x777000 | PTE_PRESENT | PTE_USER;
    auto t = translate(AT + 5);
    ASSERT_TRUE(t);
    EXPECT_EQ(t->physical, 0x777005u);
    EXPECT_TRUE(t->user);
    EXPECT_FALSE(t->write);
    EXPECT_FALSE(translate(AT + P));
    EXPECT_FALSE(translate(AT - P));
}

TEST_F(Pt, table_flags_are_in_every_table_made)
{
    *reach(AT, 1, PTE_USER) = 0x777000 | PTE_PRESENT | PTE_USER | PTE_WRITE;
    EXPECT_TRUE(translate(AT)->user);
    EXPECT_FALSE(translate(AT)->write);
    *reach(AT ^ pt_span(3), 1, PTE_WRITE) = 0x777000 | PTE_PRESENT | PTE_USER | PTE_WRITE;
    EXPECT_FALSE(translate(AT ^ pt_span(3))->user) << "the first made table says no";
}

TEST_F(Pt, new_tables_are_empty)
{
    uint64_t *entry = reach(AT, 1) - pt_index(AT, 1);
    for (unsigned i = 0; i < PT_ENTRIES; i++)
        EXPECT_EQ(entry[i], 0u);
}

TEST_F(Pt, large_page_is_in_the_way)
{
    for (int level : {2, 3}) {
        uint64_t at = align_down(AT + static_cast<uint64_t>(level) * pt_span(4), pt_span(level));
        ASSERT_EQ(map(at, 0, pt_span(level)), ERR_OK);
        uint64_t *entry;
        EXPECT_DEATH(must(pt_reach(root, at, 1, PTE_WRITE, &entry)), "PTE_LARGE");
        EXPECT_EQ(pt_find(root, at, 1), nullptr);
        EXPECT_EQ(pt_find(root, at, level), reach(at, level)) << "its own entry is there";
        EXPECT_DEATH(must(pt_map_range(root, at + P, {0}, P, FLAGS, true)), "PTE_LARGE");
    }
}

TEST_F(Pt, reach_without_memory_keeps_what_it_made)
{
    for (uint64_t n = 0; n < 3; n++) {
        machine.leave_free(n);
        uint64_t *entry, at = n * pt_span(4);
        EXPECT_EQ(pt_reach(root, at, 1, PTE_WRITE, &entry), ERR_NOMEM);
        EXPECT_EQ(machine.free_pages(), 0u);
        machine.give_back();
        uint64_t before = machine.free_pages();
        reach(at, 1);
        EXPECT_EQ(before - machine.free_pages(), 3 - n);
    }
}

TEST_F(Pt, map_nothing)
{
    EXPECT_EQ(map(AT, 0, 0), ERR_OK);
    EXPECT_EQ(used(), 0u);
}

TEST_F(Pt, map_small_pages)
{
    uint64_t at = align_down(AT, pt_span(2)) + pt_span(2) - 3 * P; // over a table's end
    ASSERT_EQ(map(at, 5 * P, 7 * P), ERR_OK);
    expect_mapped(at, 5 * P, 7 * P);
    EXPECT_EQ(used(), 4u);
}

TEST_F(Pt, map_uses_the_largest_pages_that_fit)
{
    uint64_t at = 3 * GIB;
    uint64_t size = 2 * GIB + 4 * MIB + 3 * P;
    ASSERT_EQ(map(at, 7 * GIB, size), ERR_OK);
    EXPECT_EQ(page_size(at), GIB);
    EXPECT_EQ(page_size(at + 2 * GIB - 1), GIB);
    EXPECT_EQ(page_size(at + 2 * GIB), 2 * MIB);
    EXPECT_EQ(page_size(at + 2 * GIB + 4 * MIB), P);
    EXPECT_EQ(translate(at + size - 1)->physical, 7 * GIB + size - 1);
    EXPECT_FALSE(translate(at + size));
    EXPECT_EQ(used(), 3u);
}

TEST_F(Pt, map_grows_into_large_pages_and_out_again)
{
    uint64_t at = 3 * GIB - 2 * MIB - P;
    ASSERT_EQ(map(at, 5 * GIB - 2 * MIB - P, GIB + 4 * MIB + 2 * P), ERR_OK);
    EXPECT_EQ(page_size(at), P);
    EXPECT_EQ(page_size(at + P), 2 * MIB);
    EXPECT_EQ(page_size(at + P + 2 * MIB), GIB);
    EXPECT_EQ(page_size(at + P + 2 * MIB + GIB), 2 * MIB);
    EXPECT_EQ(page_size(at + P + 4 * MIB + GIB), P);
    EXPECT_FALSE(translate(at + 2 * P + 4 * MIB + GIB));
    EXPECT_EQ(translate(at + GIB)->physical, 5 * GIB - 2 * MIB - P + GIB);
}

TEST_F(Pt, map_takes_no_larger_pages_than_there_are)
{
    ASSERT_EQ(map(512 * GIB, 512 * GIB, 512 * GIB), ERR_OK);
    EXPECT_EQ(page_size(512 * GIB), GIB);
    EXPECT_EQ(used(), 1u);
}

TEST_F(Pt, map_without_gib_pages_takes_two_mib)
{
    ASSERT_EQ(map(3 * GIB, 7 * GIB, GIB, false), ERR_OK);
    EXPECT_EQ(page_size(3 * GIB), 2 * MIB);
    expect_mapped(3 * GIB, 7 * GIB, GIB);
}

TEST_F(Pt, map_where_both_sides_are_not_aligned_alike)
{
    ASSERT_EQ(map(4 * MIB, 4 * MIB + P, 4 * MIB), ERR_OK);
    EXPECT_EQ(page_size(6 * MIB), P);
    expect_mapped(4 * MIB, 4 * MIB + P, 4 * MIB);
    ASSERT_EQ(map(GIB, GIB + 2 * MIB, 2 * GIB), ERR_OK);
    EXPECT_EQ(page_size(2 * GIB), 2 * MIB);
}

TEST_F(Pt, map_up_to_the_top_of_the_address_space)
{
    ASSERT_EQ(map(0 - 4 * P, 16 * P, 4 * P), ERR_OK);
    for (uint64_t i = 0; i < 4; i++)
        EXPECT_EQ(translate((i - 4) * P)->physical, (16 + i) * P);
    EXPECT_FALSE(translate(0));
}

TEST_F(Pt, map_over_a_top_level_boundary)
{
    uint64_t at = 2 * pt_span(4) - 2 * P;
    ASSERT_EQ(map(at, 8 * P, 4 * P), ERR_OK);
    expect_mapped(at, 8 * P, 4 * P);
    EXPECT_EQ(used(), 6u);
}

TEST_F(Pt, map_without_memory_fails_at_every_table)
{
    // Needs 3 tables for the first part and 3 for the second.
    uint64_t at = 2 * pt_span(4) - 2 * P;
    for (uint64_t n = 0; n < 6; n++) {
        machine.leave_free(n);
        EXPECT_EQ(map(at, 8 * P, 4 * P), ERR_NOMEM) << n;
        EXPECT_EQ(machine.free_pages(), 0u);
        machine.give_back();
        memset(phys_to_virt(root), 0, PAGE_SIZE); // forgets what it made
    }
    machine.leave_free(6);
    EXPECT_EQ(map(at, 8 * P, 4 * P), ERR_OK);
    EXPECT_EQ(machine.free_pages(), 0u);
    machine.give_back();
}

TEST_F(Pt, random_ranges_are_mapped_exactly)
{
    constexpr uint32_t SEED = 81;
    std::mt19937_64 random(SEED);
    for (int step = 0; step < 150; step++) {
        SCOPED_TRACE("seed " + std::to_string(SEED) + " step " + std::to_string(step));
        // Near a multiple of 2 MiB, 1 GiB or 512 GiB, alike or not on both sides.
        uint64_t base = (1 + random() % 100) * pt_span(2 + static_cast<int>(random() % 3));
        uint64_t address = base + (random() % 8) * P - (random() % 1030) * P;
        uint64_t to = random() % 4 ? address % (2 * GIB) : random() % 1000 * P;
        uint64_t size = (1 + random() % 1600) * P;
        ASSERT_EQ(map(address, to, size, random() % 2), ERR_OK);
        expect_mapped(address, to, size);
        ASSERT_FALSE(HasFailure());
        // Forgets all of it.
        machine.start_pmm();
        struct page *page;
        must(page_alloc_kernel(0, &page));
        root = page_paddr(page);
    }
}

class PtFree : public Pt
{
protected:
    // pt_free_user's callback has no argument.
    static void page_gone(uint64_t entry) { gone.push_back(entry); }

    void SetUp() override { gone.clear(); }

    void hold_page(uint64_t address, uint64_t physical, uint64_t flags = PTE_PRESENT)
    {
        *reach(address, 1, PTE_USER | PTE_WRITE) = physical | PTE_HOLDS_PAGE | flags;
    }

    static inline std::vector<uint64_t> gone;
};

TEST_F(PtFree, empty_tree)
{
    pt_free_user(root, page_gone);
    EXPECT_EQ(used(), 0u);
    EXPECT_TRUE(gone.empty());
}

TEST_F(PtFree, tables_are_freed_and_every_page_reported_once)
{
    std::vector<uint64_t> want;
    for (uint64_t i = 1; i <= 20; i++) {
        // Spread over tables of every level, up to the last user page.
        uint64_t at = i == 20 ? USER_END - P : i * pt_span(1 + static_cast<int>(i % 4));
        uint64_t flags = i % 3 ? PTE_PRESENT | PTE_USER : 0; // some are not present
        hold_page(at, i * P, flags);
        want.push_back(i * P | PTE_HOLDS_PAGE | flags);
    }
    reach(5 * GIB + 123 * P, 1); // tables without a page
    pt_free_user(root, page_gone);
    std::sort(gone.begin(), gone.end());
    EXPECT_EQ(gone, want);
    EXPECT_EQ(used(), 0u);
    for (unsigned i = 0; i < PT_ENTRIES; i++)
        EXPECT_EQ(static_cast<uint64_t *>(phys_to_virt(root))[i], 0u);
}

TEST_F(PtFree, kernel_half_stays)
{
    ASSERT_EQ(map(DIRECT_MAP_BASE, 0, 3 * P), ERR_OK);
    uint64_t kernel = used();
    hold_page(P, P);
    hold_page(USER_END - P, 2 * P);
    pt_free_user(root, page_gone);
    EXPECT_EQ(gone.size(), 2u);
    EXPECT_EQ(used(), kernel);
    expect_mapped(DIRECT_MAP_BASE, 0, 3 * P);
}

class PtDeathTest : public Pt
{
};

TEST_F(PtDeathTest, mapping_twice_panics)
{
    ASSERT_EQ(map(AT, 0, 3 * P), ERR_OK);
    EXPECT_DEATH(must(map(AT + 2 * P, 0, P)), "assertion failed");
    EXPECT_DEATH(must(map(AT - P, 0, 2 * P)), "assertion failed");
    ASSERT_EQ(map(2 * MIB, 0, 2 * MIB), ERR_OK);
    EXPECT_DEATH(must(map(2 * MIB, 0, 2 * MIB)), "assertion failed");
}

TEST_F(PtDeathTest, large_page_over_a_table_panics)
{
    ASSERT_EQ(map(2 * MIB + P, 0, P), ERR_OK);
    EXPECT_DEATH(must(map(2 * MIB, 0, 2 * MIB)), "assertion failed");
}

} // namespace
