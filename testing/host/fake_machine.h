// SPDX-License-Identifier: Apache-2.0
// A machine for unit tests: physical memory in an array, and what the frame's C code asks of
// the CPU, written down instead of done. It supplies the functions that arch/x86_64's headers
// declare for the host and leave to the tests.
#pragma once
#include "kernel/frame/pmm/pmm.h"
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

// There is one at a time.
class FakeMachine
{
public:
    // `mib` MiB of memory, at most 1024, from physical address 0 on. All of it is junk, and
    // what lies beyond it faults. The direct map leads to it, at a multiple of 1 GiB.
    explicit FakeMachine(uint64_t mib);
    ~FakeMachine();
    FakeMachine(const FakeMachine &) = delete;
    FakeMachine &operator=(const FakeMachine &) = delete;

    static FakeMachine &current();

    // Gives all memory but page 0 to pmm.
    void start_pmm();

    uint64_t pages() const { return size_ >> PAGE_SHIFT; }
    uint8_t *memory() { return memory_; }

    uint64_t free_pages() const { return pmm_stats().free; }

    // Allocates pages until exactly `n` are free, then gives those back again.
    void leave_free(uint64_t n);
    void give_back();

    // What the CPU was told, in order: the addresses of tlb_flush_page, and the physical
    // addresses of mmu_load_root. The last root is the one translations go by, and `tag` came with
    // it.
    std::vector<uint64_t> flushed;
    std::vector<uint64_t> roots;
    uint64_t tag = 0;
    unsigned roots_kept = 0;  // loads that kept the tag's translations
    unsigned flushed_all = 0; // calls of mmu_flush_all

    // Called by tlb_flush_page, to look at things as they are at that moment.
    std::function<void(uint64_t address)> on_flush;

    // Between user_access_begin and _end. Outside, copy_fallible faults on user addresses: the
    // machine has SMAP.
    bool user_access = false;
    int user_accesses = 0; // begun so far

    // What the page tables say of an address: a walk of its own, that shares no code with what
    // is tested. The permissions are those that every level grants.
    struct Translation {
        uint64_t physical;
        uint64_t page_size;
        uint64_t entry; // the last one
        bool write, user, execute;
    };
    std::optional<Translation> translate(uint64_t root, uint64_t address) const;

    // As a user program's access would: null if it faults, else where the byte is. Sets
    // accessed and dirty bits. The CPU remembers translations by tag, and the test ends if it
    // should have been told to forget the one it would go by.
    uint8_t *user_byte(uint64_t address, bool write);

    // The addresses that copy_fallible takes for the user's: low ones, and the last pages of user
    // space. A host program has nothing there.
    static bool is_user(uint64_t address);

    // What the CPU remembers of a page of the user's.
    struct Remembered {
        uint64_t page_start, page_size, physical;
        bool write;
    };
    std::map<std::pair<uint64_t, uint64_t>, Remembered> tlb; // by tag and 4 KiB page

private:
    void recall(uint64_t address, const std::optional<Translation> &now);

    uint64_t *entry_of(uint64_t root, uint64_t address, int *level, Translation *t) const;

    void *reserved_;
    uint8_t *memory_;
    uint64_t size_;
    std::vector<struct page *> taken_;
};
