// SPDX-License-Identifier: Apache-2.0
// Random mapping, unmapping, protecting and asking, against a map from addresses to pages.
#include "kernel/frame/vmm/tlb.h"
#include "kernel/frame/vmm/vm_space.h"
#include "kernel/frame/vmm/vmm_fixture.h"
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace
{

constexpr uint64_t P = PAGE_SIZE;

// Windows around places where something ends: user space, and tables of every level.
constexpr uint64_t WINDOW_PAGES = 40;
constexpr uint64_t WINDOWS[] = {
    USER_START,         2 * MIB - 20 * P,        GIB - 20 * P,
    512 * GIB - 20 * P, 64 * 512 * GIB - 20 * P, USER_END - WINDOW_PAGES *P,
};

struct mapped {
    struct page *page;
    uint8_t perm;
    bool accessed, dirty;
};

// As the CPU sees it: what may be written or executed can be read.
uint8_t effective(uint8_t perm)
{
    return perm == VM_NONE ? perm : static_cast<uint8_t>(perm | VM_READ);
}

class Property : public VmmFixture
{
protected:
    uint64_t below(uint64_t n) { return random() % n; }

    // A random range in one of the windows, or over all of them.
    void choose_range(uint64_t *start, uint64_t *end)
    {
        uint64_t first = below(WINDOW_PAGES), last = first + 1 + below(WINDOW_PAGES - first);
        size_t window = below(std::size(WINDOWS)), until = window;
        if (below(8) == 0)
            until += below(std::size(WINDOWS) - window);
        *start = WINDOWS[window] + (until == window ? first : below(WINDOW_PAGES)) * P;
        *end = WINDOWS[until] + last * P;
    }

    void map_some(struct vm_cursor *c, uint64_t end)
    {
        for (uint64_t n = below(10); n > 0 && vm_cursor_address(c).raw < end; n--) {
            uint64_t at = vm_cursor_address(c).raw;
            if (model.contains(at)) {
                ASSERT_EQ(vm_cursor_jump(c, {at + P}), ERR_OK);
                continue;
            }
            struct page *page;
            if (!pool.empty() && below(2)) {
                page = pool[below(pool.size())];
                page_get(page);
            } else if (page_alloc(PAGE_UNINIT, &page) != ERR_OK) {
                return;
            }
            auto perm = static_cast<uint8_t>(below(8));
            enum err err = vm_cursor_map(c, page, {perm, false, false, false});
            if (err != ERR_OK) {
                ASSERT_EQ(err, ERR_NOMEM);
                ASSERT_EQ(machine.free_pages(), 0u);
                page_put(page);
                return;
            }
            ASSERT_EQ(vm_cursor_address(c).raw, at + P);
            model[at] = {page, perm, false, false};
        }
    }

    // Unmaps or protects; both must say what they did and flush just that.
    void change_some(struct vm_cursor *c, uint64_t end, bool unmap)
    {
        uint64_t at = vm_cursor_address(c).raw;
        uint64_t pages = below((end - at) / P + 1);
        auto perm = static_cast<uint8_t>(below(8));
        std::vector<uint64_t> want;
        for (auto i = model.lower_bound(at); i != model.end() && i->first < at + pages * P;) {
            want.push_back(i->first);
            i->second.perm = perm;
            i = unmap ? model.erase(i) : std::next(i);
        }
        machine.flushed.clear();
        size_t loads = machine.roots.size();
        size_t changed = unmap ? vm_cursor_unmap(c, pages) : vm_cursor_protect(c, pages, perm);
        ASSERT_EQ(changed, want.size());
        ASSERT_EQ(vm_cursor_address(c).raw, at + pages * P);
        if (!active)
            want.clear();
        // Many at once are flushed together.
        if (!unmap && want.size() > TLB_ADDRESSES_MAX) {
            ASSERT_EQ(machine.roots.back(), root);
            loads++;
            want.clear();
        }
        ASSERT_EQ(machine.roots.size(), loads);
        ASSERT_EQ(machine.flushed, want);
    }

    void touch_some()
    {
        if (model.empty() || !active)
            return;
        auto i = std::next(model.begin(), static_cast<ptrdiff_t>(below(model.size())));
        bool write = below(2);
        uint8_t needs = write ? VM_WRITE : VM_READ;
        uint64_t offset = below(P);
        uint8_t *byte = machine.user_byte(i->first + offset, write);
        if (!(effective(i->second.perm) & needs)) {
            ASSERT_EQ(byte, nullptr);
            return;
        }
        ASSERT_EQ(byte, static_cast<uint8_t *>(page_virt(i->second.page)) + offset);
        i->second.accessed = true;
        i->second.dirty |= write;
    }

    void step()
    {
        uint64_t start, end;
        choose_range(&start, &end);
        Cursor c = open(space, start, end);
        switch (below(5)) {
        case 0:
        case 1:
            map_some(&c, end);
            break;
        case 2:
            change_some(&c, end, true);
            break;
        case 3:
            change_some(&c, end, false);
            break;
        case 4:
            touch_some();
            break;
        }
        vm_cursor_close(&c);
        if (below(50) == 0) {
            active = !active;
            vm_space_activate(active ? space : nullptr);
        }
    }

    // Every page of every window is what the model says, to the cursor and to the CPU.
    void check()
    {
        for (uint64_t window : WINDOWS) {
            Cursor c = open(space, window, window + WINDOW_PAGES * P);
            for (uint64_t at = window; at < window + WINDOW_PAGES * P; at += P) {
                SCOPED_TRACE(at);
                ASSERT_EQ(vm_cursor_jump(&c, {at}), ERR_OK);
                struct page_prop prop;
                struct page *page = vm_cursor_query(&c, &prop);
                auto t = machine.translate(root, at);
                auto i = model.find(at);
                if (i == model.end()) {
                    ASSERT_EQ(page, nullptr);
                    ASSERT_FALSE(t);
                    continue;
                }
                const mapped &m = i->second;
                ASSERT_EQ(page, m.page);
                ASSERT_EQ(prop.perm, effective(m.perm));
                ASSERT_EQ(prop.accessed, m.accessed);
                ASSERT_EQ(prop.dirty, m.dirty);
                ASSERT_EQ(t.has_value(), m.perm != VM_NONE);
                ASSERT_TRUE(!t || t->physical == page_paddr(m.page).raw);
            }
        }
        // Mappings may lie beyond a window's end, too.
        std::map<struct page *, uint32_t> refs;
        for (auto [at, m] : model)
            refs[m.page]++;
        for (auto [page, n] : refs)
            ASSERT_EQ(page_refs(page), n + std::count(pool.begin(), pool.end(), page));
    }

    // Pages that are mapped again and again, with a reference of the test's own.
    void make_pool()
    {
        for (int i = 0; i < 10; i++)
            pool.push_back(alloc_page());
    }

    void run(uint32_t seed, int steps)
    {
        random.seed(seed);
        space = create_space();
        root = root_of(space);
        make_pool();
        for (int n = 0; n < steps; n++) {
            SCOPED_TRACE("seed " + std::to_string(seed) + " step " + std::to_string(n));
            step();
            if (n % 20 == 0)
                check();
            ASSERT_FALSE(HasFailure());
        }
        check();
        vm_space_put(space);
        vm_space_activate(nullptr);
        active = false;
        for (auto [at, m] : model) {
            ASSERT_TRUE(std::count(pool.begin(), pool.end(), m.page) || m.page->kind == PAGE_FREE ||
                        m.page->kind == PAGE_FREE_TAIL || m.page->kind == PAGE_CACHED);
        }
        for (struct page *page : pool) {
            ASSERT_EQ(page_refs(page), 1u);
            page_put(page);
        }
        pool.clear();
        model.clear();
        ASSERT_EQ(used(), 0u);
    }

    std::mt19937_64 random;
    struct vm_space *space;
    uint64_t root;
    bool active = false;
    std::map<uint64_t, mapped> model;
    std::vector<struct page *> pool;
};

TEST_F(Property, agrees_with_the_model)
{
    for (uint32_t seed = 91; seed < 95 && !HasFailure(); seed++)
        run(seed, 2'500);
}

// The fake machine then keeps the translations of spaces that are not active.
TEST_F(Property, agrees_with_the_model_where_translations_are_tagged)
{
    cpu_features.pcid = true;
    for (uint32_t seed = 101; seed < 105 && !HasFailure(); seed++)
        run(seed, 2'500);
    cpu_features.pcid = false;
    EXPECT_GT(machine.roots_kept, 50u);
}

TEST_F(Property, agrees_with_the_model_when_memory_runs_out)
{
    machine.leave_free(60);
    at_start = machine.free_pages();
    for (uint32_t seed = 95; seed < 98 && !HasFailure(); seed++)
        run(seed, 1'500);
    machine.give_back();
    at_start = machine.free_pages();
}

} // namespace
