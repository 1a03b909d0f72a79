// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/vmm/pt.h"
#include "kernel/frame/vmm/tlb.h"
#include "kernel/frame/vmm/vm_space_priv.h"

// ---- whose range is it ------------------------------------------------------------------------

// The ranges that a CPU has open. Here, not in the cursors, so that one that a service forgets to
// close leaves nothing dangling.
struct open_range {
    const struct vm_space *space; // null: free
    uint64_t start, end;
};

static PERCPU(struct open_range, open_ranges[VM_CURSORS_MAX]);

static struct open_range *ranges_of(uint32_t cpu)
{
    return *percpu_on(open_ranges, cpu_block(cpu));
}

// Whether a CPU has something open in the range.
static bool is_open(const struct vm_space *space, uint32_t cpu, uint64_t start, uint64_t end)
{
    const struct open_range *r = ranges_of(cpu);
    for (size_t i = 0; i < VM_CURSORS_MAX; i++) {
        if (r[i].space == space && start < r[i].end && r[i].start < end)
            return true;
    }
    return false;
}

// Takes the range if no CPU has a part of it.
static bool try_open(struct vm_space *space, uint64_t start, uint64_t end) REQUIRES(lc_vm_space)
{
    uint32_t self = cpu_this()->id;
    struct cpuset others = cpuset_without(cpuset_atomic_read(&space->cursors), self);
    for (uint32_t cpu; cpuset_take(&others, &cpu);) {
        if (is_open(space, cpu, start, end))
            return false;
    }
    if (is_open(space, self, start, end))
        panic("a CPU opens a cursor where it has one already");
    struct open_range *r = ranges_of(self);
    for (size_t i = 0; i < VM_CURSORS_MAX; i++) {
        if (r[i].space == nullptr) {
            r[i] = (struct open_range){space, start, end};
            cpuset_atomic_add(&space->cursors, self);
            return true;
        }
    }
    panic("a CPU opens more cursors than it may have");
}

enum err vm_cursor_open(struct vm_space *space, uaddr_t start, uaddr_t end, struct vm_cursor *c)
{
    if (((start.raw | end.raw) & PAGE_MASK) != 0 || start.raw < USER_START || end.raw > USER_END ||
        start.raw >= end.raw)
        return ERR_INVAL;
    preempt_disable();
    for (;;) {
        vm_space_lock(space);
        bool opened = try_open(space, start.raw, end.raw);
        vm_space_unlock(space);
        if (opened)
            break;
        cpu_pause();
    }
    *c = (struct vm_cursor){.space = space, .start = start.raw, .end = end.raw, .at = start.raw};
    return ERR_OK;
}

void vm_cursor_close(struct vm_cursor *c)
{
    ASSERT(c->space != nullptr);
    struct open_range *r = ranges_of(cpu_this()->id);
    bool found = false, others = false;
    vm_space_lock(c->space);
    for (size_t i = 0; i < VM_CURSORS_MAX; i++) {
        if (r[i].space != c->space)
            continue;
        if (r[i].start == c->start) {
            r[i] = (struct open_range){};
            found = true;
        } else {
            others = true;
        }
    }
    ASSERT(found);
    if (!others)
        cpuset_atomic_remove(&c->space->cursors, cpu_this()->id);
    vm_space_unlock(c->space);
    *c = (struct vm_cursor){};
    preempt_enable();
}

// ---- entries --------------------------------------------------------------------------------

uaddr_t vm_cursor_address(const struct vm_cursor *c) { return (uaddr_t){c->at}; }

enum err vm_cursor_jump(struct vm_cursor *c, uaddr_t to)
{
    if ((to.raw & PAGE_MASK) != 0 || to.raw < c->start || to.raw > c->end)
        return ERR_INVAL;
    c->at = to.raw;
    return ERR_OK;
}

// The CPU sets accessed and dirty bits by itself at any time.
static uint64_t load(const uint64_t *entry) { return __atomic_load_n(entry, __ATOMIC_RELAXED); }

// What holds a page at an address: an entry of level 1, or of level 2 for a large page.
struct place {
    uint64_t *entry; // null: there is no table
    int level;
};

static struct place find(const struct vm_cursor *c)
{
    paddr_t root = page_paddr(c->space->root);
    uint64_t *entry = pt_find(root, c->at, 2);
    if (entry == nullptr || (load(entry) & PTE_LARGE) != 0)
        return (struct place){entry, 2};
    return (struct place){pt_find(root, c->at, 1), 1};
}

static bool holds_page(struct place p)
{
    return p.entry != nullptr && (load(p.entry) & PTE_HOLDS_PAGE) != 0;
}

static uint64_t perm_bits(uint8_t perm)
{
    uint64_t bits = PTE_USER | PTE_HOLDS_PAGE;
    if (perm != VM_NONE)
        bits |= PTE_PRESENT;
    if (perm & VM_WRITE)
        bits |= PTE_WRITE;
    if (!(perm & VM_EXEC))
        bits |= PTE_NO_EXECUTE;
    return bits;
}

static uint64_t prop_bits(struct page_prop prop)
{
    return perm_bits(prop.perm) | (prop.accessed ? PTE_ACCESSED : 0) |
           (prop.dirty ? PTE_DIRTY : 0) | (prop.soft ? PTE_SOFT : 0);
}

static uint8_t perm_of(uint64_t entry)
{
    if (!(entry & PTE_PRESENT))
        return VM_NONE;
    return (uint8_t)(VM_READ | (entry & PTE_WRITE ? VM_WRITE : 0) |
                     (entry & PTE_NO_EXECUTE ? 0 : VM_EXEC));
}

static struct page *page_of(uint64_t entry) { return page_at((paddr_t){entry & PTE_ADDRESS}); }

struct page *vm_cursor_query(const struct vm_cursor *c, struct page_prop *prop)
{
    *prop = (struct page_prop){};
    struct place p = find(c);
    if (c->at == c->end || !holds_page(p))
        return nullptr;
    uint64_t entry = load(p.entry);
    *prop = (struct page_prop){
        .perm = perm_of(entry),
        .accessed = entry & PTE_ACCESSED,
        .dirty = entry & PTE_DIRTY,
        .soft = entry & PTE_SOFT,
    };
    return page_of(entry) + (p.level == 2 ? pt_index(c->at, 1) : 0);
}

enum err vm_cursor_map(struct vm_cursor *c, struct page *page, struct page_prop prop)
{
    ASSERT(c->at < c->end);
    ASSERT(page->kind == PAGE_USER);
    uint64_t *entry;
    enum err err = pt_reach(page_paddr(c->space->root), c->at, 1, PTE_USER | PTE_WRITE, &entry);
    if (err != ERR_OK)
        return err;
    ASSERT(*entry == 0);
    __atomic_store_n(entry, page_paddr(page).raw | prop_bits(prop), __ATOMIC_RELEASE);
    c->at += PAGE_SIZE;
    return ERR_OK;
}

// ---- large pages ----------------------------------------------------------------------------

// A large page's first page keeps a table, so that splitting it later cannot fail.
static void deposit(struct page *first, struct page *table) { first->owner = (uint64_t)table; }

static struct page *withdraw(struct page *first)
{
    struct page *table = (struct page *)first->owner;
    first->owner = 0;
    return table;
}

void vm_entry_put(uint64_t entry)
{
    struct page *first = page_of(entry);
    size_t count = 1;
    if ((entry & PTE_LARGE) != 0) {
        page_free_kernel(withdraw(first), 0);
        count = VM_LARGE_PAGES;
    }
    for (size_t i = 0; i < count; i++)
        page_put(first + i);
}

enum err vm_cursor_map_large(struct vm_cursor *c, struct page_run *run, struct page_prop prop)
{
    if (run->count != VM_LARGE_PAGES || (c->at & (pt_span(2) - 1)) != 0 ||
        (page_paddr(run->first).raw & (pt_span(2) - 1)) != 0)
        return ERR_INVAL;
    ASSERT(c->end - c->at >= pt_span(2));
    struct page *table;
    uint64_t *entry;
    enum err err = page_alloc_kernel(0, &table);
    if (err != ERR_OK)
        return err;
    err = pt_reach(page_paddr(c->space->root), c->at, 2, PTE_USER | PTE_WRITE, &entry);
    if (err == ERR_OK && *entry != 0) {
        // A table of earlier small pages. It serves if it is in use, and goes back if not.
        err = ERR_BUSY;
    }
    if (err != ERR_OK) {
        page_free_kernel(table, 0);
        return err;
    }
    deposit(run->first, table);
    __atomic_store_n(entry, page_paddr(run->first).raw | prop_bits(prop) | PTE_LARGE,
                     __ATOMIC_RELEASE);
    c->at += pt_span(2);
    *run = (struct page_run){};
    return ERR_OK;
}

// Replaces a large page by a table of small ones that say the same. The CPU may go on by either.
static void split(uint64_t *entry)
{
    uint64_t large = load(entry);
    struct page *first = page_of(large), *table = withdraw(first);
    uint64_t *entries = page_virt(table);
    for (;;) {
        for (unsigned i = 0; i < PT_ENTRIES; i++)
            entries[i] = (large & ~PTE_LARGE) + i * PAGE_SIZE;
        uint64_t made = page_paddr(table).raw | PTE_PRESENT | PTE_USER | PTE_WRITE;
        // Again if the CPU has set a bit meanwhile.
        if (__atomic_compare_exchange_n(entry, &large, made, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            return;
    }
}

// ---- changes --------------------------------------------------------------------------------

// From an address that no table of the lowest level covers, to where the next one may begin.
static uint64_t behind_gap(paddr_t root, uint64_t at)
{
    int level = PT_LEVELS;
    while (*pt_find(root, at, level) != 0)
        level--;
    return align_down(at, pt_span(level)) + pt_span(level);
}

// Moves to the next place that holds a page, before `stop`; false, and to `stop`, if there is
// none.
static bool next_place(struct vm_cursor *c, uint64_t stop, struct place *p)
{
    while (c->at < stop) {
        *p = find(c);
        if (holds_page(*p))
            return true;
        c->at = p->entry == nullptr ? min_u64(stop, behind_gap(page_paddr(c->space->root), c->at))
                                    : c->at + PAGE_SIZE;
    }
    return false;
}

bool vm_cursor_find_next(struct vm_cursor *c)
{
    struct place p;
    return next_place(c, c->end, &p);
}

// Like next_place, and what it finds lies wholly before `stop`: a large page that does not is
// split first.
static bool next_whole(struct vm_cursor *c, uint64_t stop, struct place *p)
{
    if (!next_place(c, stop, p))
        return false;
    uint64_t span = pt_span(p->level);
    if (p->level == 2 && ((c->at & (span - 1)) != 0 || stop - c->at < span)) {
        split(p->entry);
        *p = find(c);
    }
    return true;
}

static size_t pages_at(struct place p) { return pt_span(p.level) >> PAGE_SHIFT; }

size_t vm_cursor_unmap(struct vm_cursor *c, size_t pages)
{
    ASSERT(pages <= (c->end - c->at) >> PAGE_SHIFT);
    uint64_t stop = c->at + (pages << PAGE_SHIFT);
    struct tlb_batch batch;
    struct place p;
    size_t count = 0;
    tlb_batch_init(&batch, c->space);
    while (next_whole(c, stop, &p)) {
        uint64_t entry = __atomic_exchange_n(p.entry, 0, __ATOMIC_ACQ_REL);
        struct page *first = page_of(entry);
        if (p.level == 2)
            page_free_kernel(withdraw(first), 0);
        tlb_issue_with(&batch, c->at, first, pages_at(p));
        count += pages_at(p);
        c->at += pt_span(p.level);
    }
    tlb_sync(&batch);
    return count;
}

// Replaces the bits in `mask` by `bits`; those that the CPU sets meanwhile stay.
static void change(uint64_t *entry, uint64_t mask, uint64_t bits)
{
    uint64_t old = load(entry);
    while (!__atomic_compare_exchange_n(entry, &old, (old & ~mask) | bits, true, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED)) {
    }
}

constexpr uint64_t PERM_MASK = PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_NO_EXECUTE;

size_t vm_cursor_protect(struct vm_cursor *c, size_t pages, uint8_t perm)
{
    ASSERT(pages <= (c->end - c->at) >> PAGE_SHIFT);
    uint64_t stop = c->at + (pages << PAGE_SHIFT);
    struct tlb_batch batch;
    struct place p;
    size_t count = 0;
    tlb_batch_init(&batch, c->space);
    while (next_whole(c, stop, &p)) {
        change(p.entry, PERM_MASK, perm_bits(perm));
        tlb_issue(&batch, c->at);
        count += pages_at(p);
        c->at += pt_span(p.level);
    }
    tlb_sync(&batch);
    return count;
}

enum err vm_cursor_set(struct vm_cursor *c, struct page_prop prop)
{
    struct place p;
    ASSERT(c->at < c->end);
    uint64_t at = c->at;
    if (!next_whole(c, at + PAGE_SIZE, &p)) {
        c->at = at;
        return ERR_NOENT;
    }
    struct tlb_batch batch;
    tlb_batch_init(&batch, c->space);
    change(p.entry, PERM_MASK | PTE_ACCESSED | PTE_DIRTY | PTE_SOFT, prop_bits(prop));
    tlb_issue(&batch, at);
    tlb_sync(&batch);
    c->at += PAGE_SIZE;
    return ERR_OK;
}

// One mapped page. What the entry says is settled before it is copied.
static enum err share_page(struct vm_cursor *from, struct vm_cursor *to, struct place p,
                           bool drop_write, struct tlb_batch *batch)
{
    uint64_t *entry;
    enum err err = pt_reach(page_paddr(to->space->root), to->at, 1, PTE_USER | PTE_WRITE, &entry);
    if (err != ERR_OK)
        return err;
    ASSERT(*entry == 0);
    if (drop_write && (load(p.entry) & PTE_WRITE) != 0) {
        change(p.entry, PTE_WRITE, PTE_SOFT);
        tlb_issue(batch, from->at);
    }
    page_get(page_of(load(p.entry)));
    __atomic_store_n(entry, load(p.entry), __ATOMIC_RELEASE);
    return ERR_OK;
}

enum err vm_cursor_share(struct vm_cursor *from, struct vm_cursor *to, size_t pages,
                         bool drop_write)
{
    ASSERT(pages <= (from->end - from->at) >> PAGE_SHIFT);
    ASSERT(pages <= (to->end - to->at) >> PAGE_SHIFT);
    uint64_t stop = from->at + (pages << PAGE_SHIFT), distance = to->at - from->at;
    struct tlb_batch batch;
    struct place p;
    enum err err = ERR_OK;
    tlb_batch_init(&batch, from->space);
    while (err == ERR_OK && next_place(from, stop, &p)) {
        // A large page's table, which splitting it takes, is there once only.
        if (p.level == 2) {
            split(p.entry);
            continue;
        }
        to->at = from->at + distance;
        err = share_page(from, to, p, drop_write, &batch);
        if (err == ERR_OK)
            from->at += PAGE_SIZE;
    }
    tlb_sync(&batch);
    to->at = from->at + distance;
    return err;
}
