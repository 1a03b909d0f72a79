// SPDX-License-Identifier: Apache-2.0
// Address spaces and their cursors against a model: mapping small and large pages, unmapping,
// protecting, setting, searching, in ranges at the edges of tables, with memory that runs out.
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/heap/heap.h"
#include "kernel/frame/pmm/page_priv.h"
#include "kernel/frame/vmm/vm_space.h"
#include "kernel/frame/vmm/vmm.h"
#include "testing/fuzz/input.h"
#include "testing/host/fake_machine.h"
#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace
{

constexpr uint64_t P = PAGE_SIZE, LARGE = VM_LARGE_PAGES * PAGE_SIZE;

FakeMachine &the_machine()
{
    static FakeMachine *machine = [] {
        auto *m = new FakeMachine(8);
        m->start_pmm();
        struct vmm_range all = {0, m->pages() * PAGE_SIZE};
        must(vmm_init(nullptr, 0, &all, 1, false));
        return m;
    }();
    return *machine;
}

// As the CPU sees it: what may be written or executed can be read.
uint8_t effective(uint8_t perm)
{
    return perm == VM_NONE ? perm : static_cast<uint8_t>(perm | VM_READ);
}

// What is mapped at an address: a page, or with `large` a run of them.
struct Mapping {
    struct page *first;
    struct page_prop prop;
    bool large;
};

class Space
{
public:
    explicit Space(FakeMachine &m) : machine_(m) { must(vm_space_create(&space_)); }

    ~Space()
    {
        vm_space_activate(nullptr);
        vm_space_put(space_);
    }

    void step(Input &in)
    {
        uint64_t start = address(in),
                 end = in.u8() % 8 == 0 ? address(in) : start + in.u16() % 700 * P;
        bool good = (start | end) % P == 0 && start >= USER_START && end <= USER_END && start < end;
        enum err err = vm_cursor_open(space_, {start}, {end}, &c_);
        CHECK(err == (good ? ERR_OK : ERR_INVAL));
        if (err != ERR_OK)
            return;
        start_ = at_ = start;
        end_ = end;
        for (uint64_t n = in.u8() % 6; n < 6; n++)
            operation(in);
        vm_cursor_close(&c_);
    }

    // Whether what the cursor and the CPU find is the model, all of it and nothing else.
    void check_all()
    {
        must(vm_cursor_open(space_, {USER_START}, {USER_END}, &c_));
        at_ = start_ = USER_START;
        end_ = USER_END;
        for (auto &[address, m] : model_) {
            for (size_t i = 0; i < pages(m); i++) {
                CHECK(vm_cursor_find_next(&c_));
                CHECK(vm_cursor_address(&c_).raw == address + i * P);
                check_page(m, i);
                must(vm_cursor_jump(&c_, {address + (i + 1) * P}));
            }
        }
        CHECK(!vm_cursor_find_next(&c_));
        CHECK(vm_cursor_address(&c_).raw == USER_END);
        vm_cursor_close(&c_);
    }

private:
    static size_t pages(const Mapping &m) { return m.large ? VM_LARGE_PAGES : 1; }

    static uint64_t address(Input &in)
    {
        static constexpr uint64_t BASES[] = {
            0,
            LARGE,
            2 * LARGE - 8 * P,
            GIB - LARGE,
            512 * GIB - LARGE,
            64 * 512 * GIB - 8 * P,
            USER_END - LARGE + P,
            USER_END - 8 * P,
        };
        uint64_t at = BASES[in.below(8)];
        uint8_t b = in.u8();
        return at + (b < 240 ? b % 16 * P : b < 250 ? b * P + LARGE : in.u64());
    }

    static struct page_prop prop(Input &in)
    {
        uint8_t b = in.u8();
        return {static_cast<uint8_t>(b & 7), (b & 8) != 0, (b & 16) != 0, (b & 32) != 0};
    }

    // The mapping that covers `at`; end() if none.
    std::map<uint64_t, Mapping>::iterator covering(uint64_t at)
    {
        auto i = model_.upper_bound(at);
        if (i == model_.begin())
            return model_.end();
        --i;
        return at < i->first + pages(i->second) * P ? i : model_.end();
    }

    void operation(Input &in)
    {
        CHECK(vm_cursor_address(&c_).raw == at_);
        switch (in.below(10)) {
        case 0:
            jump(start_ + in.u16() % 1024 * P + (in.u8() < 8));
            break;
        case 1:
        case 2:
            map_some(in);
            break;
        case 3:
            map_large(in);
            break;
        case 4:
            change(in, true);
            break;
        case 5:
            change(in, false);
            break;
        case 6:
            set(in);
            break;
        case 7:
            find_next();
            break;
        case 8:
            touch(in);
            break;
        case 9:
            active_ = !active_;
            vm_space_activate(active_ ? space_ : nullptr);
            break;
        }
    }

    void jump(uint64_t to)
    {
        bool good = to % P == 0 && to >= start_ && to <= end_;
        CHECK(vm_cursor_jump(&c_, {to}) == (good ? ERR_OK : ERR_INVAL));
        if (good)
            at_ = to;
    }

    // Lets an allocation fail, if the input says so.
    static void fail_some(Input &in)
    {
        uint8_t n = in.u8();
        if (n < 40)
            heap_fail_after(n % 5);
    }

    void map_some(Input &in)
    {
        struct page_prop p = prop(in);
        for (uint64_t n = in.u8() % 40; n > 0 && at_ < end_ && covering(at_) == model_.end(); n--) {
            struct page *page;
            if (page_alloc(PAGE_UNINIT, &page) != ERR_OK)
                return;
            fail_some(in);
            enum err err = vm_cursor_map(&c_, page, p);
            bool failed = heap_fail_stop();
            CHECK(err == ERR_OK || (err == ERR_NOMEM && (failed || machine_.free_pages() == 0)));
            if (err != ERR_OK) {
                page_put(page);
                return;
            }
            model_[at_] = {page, p, false};
            tables_.insert(at_ / LARGE);
            at_ += P;
        }
    }

    void map_large(Input &in)
    {
        struct page_prop p = prop(in);
        struct page_run run;
        size_t count = in.u8() < 250 ? VM_LARGE_PAGES : VM_LARGE_PAGES - 1;
        if (end_ - at_ < LARGE || page_run_alloc(count, PAGE_UNINIT, &run) != ERR_OK)
            return;
        struct page *first = run.first;
        fail_some(in);
        enum err err = vm_cursor_map_large(&c_, &run, p);
        bool failed = heap_fail_stop();
        if (err != ERR_OK) {
            CHECK(run.first == first && run.count == count);
            page_run_put(&run);
        }
        if (at_ % LARGE != 0 || count != VM_LARGE_PAGES) {
            CHECK(err == ERR_INVAL);
        } else if (err == ERR_NOMEM) {
            CHECK(failed || machine_.free_pages() == 0);
        } else if (tables_.contains(at_ / LARGE) || covering(at_) != model_.end()) {
            CHECK(err == ERR_BUSY);
        } else {
            CHECK(err == ERR_OK && run.count == 0);
            model_[at_] = {first, p, true};
            at_ += LARGE;
        }
    }

    // A large page becomes small ones that say the same.
    void split(std::map<uint64_t, Mapping>::iterator i)
    {
        auto [address, m] = *i;
        model_.erase(i);
        for (size_t n = 0; n < VM_LARGE_PAGES; n++)
            model_[address + n * P] = {m.first + n, m.prop, false};
        tables_.insert(address / LARGE);
    }

    // What a change of [at_, stop) is about: splits what lies only partly in it.
    std::vector<uint64_t> touched(uint64_t stop)
    {
        for (uint64_t edge : {at_, stop}) {
            auto i = covering(edge);
            if (at_ < stop && i != model_.end() && i->second.large && i->first != edge)
                split(i);
        }
        std::vector<uint64_t> all;
        for (auto i = model_.lower_bound(at_); i != model_.end() && i->first < stop; ++i)
            all.push_back(i->first);
        return all;
    }

    // No CPU goes by what was there before.
    void check_flushed(const std::vector<uint64_t> &addresses, size_t roots, unsigned all)
    {
        if (!active_ || machine_.roots.size() > roots || machine_.flushed_all > all)
            return;
        for (uint64_t a : addresses)
            CHECK(std::count(machine_.flushed.begin(), machine_.flushed.end(), a) != 0);
    }

    void change(Input &in, bool unmap)
    {
        uint64_t count = in.u16() % ((end_ - at_) / P + 1);
        auto perm = static_cast<uint8_t>(in.u8() & 7);
        uint64_t stop = at_ + count * P;
        std::vector<uint64_t> all = touched(stop);
        size_t want = 0;
        for (uint64_t a : all) {
            Mapping &m = model_[a];
            want += pages(m);
            m.prop.perm = perm;
            if (unmap)
                model_.erase(a);
        }
        machine_.flushed.clear();
        size_t roots = machine_.roots.size();
        unsigned flushes = machine_.flushed_all;
        size_t done = unmap ? vm_cursor_unmap(&c_, count) : vm_cursor_protect(&c_, count, perm);
        CHECK(done == want);
        check_flushed(all, roots, flushes);
        at_ = stop;
    }

    void set(Input &in)
    {
        struct page_prop p = prop(in);
        if (at_ == end_)
            return;
        std::vector<uint64_t> all = touched(at_ + P);
        machine_.flushed.clear();
        size_t roots = machine_.roots.size();
        unsigned flushes = machine_.flushed_all;
        enum err err = vm_cursor_set(&c_, p);
        CHECK(err == (all.empty() ? ERR_NOENT : ERR_OK));
        if (all.empty())
            return;
        check_flushed(all, roots, flushes);
        model_[at_].prop = p;
        at_ += P;
    }

    void find_next()
    {
        auto i = covering(at_);
        uint64_t want = at_;
        if (i == model_.end()) {
            i = model_.lower_bound(at_);
            want = i == model_.end() ? end_ : min_u64(i->first, end_);
        }
        CHECK(vm_cursor_find_next(&c_) == (want < end_));
        at_ = want;
        if (want < end_)
            check_page(i->second, (want - i->first) / P);
    }

    // The cursor is at page `n` of the mapping.
    void check_page(const Mapping &m, size_t n)
    {
        struct page_prop p;
        struct page *page = vm_cursor_query(&c_, &p);
        CHECK(page == m.first + n);
        CHECK(p.perm == effective(m.prop.perm) && p.soft == m.prop.soft);
        CHECK(p.accessed == m.prop.accessed && p.dirty == m.prop.dirty);
        CHECK(page_refs(page) == 1);
    }

    // An access by the program.
    void touch(Input &in)
    {
        bool write = in.u8() % 2;
        uint64_t at = at_ + in.u16() % P;
        if (!active_ || at_ == end_)
            return;
        uint8_t *byte = machine_.user_byte(at, write);
        auto i = covering(at_);
        uint8_t needs = write ? VM_WRITE : VM_READ;
        if (i == model_.end() || (effective(i->second.prop.perm) & needs) == 0) {
            CHECK(byte == nullptr);
            return;
        }
        CHECK(byte == static_cast<uint8_t *>(page_virt(i->second.first)) + (at - i->first));
        i->second.prop.accessed = true;
        i->second.prop.dirty |= write;
    }

    FakeMachine &machine_;
    struct vm_space *space_;
    struct vm_cursor c_;
    uint64_t start_, end_, at_;
    bool active_ = false;
    std::map<uint64_t, Mapping> model_;
    std::set<uint64_t> tables_; // where small pages are or were
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FakeMachine &machine = the_machine();
    // Allocations fail for a task only.
    cpu_this()->current = reinterpret_cast<struct task *>(&machine);
    uint64_t before = machine.free_pages();
    machine.roots.clear();
    Input in(data, size);
    {
        Space space(machine);
        while (!in.empty())
            space.step(in);
        space.check_all();
    }
    CHECK(machine.free_pages() == before);
    return 0;
}
