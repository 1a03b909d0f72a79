// SPDX-License-Identifier: Apache-2.0
// Kernel objects by type against a model of who has which bytes: slabs, magazines, page caches,
// and memory that runs out.
#include "kernel/frame/heap/magazine.h"
#include "kernel/frame/pmm/page_cache.h"
#include "testing/fuzz/input.h"
#include "testing/host/fake_machine.h"
#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

namespace
{

template <size_t n> struct bytes {
    uint8_t at[n];
};

HEAP_TYPE(tiny, bytes<1>);
HEAP_TYPE(odd, bytes<17>);
HEAP_TYPE(medium, bytes<200>);
HEAP_TYPE(large, bytes<1000>);
HEAP_TYPE(wide, bytes<1500>);
HEAP_TYPE(largest, bytes<HEAP_OBJECT_MAX>);
HEAP_TYPE_FOREVER(lasting, bytes<100>);

struct heap_type *const TYPES[] = {&tiny, &odd, &medium, &large, &wide, &largest, &lasting};

FakeMachine &the_machine()
{
    static FakeMachine *machine = [] { return new FakeMachine(4); }();
    // As new for every input, so that one alone does what it did in its turn.
    machine->start_pmm();
    memset(static_cast<void *>(page_map), 0, machine->pages() * sizeof(*page_map));
    list_init(&lasting.partial);
    lasting.live = 0;
    heap_magazine_limit = 0;
    page_cache_limit = 2 * PMM_BATCH;
    return *machine;
}

struct Object {
    struct heap_type *type;
    uint8_t fill;
};

class Model
{
public:
    explicit Model(FakeMachine &m) : machine_(m) {}

    void step(Input &in)
    {
        uint8_t what = in.u8();
        switch (what % 16) {
        default:
            for (uint64_t n = what / 16; n < 16; n++)
                allocate(in, TYPES[what % 16 % std::size(TYPES)]);
            break;
        case 8:
        case 9:
        case 10:
        case 11:
        case 12:
            for (uint64_t n = what / 16; n < 16 && !objects_.empty(); n++)
                release(in.u16());
            break;
        case 13:
            heap_trim();
            break;
        case 14:
            heap_trim();
            heap_magazine_limit = in.u8() % (HEAP_MAGAZINE_MAX + 1);
            break;
        case 15:
            page_cache_drain();
            page_cache_limit = in.u8() % (2 * PMM_BATCH + 1);
            break;
        }
    }

    void finish()
    {
        while (!objects_.empty())
            release(0);
        heap_trim();
        for (struct heap_type *t : TYPES)
            CHECK(t->live == 0);
    }

private:
    void allocate(Input &in, struct heap_type *t)
    {
        uint8_t fail = in.u8();
        if (fail < 16)
            heap_fail_after(fail % 3);
        auto *o = static_cast<uint8_t *>(heap_alloc(t));
        bool failed = heap_fail_stop();
        if (o == nullptr) {
            CHECK(failed || !has_block(1ull << t->order));
            return;
        }
        auto at = reinterpret_cast<uint64_t>(o);
        CHECK(at % 16 == 0);
        CHECK(o >= machine_.memory() && o + t->size <= machine_.memory() + 4 * MIB);
        auto next = objects_.lower_bound(at);
        CHECK(next == objects_.end() || at + t->size <= next->first);
        CHECK(next == objects_.begin() ||
              std::prev(next)->first + std::prev(next)->second.type->size <= at);
        // One of a lasting type still has what its last owner left, but for a link's bytes.
        for (size_t i = 0; i < (t->forever ? 8 : t->size); i++)
            CHECK(o[i] == 0);
        objects_[at] = {t, fail};
        memset(o, fail, t->size);
    }

    // Whether a slab's pages are there, side by side.
    static bool has_block(size_t pages)
    {
        struct page_run run;
        if (page_run_alloc(pages, PAGE_UNINIT, &run) != ERR_OK)
            return false;
        page_run_put(&run);
        return true;
    }

    void release(uint64_t which)
    {
        auto i = std::next(objects_.begin(), static_cast<long>(which % objects_.size()));
        auto *o = reinterpret_cast<uint8_t *>(i->first);
        auto [type, fill] = i->second;
        objects_.erase(i);
        for (size_t n = 0; n < type->size; n++)
            CHECK(o[n] == fill);
        heap_free(type, o);
    }

    FakeMachine &machine_;
    std::map<uint64_t, Object> objects_;
};

// Pages that a type keeps for ever.
uint64_t lasting_pages(FakeMachine &machine)
{
    uint64_t pages = 0;
    for (uint64_t n = 0; n < machine.pages(); n++) {
        if (page_map[n].kind == PAGE_KERNEL &&
            page_map[n].owner == reinterpret_cast<uint64_t>(&lasting))
            pages++;
    }
    return pages;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FakeMachine &machine = the_machine();
    cpu_this()->current = reinterpret_cast<struct task *>(&machine);
    uint64_t before = machine.free_pages();
    Input in(data, size);
    Model model(machine);
    while (!in.empty())
        model.step(in);
    model.finish();
    CHECK(machine.free_pages() + lasting_pages(machine) == before);
    return 0;
}
