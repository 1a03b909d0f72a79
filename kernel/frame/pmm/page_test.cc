// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/pmm/page.h"
#include "kernel/frame/pmm/page_priv.h"
#include "testing/host/fake_machine.h"
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

namespace
{

class Page : public ::testing::Test
{
protected:
    Page()
    {
        machine.start_pmm();
        at_start = machine.free_pages();
    }

    void TearDown() override { EXPECT_EQ(machine.free_pages(), at_start) << "pages leaked"; }

    uint64_t used() const { return at_start - machine.free_pages(); }

    struct page *alloc(enum page_fill fill = PAGE_ZERO)
    {
        struct page *page = nullptr;
        EXPECT_EQ(page_alloc(fill, &page), ERR_OK);
        return page;
    }

    struct page_run alloc_run(size_t count, enum page_fill fill = PAGE_ZERO)
    {
        struct page_run run = {};
        EXPECT_EQ(page_run_alloc(count, fill, &run), ERR_OK);
        return run;
    }

    static std::string bytes(const struct page *page)
    {
        return std::string(static_cast<const char *>(page_virt(page)), PAGE_SIZE);
    }

    FakeMachine machine{8};
    uint64_t at_start;
};

TEST_F(Page, begins_zeroed_with_one_reference)
{
    struct page *page = alloc();
    EXPECT_EQ(page_refs(page), 1u);
    EXPECT_EQ(bytes(page), std::string(PAGE_SIZE, '\0'));
    EXPECT_EQ(used(), 1u);
    page_put(page);
}

TEST_F(Page, is_zeroed_again_when_it_comes_back)
{
    struct page *page = alloc();
    memset(page_virt(page), 's', PAGE_SIZE);
    page_put(page);
    struct page *again = alloc();
    EXPECT_EQ(again, page) << "or the test shows nothing";
    EXPECT_EQ(bytes(again), std::string(PAGE_SIZE, '\0'));
    page_put(again);
}

TEST_F(Page, uninitialised_page_is_a_page_too)
{
    struct page *page = alloc(PAGE_UNINIT);
    EXPECT_EQ(page_refs(page), 1u);
    EXPECT_EQ(page->kind, PAGE_USER);
    page_put(page);
}

TEST_F(Page, lives_until_its_last_reference_is_put)
{
    struct page *page = alloc();
    page_get(page);
    page_get(page);
    EXPECT_EQ(page_refs(page), 3u);
    page_put(page);
    page_put(page);
    EXPECT_EQ(page_refs(page), 1u);
    EXPECT_EQ(used(), 1u);
    page_put(page);
    EXPECT_EQ(used(), 0u);
}

TEST_F(Page, number_address_and_handle_belong_together)
{
    struct page *page = alloc();
    EXPECT_EQ(page_paddr(page).raw, page_number(page) * PAGE_SIZE);
    EXPECT_EQ(page_virt(page), machine.memory() + page_paddr(page).raw);
    EXPECT_EQ(page_at(page_paddr(page)), page);
    EXPECT_EQ(page_at({page_paddr(page).raw + PAGE_SIZE - 1}), page);
    page_put(page);
}

TEST_F(Page, memory_runs_out_and_comes_back)
{
    std::set<struct page *> pages;
    struct page *page;
    while (page_alloc(PAGE_UNINIT, &page) == ERR_OK)
        EXPECT_TRUE(pages.insert(page).second);
    EXPECT_EQ(pages.size(), at_start);
    struct pmm_stats stats = pmm_stats();
    EXPECT_EQ(stats.free, 0u);
    EXPECT_EQ(stats.total, at_start);
    EXPECT_EQ(page_alloc(PAGE_ZERO, &page), ERR_NOMEM);
    EXPECT_EQ(page_alloc_kernel(0, &page), ERR_NOMEM);
    struct page_run run;
    EXPECT_EQ(page_run_alloc(1, PAGE_ZERO, &run), ERR_NOMEM);
    for (struct page *p : pages)
        page_put(p);
}

TEST_F(Page, run_takes_exactly_its_pages)
{
    for (size_t count : {1, 2, 3, 5, 8, 100, 513, 1023, 1024}) {
        struct page_run run = alloc_run(count);
        EXPECT_EQ(used(), count);
        EXPECT_EQ(run.count, count);
        for (size_t i = 0; i < count; i++) {
            EXPECT_EQ(run.first[i].kind, PAGE_USER);
            EXPECT_EQ(page_refs(&run.first[i]), 1u);
        }
        page_run_put(&run);
        EXPECT_EQ(used(), 0u);
        EXPECT_EQ(run.count, 0u);
    }
}

TEST_F(Page, run_is_zeroed_and_its_neighbours_are_not)
{
    std::fill_n(machine.memory() + 4 * MIB, 4 * MIB, 's');
    struct page_run big = alloc_run(1024, PAGE_UNINIT);
    page_run_put(&big);
    struct page_run run = alloc_run(3);
    std::string want(3 * PAGE_SIZE, '\0'), got(3 * PAGE_SIZE, '#');
    EXPECT_EQ(page_run_read(&run, 0, span_make(got.data(), got.size())), ERR_OK);
    EXPECT_EQ(got, want);
    EXPECT_NE(bytes(run.first + 3), std::string(PAGE_SIZE, '\0'));
    page_run_put(&run);
}

TEST_F(Page, impossible_runs_are_refused)
{
    struct page_run run = {};
    EXPECT_EQ(page_run_alloc(0, PAGE_ZERO, &run), ERR_INVAL);
    EXPECT_EQ(page_run_alloc(PAGE_RUN_MAX + 1, PAGE_ZERO, &run), ERR_INVAL);
    EXPECT_EQ(page_run_alloc(SIZE_MAX, PAGE_ZERO, &run), ERR_INVAL);
    EXPECT_EQ(run.count, 0u);
}

TEST_F(Page, run_without_memory_takes_nothing)
{
    struct page_run big = alloc_run(1024), run = {};
    EXPECT_EQ(page_run_alloc(1024, PAGE_ZERO, &run), ERR_NOMEM);
    EXPECT_EQ(used(), 1024u);
    page_run_put(&big);
}

TEST_F(Page, page_of_a_run_outlives_it)
{
    struct page_run run = alloc_run(3);
    struct page *page = page_run_get(&run, 1);
    EXPECT_EQ(page_refs(page), 2u);
    page_run_put(&run);
    EXPECT_EQ(page_refs(page), 1u);
    EXPECT_EQ(used(), 1u);
    page_put(page);
}

TEST_F(Page, run_bytes_there_and_back)
{
    struct page_run run = alloc_run(3);
    std::string text(PAGE_SIZE + 100, '\0');
    for (size_t i = 0; i < text.size(); i++)
        text[i] = static_cast<char>(i * 7);
    size_t offset = PAGE_SIZE - 50;
    ASSERT_EQ(page_run_write(&run, offset, cspan_make(text.data(), text.size())), ERR_OK);
    std::string all(3 * PAGE_SIZE, '#');
    ASSERT_EQ(page_run_read(&run, 0, span_make(all.data(), all.size())), ERR_OK);
    std::string want(3 * PAGE_SIZE, '\0');
    want.replace(offset, text.size(), text);
    EXPECT_EQ(all, want);
    std::string part(text.size(), '#');
    ASSERT_EQ(page_run_read(&run, offset, span_make(part.data(), part.size())), ERR_OK);
    EXPECT_EQ(part, text);
    char byte = 'z';
    ASSERT_EQ(page_run_write(&run, 3 * PAGE_SIZE - 1, cspan_make(&byte, 1)), ERR_OK);
    byte = '#';
    ASSERT_EQ(page_run_read(&run, 3 * PAGE_SIZE - 1, span_make(&byte, 1)), ERR_OK);
    EXPECT_EQ(byte, 'z');
    page_run_put(&run);
}

TEST_F(Page, run_access_beyond_the_end_does_nothing)
{
    struct page_run run = alloc_run(2, PAGE_ZERO);
    std::string text(PAGE_SIZE, 'x'), before(2 * PAGE_SIZE, '\0'), after = before;
    struct cspan from = cspan_make(text.data(), text.size());
    struct span to = span_make(text.data(), text.size());
    for (size_t offset : {size_t{PAGE_SIZE + 1}, size_t{2 * PAGE_SIZE}, size_t{2 * PAGE_SIZE + 1},
                          SIZE_MAX, SIZE_MAX - PAGE_SIZE + 1}) {
        EXPECT_EQ(page_run_write(&run, offset, from), ERR_INVAL) << offset;
        EXPECT_EQ(page_run_read(&run, offset, to), ERR_INVAL) << offset;
    }
    EXPECT_EQ(text, std::string(PAGE_SIZE, 'x'));
    ASSERT_EQ(page_run_read(&run, 0, span_make(after.data(), after.size())), ERR_OK);
    EXPECT_EQ(after, before);
    // No bytes are all right up to the end and not behind it.
    EXPECT_EQ(page_run_write(&run, 2 * PAGE_SIZE, cspan_make(nullptr, 0)), ERR_OK);
    EXPECT_EQ(page_run_read(&run, 2 * PAGE_SIZE, span_make(nullptr, 0)), ERR_OK);
    EXPECT_EQ(page_run_read(&run, 2 * PAGE_SIZE + 1, span_make(nullptr, 0)), ERR_INVAL);
    page_run_put(&run);
}

TEST_F(Page, empty_run_has_no_bytes)
{
    struct page_run run = alloc_run(1);
    page_run_put(&run);
    char c = 'x';
    EXPECT_EQ(page_run_write(&run, 0, cspan_make(&c, 1)), ERR_INVAL);
    EXPECT_EQ(page_run_read(&run, 0, span_make(&c, 0)), ERR_OK);
    page_run_put(&run);
}

TEST_F(Page, kernel_pages_are_zeroed_and_aligned_to_their_size)
{
    for (unsigned order = 0; order <= 10; order++) {
        struct page *page;
        ASSERT_EQ(page_alloc_kernel(order, &page), ERR_OK);
        EXPECT_EQ(page_paddr(page).raw % (PAGE_SIZE << order), 0u);
        EXPECT_EQ(page->kind, PAGE_KERNEL);
        auto *at = static_cast<const uint8_t *>(page_virt(page));
        EXPECT_EQ(std::count(at, at + (PAGE_SIZE << order), 0),
                  static_cast<ptrdiff_t>(PAGE_SIZE << order));
        EXPECT_EQ(used(), 1ull << order);
        memset(page_virt(page), 's', PAGE_SIZE << order);
        page_free_kernel(page, order);
    }
}

class PageDeathTest : public Page
{
};

TEST_F(PageDeathTest, putting_a_page_once_too_often_panics)
{
    struct page *page = alloc(), *other = alloc();
    page_put(page);
    EXPECT_DEATH(page_put(page), "assertion failed");
    EXPECT_DEATH(page_get(page), "assertion failed");
    page_put(other);
}

TEST_F(PageDeathTest, references_cannot_overflow)
{
    struct page *page = alloc();
    page->refs = UINT32_MAX;
    EXPECT_DEATH(page_get(page), "assertion failed");
    page->refs = 0;
    EXPECT_DEATH(page_get(page), "assertion failed") << "nobody had one";
    EXPECT_DEATH(page_put(page), "assertion failed");
    page->refs = 1;
    page_put(page);
}

TEST_F(PageDeathTest, kernel_and_user_pages_are_not_mixed_up)
{
    struct page *user = alloc(), *kernel;
    ASSERT_EQ(page_alloc_kernel(0, &kernel), ERR_OK);
    kernel->refs = 2; // whatever that field holds
    EXPECT_DEATH(page_put(kernel), "assertion failed");
    EXPECT_DEATH(page_get(kernel), "assertion failed");
    EXPECT_DEATH(page_free_kernel(user, 0), "assertion failed");
    page_put(user);
    page_free_kernel(kernel, 0);
    EXPECT_DEATH(page_free_kernel(kernel, 0), "assertion failed");
}

TEST_F(PageDeathTest, page_beyond_the_run_panics)
{
    struct page_run run = alloc_run(2);
    EXPECT_DEATH(page_run_get(&run, 2), "assertion failed");
    EXPECT_DEATH(page_run_get(&run, SIZE_MAX), "assertion failed");
    page_run_put(&run);
    EXPECT_DEATH(page_run_get(&run, 0), "assertion failed");
}

} // namespace
