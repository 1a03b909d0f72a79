// SPDX-License-Identifier: Apache-2.0
#include "testing/hostframe/fixture.h"
#include <cstring>

namespace
{

struct thing {
    uint8_t bytes[100];
};
HEAP_DEFINE(thing, struct thing);
HEAP_TYPE_FOREVER(lasting, struct thing);

TEST(Heap, objects_are_zero_aligned_and_counted)
{
    run_both([] {
        uint64_t before = pmm_stats().free;
        static struct thing *all[100];
        for (auto &t : all) {
            t = thing_new();
            EXPECT_EQ(reinterpret_cast<uint64_t>(t) % 64, 0u);
            for (uint8_t b : t->bytes)
                EXPECT_EQ(b, 0);
            memset(t, 0xee, sizeof(*t));
        }
        EXPECT_LT(pmm_stats().free, before);
        for (auto *t : all)
            thing_delete(t);
        thing_delete(nullptr);
        heap_trim();
        EXPECT_EQ(pmm_stats().free, before);
    });
}

TEST(Heap, memory_of_a_lasting_type_stays_its_own)
{
    hostframe::Machine m;
    m.main = [] {
        auto *t = static_cast<struct thing *>(heap_alloc(&lasting));
        EXPECT_EQ(t->bytes[99], 0);
        t->bytes[0] = t->bytes[99] = 7;
        heap_free(&lasting, t);
        EXPECT_EQ(t->bytes[99], 7) << "still there";
        EXPECT_EQ(heap_alloc(&lasting), t);
        EXPECT_EQ(t->bytes[0], 0);
        EXPECT_EQ(t->bytes[99], 7);
        power_off(0);
    };
    for (int i = 0; i < 2; i++)
        EXPECT_EQ(hostframe::run(m).objects, 1u);
}

TEST(Pages, contents_references_and_counts)
{
    run_both([] {
        uint64_t before = pmm_stats().free;
        struct page_run run;
        EXPECT_EQ(page_run_alloc(0, PAGE_ZERO, &run), ERR_INVAL);
        EXPECT_EQ(page_run_alloc(PAGE_RUN_MAX + 1, PAGE_ZERO, &run), ERR_INVAL);
        must(page_run_alloc(3, PAGE_ZERO, &run));
        EXPECT_EQ(pmm_stats().free, before - 3);
        uint8_t out[PAGE_SIZE + 8], in[sizeof(out)];
        memset(out, 0x5c, sizeof(out));
        EXPECT_EQ(page_run_write(&run, 2 * PAGE_SIZE - 1, CSPAN_OF(out)), ERR_INVAL);
        EXPECT_EQ(page_run_write(&run, PAGE_SIZE - 4, CSPAN_OF(out)), ERR_OK);
        EXPECT_EQ(page_run_read(&run, PAGE_SIZE - 4, SPAN_OF(in)), ERR_OK);
        EXPECT_EQ(memcmp(in, out, sizeof(in)), 0);
        EXPECT_EQ(page_run_read(&run, 0, SPAN_OF(in)), ERR_OK);
        EXPECT_EQ(in[0], 0);
        struct page *p = page_run_get(&run, 1);
        EXPECT_EQ(page_refs(p), 2u);
        page_run_put(&run);
        EXPECT_EQ(page_refs(p), 1u);
        EXPECT_EQ(pmm_stats().free, before - 1);
        page_put(p);
        EXPECT_EQ(pmm_stats().free, before);
    });
}

ARRAY_DEFINE(things, struct thing);

TEST(Pages, single_ones_and_arrays)
{
    run_both([] {
        uint64_t before = pmm_stats().free;
        struct page *a, *b;
        uint8_t out[4] = {1, 2, 3, 4}, in[4];
        must(page_alloc(PAGE_UNINIT, &a));
        must(page_alloc(PAGE_ZERO, &b));
        page_write(a, PAGE_SIZE - 4, CSPAN_OF(out));
        page_copy(b, a);
        page_fill_zero(b, PAGE_SIZE - 1, 1);
        page_read(b, PAGE_SIZE - 4, SPAN_OF(in));
        EXPECT_TRUE(in[0] == 1 && in[2] == 3 && in[3] == 0);
        page_put(a);
        page_put(b);

        struct things t = {};
        for (size_t n = 1; n < 2000; n = n * 2 + 1) {
            size_t old = things_count(&t);
            must(things_resize(&t, n));
            EXPECT_EQ(things_at(&t, n - 1)->bytes[99], 0);
            EXPECT_EQ(old == 0 || things_at(&t, old - 1)->bytes[0] == 9, true);
            things_at(&t, n - 1)->bytes[0] = 9;
        }
        EXPECT_EQ(things_resize(&t, 5 * MIB / sizeof(struct thing)), ERR_NOMEM);
        things_free(&t);
        EXPECT_EQ(pmm_stats().free, before);
    });
}

TEST(Pages, an_uninitialised_one_is_not_zero)
{
    run_both([] {
        struct page_run run;
        uint8_t b[16];
        must(page_run_alloc(1, PAGE_UNINIT, &run));
        must(page_run_read(&run, 100, SPAN_OF(b)));
        EXPECT_NE(b[0], 0);
        page_run_put(&run);
    });
}

TEST(OutOfMemory, when_all_is_used)
{
    hostframe::Machine m;
    m.pages = 64;
    m.main = [] {
        static struct page *all[64];
        size_t n = 0;
        while (page_alloc(PAGE_ZERO, &all[n]) == ERR_OK)
            n++;
        EXPECT_GT(n, 50u);
        struct vm_space *space;
        struct task *t;
        struct user_context *ctx;
        EXPECT_EQ(vm_space_create(&space), ERR_NOMEM);
        EXPECT_EQ(task_create(nullptr, nullptr, &t), ERR_NOMEM);
        page_put(all[--n]);
        EXPECT_EQ(user_ctx_create({0}, {0}, &ctx), ERR_OK);
        for (n = 1; user_ctx_create({0}, {0}, &ctx) == ERR_OK;)
            n++;
        EXPECT_LE(n, 2u);
        power_off(0);
    };
    EXPECT_EQ(hostframe::run(m).status, 0);
}

// Everything that allocates fails when the n-th allocation does, and leaves nothing behind.
bool all_at_once()
{
    struct vm_space *space = nullptr;
    struct task *t = nullptr;
    struct user_context *ctx = nullptr;
    struct thing *thing = nullptr;
    struct page_run run = {};
    struct vm_cursor c;
    bool ok = vm_space_create(&space) == ERR_OK && task_create(nullptr, nullptr, &t) == ERR_OK &&
              user_ctx_create({0}, {0}, &ctx) == ERR_OK && (thing = thing_new()) != nullptr &&
              page_run_alloc(VM_LARGE_PAGES, PAGE_UNINIT, &run) == ERR_OK;
    if (ok) {
        must(vm_cursor_open(space, {MIB}, {6 * MIB}, &c));
        ok = vm_cursor_map(&c, page_run_get(&run, 0), {VM_READ, false, false, false}) == ERR_OK;
        if (!ok)
            page_put(run.first);
        must(vm_cursor_jump(&c, {4 * MIB}));
        ok = ok && vm_cursor_map_large(&c, &run, {VM_READ, false, false, false}) == ERR_OK;
        vm_cursor_close(&c);
    }
    page_run_put(&run);
    thing_delete(thing);
    if (ctx != nullptr)
        user_ctx_destroy(ctx);
    if (t != nullptr)
        task_put(t);
    if (space != nullptr)
        vm_space_put(space);
    return ok;
}

TEST(OutOfMemory, every_allocation_may_be_the_one)
{
    run_both([] {
        uint64_t before = pmm_stats().free;
        for (uint64_t n = 0;; n++) {
            heap_fail_after(n);
            bool ok = all_at_once();
            bool failed = heap_fail_stop();
            EXPECT_EQ(ok, !failed);
            EXPECT_EQ(pmm_stats().free, before) << n;
            if (ok) {
                EXPECT_GE(n, 11u);
                break;
            }
        }
    });
}

class MemoryDeath : public ::testing::Test
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

struct other {
    uint8_t bytes[100];
};
HEAP_DEFINE(other, struct other);

TEST_F(MemoryDeath, freed_as_another_type)
{
    EXPECT_DEATH(run([] { other_delete(reinterpret_cast<struct other *>(thing_new())); }),
                 "no struct other begins here");
}

TEST_F(MemoryDeath, freed_in_the_middle)
{
    EXPECT_DEATH(
        run([] { thing_delete(reinterpret_cast<struct thing *>(&thing_new()->bytes[64])); }),
        "no struct thing begins here|AddressSanitizer");
}

TEST_F(MemoryDeath, a_page_that_is_gone)
{
    EXPECT_DEATH(run([] {
                     struct page_run run;
                     must(page_run_alloc(2, PAGE_ZERO, &run));
                     struct page *p = page_run_get(&run, 0);
                     page_put(p);
                     page_put(p);
                     page_get(p);
                 }),
                 "use-after-poison|before != 0");
}

TEST_F(MemoryDeath, beyond_a_run)
{
    EXPECT_DEATH(run([] {
                     struct page_run run;
                     must(page_run_alloc(2, PAGE_ZERO, &run));
                     page_run_get(&run, 2);
                 }),
                 "i < run->count");
}

} // namespace
