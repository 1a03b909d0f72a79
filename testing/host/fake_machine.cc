// SPDX-License-Identifier: Apache-2.0
#include "testing/host/fake_machine.h"
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/smp/call.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

namespace
{

FakeMachine *machine;
struct cpu fake_cpu;

[[noreturn]] void fail(const char *why)
{
    fprintf(stderr, "fake machine: %s\n", why);
    abort();
}

} // namespace

struct cpu_arch *cpu_arch_this(void) { return &fake_cpu.arch; }

// There is one task, which gives way to nobody.
void preempt_schedule(void) {}
void preempt_schedule_irq(void) {}

// And one CPU.
void smp_call(struct cpuset cpus, void (*fn)(void *), void *arg)
{
    if (cpuset_has(cpus, fake_cpu.id))
        fn(arg);
}

void tlb_flush_page(uint64_t address)
{
    machine->flushed.push_back(address);
    std::erase_if(machine->tlb, [&](auto &e) {
        return e.first.first == machine->tag && address - e.second.page_start < e.second.page_size;
    });
    if (machine->on_flush)
        machine->on_flush(address);
}

void mmu_flush_all(void)
{
    machine->flushed_all++;
    machine->tlb.clear();
}

void mmu_load_root(paddr_t root)
{
    machine->roots.push_back(root.raw & PTE_ADDRESS);
    machine->tag = root.raw & (PAGE_SIZE - 1);
    if (root.raw >> 63)
        machine->roots_kept++;
    else
        std::erase_if(machine->tlb, [](auto &e) { return e.first.first == machine->tag; });
}

void user_access_begin(void)
{
    if (machine->user_access)
        fail("user_access_begin twice");
    machine->user_access = true;
    machine->user_accesses++;
}

void user_access_end(void)
{
    if (!machine->user_access)
        fail("user_access_end without begin");
    machine->user_access = false;
}

// Byte by byte, so that it stops exactly where the fault is.
size_t copy_fallible(void *to, const void *from, size_t n)
{
    auto user = [](uint64_t at, bool write) {
        return machine->user_access ? machine->user_byte(at, write) : nullptr;
    };
    auto d = reinterpret_cast<uint64_t>(to), s = reinterpret_cast<uint64_t>(from);
    for (; n > 0; n--, d++, s++) {
        const uint8_t *source =
            FakeMachine::is_user(s) ? user(s, false) : reinterpret_cast<const uint8_t *>(s);
        if (source == nullptr)
            break;
        uint8_t *target = FakeMachine::is_user(d) ? user(d, true) : reinterpret_cast<uint8_t *>(d);
        if (target == nullptr)
            break;
        *target = *source;
    }
    return n;
}

bool load_u32_fallible(const uint32_t *at, uint32_t *value)
{
    return copy_fallible(value, at, sizeof(*value)) == 0;
}

bool compare_swap_u32_fallible(uint32_t *at, uint32_t *expected, uint32_t value)
{
    uint32_t there = 0;
    if (copy_fallible(&there, at, sizeof(there)) != 0)
        return false;
    // A fault if it may not be written, whatever is there (SDM Vol. 2A, CMPXCHG).
    uint32_t put = there == *expected ? value : there;
    *expected = there;
    return copy_fallible(at, &put, sizeof(put)) == 0;
}

FakeMachine::FakeMachine(uint64_t mib) : size_(mib * MIB)
{
    if (machine != nullptr || size_ > GIB)
        fail("there is one already, or it is too large");
    if (is_user(reinterpret_cast<uint64_t>(&mib)))
        fail("the stack lies where it takes addresses for the user's");
    reserved_ =
        mmap(nullptr, 2 * GIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved_ == MAP_FAILED)
        fail("no address space");
    memory_ = reinterpret_cast<uint8_t *>(align_up(reinterpret_cast<uint64_t>(reserved_), GIB));
    if (mprotect(memory_, size_, PROT_READ | PROT_WRITE) != 0)
        fail("no memory");
    memset(memory_, 0xa5, size_);
    direct_map_base = reinterpret_cast<uint64_t>(memory_);
    fake_cpu = {};
    fake_cpu.preempt = PREEMPT_UNASKED;
    if (cpu_count() == 0)
        cpu_add(&fake_cpu);
    machine = this;
}

FakeMachine::~FakeMachine()
{
    munmap(reserved_, 2 * GIB);
    direct_map_base = DIRECT_MAP_BASE;
    machine = nullptr;
}

FakeMachine &FakeMachine::current() { return *machine; }

void FakeMachine::start_pmm()
{
    struct page_range all = {1, pages()};
    struct pmm_plan plan;
    must(pmm_init(&all, 1, pages(), &plan));
}

void FakeMachine::leave_free(uint64_t n)
{
    if (free_pages() < n)
        fail("so many pages are not free");
    while (free_pages() > n) {
        struct page *page;
        must(page_alloc(PAGE_UNINIT, &page));
        taken_.push_back(page);
    }
}

void FakeMachine::give_back()
{
    for (struct page *page : taken_)
        page_put(page);
    taken_.clear();
}

// The entry that decides on `address`, and the level it is at; null if a table is missing. What
// the levels above it grant is in `*t`.
uint64_t *FakeMachine::entry_of(uint64_t root, uint64_t address, int *level, Translation *t) const
{
    *t = {.physical = 0, .page_size = 0, .entry = 0, .write = true, .user = true, .execute = true};
    uint64_t table = root;
    for (*level = 4;; (*level)--) {
        if (table % 4096 != 0 || table + 4096 > size_)
            fail("a page table outside memory");
        uint64_t index = address >> (12 + 9 * (*level - 1)) & 511;
        auto *entry = reinterpret_cast<uint64_t *>(memory_ + table) + index;
        if (!(*entry & PTE_PRESENT))
            return nullptr;
        t->write &= (*entry & PTE_WRITE) != 0;
        t->user &= (*entry & PTE_USER) != 0;
        t->execute &= (*entry & PTE_NO_EXECUTE) == 0;
        if (*level == 1 || *entry & PTE_LARGE)
            return entry;
        table = *entry & PTE_ADDRESS;
    }
}

std::optional<FakeMachine::Translation> FakeMachine::translate(uint64_t root,
                                                               uint64_t address) const
{
    int level;
    Translation t;
    const uint64_t *entry = entry_of(root, address, &level, &t);
    if (entry == nullptr)
        return std::nullopt;
    t.entry = *entry;
    t.page_size = uint64_t{4096} << 9 * (level - 1);
    uint64_t page = *entry & PTE_ADDRESS;
    if (page % t.page_size != 0)
        fail("a large page that is not aligned to its size");
    t.physical = page + address % t.page_size;
    return t;
}

void FakeMachine::recall(uint64_t address, const std::optional<Translation> &now)
{
    std::pair key{tag, address >> PAGE_SHIFT};
    uint64_t physical = now ? now->physical & ~(PAGE_SIZE - 1) : 0;
    auto it = tlb.find(key);
    if (it != tlb.end()) {
        bool user = now && now->user;
        if (!user || it->second.physical != physical || (it->second.write && !now->write))
            fail("the CPU goes by a translation that it should have been told to forget");
    } else if (now && now->user) {
        tlb[key] = {address & ~(now->page_size - 1), now->page_size, physical, now->write};
    }
}

uint8_t *FakeMachine::user_byte(uint64_t address, bool write)
{
    int level;
    Translation t;
    if (roots.empty() || !address_is_canonical(address))
        return nullptr;
    recall(address, translate(roots.back(), address));
    uint64_t *entry = entry_of(roots.back(), address, &level, &t);
    if (entry == nullptr || !t.user || (write && !t.write))
        return nullptr;
    *entry |= PTE_ACCESSED | (write ? PTE_DIRTY : 0);
    uint64_t page_size = uint64_t{4096} << 9 * (level - 1);
    return memory_ + (*entry & PTE_ADDRESS) + address % page_size;
}

bool FakeMachine::is_user(uint64_t address)
{
    return address < GIB || address >= USER_END - 4 * PAGE_SIZE;
}
