// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/vmm/kva.h"
#include "kernel/frame/vmm/vmm_fixture.h"
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace
{

constexpr uint64_t P = PAGE_SIZE;
constexpr uint64_t AREA_PAGES = (KVA_END - KVA_START) / P;

class Kva : public VmmFixture
{
protected:
    Kva()
    {
        // The tables for the first 2 MiB, which stay when areas go.
        kva_free(alloc(1));
        at_start = machine.free_pages();
    }

    // Areas outlive a machine only if a test forgets them.
    void TearDown() override
    {
        VmmFixture::TearDown();
        struct kva *first = alloc(1);
        EXPECT_EQ(first->start, KVA_START + P) << "areas left behind";
        kva_free(first);
    }

    struct kva *alloc(size_t pages)
    {
        struct kva *area = nullptr;
        EXPECT_EQ(kva_alloc(pages, &area), ERR_OK);
        return area;
    }

    auto translate(uint64_t address) { return machine.translate(vmm_kernel_root().raw, address); }

    void expect_guarded(const struct kva *area)
    {
        EXPECT_FALSE(translate(area->start - P));
        EXPECT_FALSE(translate(kva_end(area)));
    }
};

TEST_F(Kva, pages_are_fresh_and_the_kernels_own)
{
    struct kva *area = alloc(3);
    EXPECT_EQ(area->pages, 3u);
    EXPECT_EQ(kva_end(area), area->start + 3 * P);
    for (uint64_t at = area->start; at < kva_end(area); at += P) {
        auto t = translate(at);
        ASSERT_TRUE(t);
        EXPECT_TRUE(t->write);
        EXPECT_FALSE(t->execute);
        EXPECT_FALSE(t->user);
        EXPECT_TRUE(t->entry & PTE_GLOBAL);
        const uint8_t *page = machine.memory() + t->physical;
        EXPECT_EQ(std::count(page, page + P, 0), static_cast<ptrdiff_t>(P));
        EXPECT_EQ(page_at({t->physical})->kind, PAGE_KERNEL);
    }
    expect_guarded(area);
    EXPECT_EQ(used(), 3u + 1) << "and a page for its kva";
    kva_free(area);
}

TEST_F(Kva, freeing_unmaps_and_flushes)
{
    struct kva *area = alloc(2);
    uint64_t start = area->start;
    machine.flushed.clear();
    machine.on_flush = [&](uint64_t at) { EXPECT_FALSE(translate(at)); };
    kva_free(area);
    EXPECT_EQ(machine.flushed, (std::vector<uint64_t>{start, start + P}));
    EXPECT_FALSE(translate(start));
    EXPECT_EQ(used(), 0u);
}

TEST_F(Kva, neighbours_share_a_guard_page)
{
    struct kva *a = alloc(1), *b = alloc(2), *c = alloc(3);
    EXPECT_EQ(a->start, KVA_START + P);
    EXPECT_EQ(b->start, kva_end(a) + P);
    EXPECT_EQ(c->start, kva_end(b) + P);
    for (struct kva *area : {a, b, c}) {
        expect_guarded(area);
        kva_free(area);
    }
}

TEST_F(Kva, gaps_are_used_again)
{
    struct kva *a = alloc(2), *b = alloc(4), *c = alloc(2);
    uint64_t gap = b->start;
    kva_free(b);
    struct kva *too_large = alloc(5);
    EXPECT_GT(too_large->start, c->start);
    struct kva *small = alloc(1);
    EXPECT_EQ(small->start, gap);
    struct kva *just = alloc(2);
    EXPECT_EQ(just->start, gap + 2 * P) << "1 + a guard + 2 are 4";
    for (struct kva *area : {a, c, too_large, small, just}) {
        expect_guarded(area);
        kva_free(area);
    }
}

TEST_F(Kva, the_gap_before_the_first_area_is_used_again)
{
    struct kva *a = alloc(2), *b = alloc(2);
    uint64_t first = a->start;
    kva_free(a);
    struct kva *c = alloc(3), *d = alloc(2);
    EXPECT_GT(c->start, b->start);
    EXPECT_EQ(d->start, first);
    for (struct kva *area : {b, c, d})
        kva_free(area);
}

TEST_F(Kva, areas_may_span_tables)
{
    struct kva *area = alloc(1000);
    EXPECT_TRUE(translate(area->start + 600 * P));
    expect_guarded(area);
    kva_free(area);
    at_start = machine.free_pages(); // the second table stays
}

TEST_F(Kva, impossible_sizes_are_refused)
{
    struct kva *area;
    EXPECT_EQ(kva_alloc(0, &area), ERR_INVAL);
    EXPECT_EQ(kva_alloc(AREA_PAGES, &area), ERR_INVAL);
    EXPECT_EQ(kva_alloc(SIZE_MAX, &area), ERR_INVAL);
    EXPECT_EQ(kva_alloc(1ull << 52, &area), ERR_INVAL);
    EXPECT_EQ(kva_alloc(AREA_PAGES - 1, &area), ERR_NOMEM) << "no room for the guards";
    EXPECT_EQ(kva_alloc(AREA_PAGES - 2, &area), ERR_NOMEM) << "no such memory";
    at_start = machine.free_pages(); // tables for what was tried stay
}

TEST_F(Kva, no_memory_leaves_nothing)
{
    for (uint64_t n = 0; n < 4; n++) {
        machine.leave_free(n);
        struct kva *area;
        EXPECT_EQ(kva_alloc(4, &area), ERR_NOMEM) << n;
        EXPECT_EQ(machine.free_pages(), n);
        EXPECT_FALSE(translate(KVA_START + P));
        machine.give_back();
    }
    machine.leave_free(5);
    struct kva *area = alloc(4);
    EXPECT_EQ(machine.free_pages(), 0u);
    kva_free(area);
    machine.give_back();
}

TEST_F(Kva, no_memory_for_a_table_leaves_nothing_else)
{
    // In the second table's part, so that the page is there and the table is not.
    struct kva *first = alloc(510);
    machine.leave_free(1);
    struct kva *area;
    EXPECT_EQ(kva_alloc(1, &area), ERR_NOMEM);
    EXPECT_EQ(machine.free_pages(), 1u);
    machine.give_back();
    kva_free(first);
}

TEST_F(Kva, random_areas_never_touch)
{
    constexpr uint32_t SEED = 101;
    std::mt19937 random(SEED);
    std::map<uint64_t, struct kva *> areas;
    for (int step = 0; step < 3'000; step++) {
        SCOPED_TRACE("seed " + std::to_string(SEED) + " step " + std::to_string(step));
        if (areas.empty() || random() % 100 < 55) {
            size_t pages = 1 + random() % 12;
            struct kva *area;
            if (kva_alloc(pages, &area) != ERR_OK) {
                ASSERT_LT(machine.free_pages(), pages + 3);
                continue;
            }
            ASSERT_EQ(area->pages, pages);
            ASSERT_TRUE(areas.emplace(area->start, area).second);
            // At the lowest address that keeps a guard page on both sides.
            uint64_t at = KVA_START + P;
            for (auto [start, other] : areas) {
                if (other == area || start - at >= (pages + 1) * P)
                    break;
                at = kva_end(other) + P;
            }
            ASSERT_EQ(area->start, at);
            ASSERT_LT(kva_end(area), KVA_END);
        } else {
            auto i = std::next(areas.begin(), static_cast<ptrdiff_t>(random() % areas.size()));
            kva_free(i->second);
            areas.erase(i);
        }
    }
    for (auto [start, area] : areas) {
        expect_guarded(area);
        kva_free(area);
    }
    at_start = machine.free_pages(); // tables stay
}

// Device areas stay for ever: these tests run in a process of their own, which ends with 0 if
// all is well.
class KvaIoDeathTest : public Kva
{
protected:
    template <typename Body> void in_own_process(Body body)
    {
        EXPECT_EXIT(
            {
                body();
                exit(HasFailure() ? 1 : 0);
            },
            ::testing::ExitedWithCode(0), "");
    }

    enum err map_io(uint64_t at, size_t size)
    {
        mapped = nullptr;
        volatile void *p = nullptr;
        enum err err = kva_map_io({at}, size, &p);
        mapped = const_cast<void *>(p);
        return err;
    }

    uint64_t mapped_at() const { return reinterpret_cast<uint64_t>(mapped); }

    void *mapped;
};

TEST_F(KvaIoDeathTest, registers_are_mapped_uncached)
{
    in_own_process([this] {
        ASSERT_EQ(map_io(0xfed0'0123, 8), ERR_OK);
        auto m = translate(mapped_at());
        ASSERT_TRUE(m);
        EXPECT_EQ(m->physical, 0xfed0'0123u);
        EXPECT_TRUE(m->write);
        EXPECT_FALSE(m->execute);
        EXPECT_FALSE(m->user);
        EXPECT_EQ(m->entry & (PTE_CACHE_DISABLE | PTE_WRITE_THROUGH),
                  PTE_CACHE_DISABLE | PTE_WRITE_THROUGH);
        EXPECT_FALSE(translate(align_down(mapped_at(), P) - P));
        EXPECT_FALSE(translate(align_down(mapped_at(), P) + P));
    });
}

TEST_F(KvaIoDeathTest, registers_may_span_pages)
{
    in_own_process([this] {
        ASSERT_EQ(map_io(0xfed0'0fff, 1), ERR_OK);
        EXPECT_FALSE(translate(mapped_at() + 1));
        ASSERT_EQ(map_io(0xfed0'0fff, 2), ERR_OK);
        EXPECT_EQ(translate(mapped_at())->physical, 0xfed0'0fffu);
        EXPECT_EQ(translate(mapped_at() + 1)->physical, 0xfed0'1000u);
        EXPECT_FALSE(translate(mapped_at() + 1 + P));
        ASSERT_EQ(map_io(0xfed0'0000, 3 * P), ERR_OK);
        EXPECT_TRUE(translate(mapped_at() + 3 * P - 1));
        EXPECT_FALSE(translate(mapped_at() + 3 * P));
    });
}

TEST_F(KvaIoDeathTest, areas_keep_away_from_registers)
{
    in_own_process([this] {
        ASSERT_EQ(map_io(0xfed0'0000, P), ERR_OK);
        struct kva *area = alloc(1);
        EXPECT_EQ(area->start, mapped_at() + 2 * P);
    });
}

TEST_F(KvaIoDeathTest, impossible_registers_are_refused)
{
    in_own_process([this] {
        EXPECT_EQ(map_io(0xfed0'0000, 0), ERR_INVAL);
        EXPECT_EQ(map_io(0xfed0'0010, 0), ERR_INVAL);
        EXPECT_EQ(map_io(0xfed0'0010, SIZE_MAX), ERR_INVAL) << "wraps to less than a page";
        EXPECT_EQ(map_io(0xfed0'0000, KVA_END - KVA_START), ERR_INVAL);
        EXPECT_EQ(map_io(UINT64_MAX - 7, 8), ERR_INVAL) << "no physical address is so high";
        EXPECT_EQ(map_io(uint64_t{1} << 52, 8), ERR_INVAL);
        EXPECT_EQ(map_io((uint64_t{1} << 52) - 8, 9), ERR_INVAL);
        EXPECT_EQ(used(), 0u);
        EXPECT_EQ(map_io((uint64_t{1} << 52) - 8, 8), ERR_OK);
    });
}

TEST_F(KvaIoDeathTest, no_memory_leaves_nothing)
{
    in_own_process([this] {
        struct kva *first = alloc(510); // up to the first table's end
        machine.leave_free(0);
        EXPECT_EQ(map_io(0xfed0'0000, 4 * P), ERR_NOMEM);
        machine.give_back();
        kva_free(first);
        EXPECT_EQ(used(), 0u);
        // Half of the area in the table that is there, half in the one that is not.
        first = alloc(506);
        machine.leave_free(0);
        EXPECT_EQ(map_io(0xfed0'0000, 8 * P), ERR_NOMEM);
        EXPECT_EQ(mapped_at(), 0u);
        EXPECT_FALSE(translate(kva_end(first) + P)) << "what was mapped is unmapped";
        machine.give_back();
        struct kva *again = alloc(2);
        EXPECT_EQ(again->start, kva_end(first) + P) << "the place is free again";
        kva_free(first);
        kva_free(again);
        EXPECT_EQ(used(), 0u);
    });
}

TEST_F(KvaIoDeathTest, an_area_of_registers_cannot_be_freed)
{
    struct kva area = {};
    area.io = true;
    EXPECT_DEATH(kva_free(&area), "assertion failed");
}

} // namespace
