// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/vmm/pcid.h"
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace
{

TEST(Pcid, first_use_of_a_tag_forgets_what_it_stood_for)
{
    struct pcid_cache c = {};
    std::set<uint64_t> tags;
    for (uint64_t space = 1; space <= PCID_SLOTS; space++) {
        uint64_t bits = pcid_activate(&c, space, 0);
        EXPECT_EQ(bits & CR3_KEEP, 0u);
        EXPECT_NE(bits, 0u) << "that tag is the kernel's";
        tags.insert(bits);
    }
    EXPECT_EQ(tags.size(), PCID_SLOTS);
    EXPECT_EQ(tags.count(pcid_activate(&c, PCID_SLOTS + 1, 0)), 1u);
}

TEST(Pcid, coming_back_to_an_unchanged_space_forgets_nothing)
{
    struct pcid_cache c = {};
    uint64_t a = pcid_activate(&c, 1, 7), b = pcid_activate(&c, 2, 0);
    EXPECT_EQ(pcid_activate(&c, 1, 7), a | CR3_KEEP);
    EXPECT_EQ(pcid_activate(&c, 2, 0), b | CR3_KEEP);
}

TEST(Pcid, coming_back_to_a_changed_space_forgets)
{
    struct pcid_cache c = {};
    uint64_t a = pcid_activate(&c, 1, 7);
    pcid_activate(&c, 2, 0);
    EXPECT_EQ(pcid_activate(&c, 1, 8), a);
    EXPECT_EQ(pcid_activate(&c, 1, 8), a | CR3_KEEP);
}

TEST(Pcid, a_replaced_space_begins_anew)
{
    struct pcid_cache c = {};
    for (uint64_t space = 1; space <= PCID_SLOTS + 1; space++)
        pcid_activate(&c, space, 0);
    EXPECT_EQ(pcid_activate(&c, 1, 0) & CR3_KEEP, 0u);
}

TEST(Pcid, a_change_of_the_active_space_is_flushed_once)
{
    struct pcid_cache c = {};
    uint64_t a = pcid_activate(&c, 1, 7);
    EXPECT_EQ(pcid_catch_up(&c, 1, true, 7, 8), PCID_FLUSH_NONE) << "it is in already";
    EXPECT_EQ(pcid_catch_up(&c, 1, true, 8, 8), PCID_FLUSH_BATCH);
    EXPECT_EQ(pcid_catch_up(&c, 1, true, 8, 8), PCID_FLUSH_NONE);
    pcid_activate(&c, 2, 0);
    EXPECT_EQ(pcid_activate(&c, 1, 8), a | CR3_KEEP);
}

TEST(Pcid, changes_out_of_order_flush_everything)
{
    struct pcid_cache c = {};
    pcid_activate(&c, 1, 7);
    EXPECT_EQ(pcid_catch_up(&c, 1, true, 9, 10), PCID_FLUSH_ALL);
    EXPECT_EQ(pcid_catch_up(&c, 1, true, 8, 10), PCID_FLUSH_NONE);
    EXPECT_EQ(pcid_catch_up(&c, 1, true, 10, 10), PCID_FLUSH_NONE);
    EXPECT_EQ(pcid_catch_up(&c, 1, true, 11, 11), PCID_FLUSH_BATCH);
}

TEST(Pcid, a_change_heard_of_too_late_waits_until_the_space_comes_back)
{
    struct pcid_cache c = {};
    pcid_activate(&c, 1, 7);
    pcid_activate(&c, 2, 0);
    EXPECT_EQ(pcid_catch_up(&c, 1, false, 8, 8), PCID_FLUSH_NONE);
    EXPECT_EQ(pcid_activate(&c, 1, 8) & CR3_KEEP, 0u);
    EXPECT_EQ(pcid_catch_up(&c, 3, false, 1, 1), PCID_FLUSH_NONE) << "not known here";
}

// ---- a model of several CPUs -----------------------------------------------------------------

constexpr int ADDRESSES = 3;

struct Space {
    uint64_t number;
    uint64_t changes = 0;
    std::set<int> active;
    int entries[ADDRESSES] = {};  // a version, which each change makes one higher
    int promised[ADDRESSES] = {}; // no CPU may use an older one
};

struct Request {
    Space *space;
    int address;
    uint64_t change;
};

struct Cpu {
    struct pcid_cache cache = {};
    Space *active = nullptr, *coming = nullptr; // `coming`: has announced itself, and no more
    uint64_t tag = 0;
    std::map<std::pair<uint64_t, int>, int> tlb; // (tag, address) to version
    std::map<int, Request> inbox;                // by sender

    void forget_tag()
    {
        std::erase_if(tlb, [this](auto &e) { return e.first.first == tag; });
    }
};

// Someone who changes an entry, step by step; each CPU does one change at a time.
struct Change {
    int step = 0; // 0: none, 1: entry changed, 2: counted, 3: waiting
    Request request;
    int version;
    std::set<int> waiting_for;
};

// The CPUs do what vm_space.c and tlb.c do, in steps that mix in every order. What a CPU reads by
// its TLB must never be older than a change that is through.
class Model
{
public:
    Model(uint32_t seed, int cpus, int spaces) : random(seed), cpus(cpus), changes(cpus)
    {
        for (int i = 0; i < spaces; i++)
            this->spaces.push_back({.number = next_number++, .active = {}});
    }

    void step()
    {
        int n = below(cpus.size());
        switch (below(6)) {
        case 0:
            activate(n);
            break;
        case 1:
        case 2:
            change(n);
            break;
        case 3:
            listen(n);
            break;
        default:
            use(n);
        }
    }

    int kept = 0, used_old = 0;

private:
    int below(size_t n) { return static_cast<int>(random() % n); }

    // vm_space_activate: first it becomes active in the space's eyes, then it looks at the count.
    void activate(int n)
    {
        Cpu &cpu = cpus[n];
        if (cpu.coming == nullptr) {
            Space &s = spaces[below(spaces.size())];
            if (&s == cpu.active)
                return;
            s.active.insert(n);
            cpu.coming = &s;
            return;
        }
        uint64_t bits = pcid_activate(&cpu.cache, cpu.coming->number, cpu.coming->changes);
        Space *old = cpu.active;
        cpu.active = cpu.coming;
        cpu.coming = nullptr;
        cpu.tag = bits & ~CR3_KEEP;
        if (bits & CR3_KEEP)
            kept++;
        else
            cpu.forget_tag();
        if (old != nullptr)
            old->active.erase(n);
    }

    // tlb_sync.
    void change(int n)
    {
        Change &c = changes[n];
        switch (c.step) {
        case 0: {
            Space &s = spaces[below(spaces.size())];
            c.request = {&s, below(ADDRESSES), 0};
            c.version = ++s.entries[c.request.address];
            break;
        }
        case 1:
            c.request.change = ++c.request.space->changes;
            break;
        case 2:
            c.waiting_for = c.request.space->active;
            for (int cpu : c.waiting_for)
                cpus[cpu].inbox[n] = c.request;
            break;
        case 3:
            if (!c.waiting_for.empty())
                return;
            int &promised = c.request.space->promised[c.request.address];
            promised = std::max(promised, c.version);
            c.step = 0;
            return;
        }
        c.step++;
    }

    // The interrupt. It does not come between the two steps of activating that change the cache,
    // but may come before them.
    void listen(int n)
    {
        Cpu &cpu = cpus[n];
        if (cpu.inbox.empty())
            return;
        auto it = std::next(cpu.inbox.begin(), below(cpu.inbox.size()));
        auto [sender, r] = *it;
        cpu.inbox.erase(it);
        switch (pcid_catch_up(&cpu.cache, r.space->number, cpu.active == r.space, r.change,
                              r.space->changes)) {
        case PCID_FLUSH_NONE:
            break;
        case PCID_FLUSH_BATCH:
            cpu.tlb.erase({cpu.tag, r.address});
            break;
        case PCID_FLUSH_ALL:
            cpu.forget_tag();
            break;
        }
        changes[sender].waiting_for.erase(n);
    }

    void use(int n)
    {
        Cpu &cpu = cpus[n];
        if (cpu.active == nullptr)
            return;
        int address = below(ADDRESSES);
        auto [it, isnew] = cpu.tlb.insert({{cpu.tag, address}, cpu.active->entries[address]});
        ASSERT_GE(it->second, cpu.active->promised[address]);
        used_old += !isnew;
    }

    std::mt19937 random;
    uint64_t next_number = 1;
    std::vector<Cpu> cpus;
    std::vector<Change> changes;
    std::vector<Space> spaces;
};

TEST(Pcid, no_cpu_uses_a_translation_that_has_been_taken_back)
{
    for (uint32_t seed = 0; seed < 40; seed++) {
        for (int cpus : {1, 2, 4}) {
            for (int spaces : {2, 5, 9}) {
                Model m(seed, cpus, spaces);
                for (int i = 0; i < 6000 && !HasFatalFailure(); i++)
                    m.step();
                ASSERT_FALSE(HasFatalFailure()) << "seed " << seed << ", " << cpus << " CPUs";
                EXPECT_GT(m.kept, 0);
                EXPECT_GT(m.used_old, 0);
            }
        }
    }
}

} // namespace
