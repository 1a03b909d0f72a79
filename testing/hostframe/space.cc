// SPDX-License-Identifier: Apache-2.0
// Address spaces: page tables of four levels as the hardware's are, of host pointers, changed and
// walked without locks. A copy keeps what it found from being freed, as a CPU's TLB does.
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/arch/x86_64/trap_regs.h"
#include "testing/hostframe/machine.h"
#include <new>
#include <sched.h>
#include <shared_mutex>

using hostframe::page_in;
using hostframe::state;

// Of an entry: the permissions as enum vm_perm, and the bits that go with a page. At level 2, that
// the table below stands for one large page.
constexpr uint64_t PERM = VM_READ | VM_WRITE | VM_EXEC;
constexpr uint64_t ACCESSED = 8, DIRTY = 16, SOFT = 32, BITS = 63;
constexpr uint64_t LARGE = 1;

struct table {
    std::atomic<uint64_t> entry[PT_ENTRIES];
};

using Entry = std::atomic<uint64_t>;

// A range that a thread has open.
struct open_range {
    struct list link; // in its space's list
    const struct cpu *who;
    uint64_t start, end;
};

struct vm_space {
    std::atomic<uint32_t> refs{1};
    struct table *root;
    std::shared_mutex reach; // held by copies while they use what they found
    std::mutex mutex;
    struct list open = LIST_INIT(open); // ranges; under the mutex
};

static struct table *table_alloc(void)
{
    void *at = hostframe::live_alloc(LIVE_TABLE, sizeof(struct table), PAGE_SIZE, nullptr);
    return at != nullptr ? new (at) table() : nullptr;
}

static struct table *table_of(uint64_t entry)
{
    return reinterpret_cast<struct table *>(entry & ~BITS);
}

static struct page *page_of(uint64_t entry)
{
    return reinterpret_cast<struct page *>(entry & ~BITS);
}

// The entry for an address at a level; null if a table is missing.
static Entry *find(const struct vm_space *space, uint64_t at, int level)
{
    struct table *t = space->root;
    for (int l = PT_LEVELS; l > level; l--) {
        t = table_of(t->entry[pt_index(at, l)].load(std::memory_order_acquire));
        if (t == nullptr)
            return nullptr;
    }
    return &t->entry[pt_index(at, level)];
}

// The same, making the missing tables; null if there is no memory for one.
static Entry *reach(struct vm_space *space, uint64_t at, int level)
{
    struct table *t = space->root;
    for (int l = PT_LEVELS; l > level; l--) {
        Entry &e = t->entry[pt_index(at, l)];
        if (e.load(std::memory_order_acquire) == 0) {
            struct table *fresh = table_alloc();
            uint64_t none = 0;
            if (fresh == nullptr)
                return nullptr;
            // Another task may be making the same table, for a neighbouring range.
            if (!e.compare_exchange_strong(none, reinterpret_cast<uint64_t>(fresh)))
                hostframe::live_free(fresh);
        }
        t = table_of(e.load(std::memory_order_acquire));
    }
    return &t->entry[pt_index(at, level)];
}

enum err vm_space_create(struct vm_space **out)
{
    void *at = hostframe::live_alloc(LIVE_SPACE, sizeof(struct vm_space), sizeof(struct vm_space),
                                     nullptr);
    if (at == nullptr)
        return ERR_NOMEM;
    struct table *root = table_alloc();
    if (root == nullptr) {
        hostframe::live_free(at);
        return ERR_NOMEM;
    }
    auto *space = new (at) struct vm_space;
    space->root = root;
    *out = space;
    return ERR_OK;
}

void vm_space_get(struct vm_space *space)
{
    uint32_t before = space->refs.fetch_add(1, std::memory_order_relaxed);
    ASSERT(before != 0 && before != UINT32_MAX);
}

static void free_table(struct table *t, int level)
{
    for (Entry &e : t->entry) {
        uint64_t entry = e.load(std::memory_order_relaxed);
        if (entry != 0 && level == 1)
            page_put(page_of(entry));
        else if (entry != 0)
            free_table(table_of(entry), level - 1);
    }
    hostframe::live_free(t);
}

void vm_space_put(struct vm_space *space)
{
    uint32_t before = space->refs.fetch_sub(1, std::memory_order_acq_rel);
    ASSERT(before != 0);
    if (before != 1)
        return;
    ASSERT(list_is_empty(&space->open) || state->off);
    free_table(space->root, PT_LEVELS);
    space->~vm_space();
    hostframe::live_free(space);
}

void vm_space_activate(struct vm_space *space)
{
    struct cpu *cpu = cpu_this();
    struct vm_space *old = cpu->active;
    if (old == space)
        return;
    if (space != nullptr)
        vm_space_get(space);
    cpu->active = space;
    if (old != nullptr)
        vm_space_put(old);
}

// ---- cursors ---------------------------------------------------------------------------------

static thread_local open_range mine[VM_CURSORS_MAX];

// Takes the range if no other task has a part of it.
static bool try_open(struct vm_space *space, uint64_t start, uint64_t end)
{
    std::lock_guard l(space->mutex);
    for (struct list *i = space->open.next; i != &space->open; i = i->next) {
        const open_range *r = LIST_ENTRY(i, open_range, link);
        if (r->end <= start || end <= r->start)
            continue;
        if (r->who == cpu_this())
            panic("a CPU opens a cursor where it has one already");
        return false;
    }
    for (open_range &r : mine) {
        if (r.who == nullptr) {
            r = {{}, cpu_this(), start, end};
            list_push_back(&space->open, &r.link);
            return true;
        }
    }
    panic("a CPU opens more cursors than it may have");
}

// The running thread's, if it has that one open.
static open_range *range_of(const struct vm_cursor *c)
{
    for (struct list *i = c->space->open.next; i != &c->space->open; i = i->next) {
        open_range *r = LIST_ENTRY(i, open_range, link);
        if (r->who == cpu_this() && r->start == c->start)
            return r;
    }
    return nullptr;
}

enum err vm_cursor_open(struct vm_space *space, uaddr_t start, uaddr_t end, struct vm_cursor *c)
{
    if (((start.raw | end.raw) & PAGE_MASK) != 0 || start.raw < USER_START || end.raw > USER_END ||
        start.raw >= end.raw)
        return ERR_INVAL;
    preempt_disable();
    while (!try_open(space, start.raw, end.raw)) {
        sched_yield();
        hostframe::stop_if_off();
    }
    *c = {space, start.raw, end.raw, start.raw};
    return ERR_OK;
}

void vm_cursor_close(struct vm_cursor *c)
{
    ASSERT(c->space != nullptr);
    {
        std::lock_guard l(c->space->mutex);
        open_range *r = range_of(c);
        ASSERT(r != nullptr);
        list_remove(&r->link);
        *r = {};
    }
    *c = {};
    preempt_enable();
}

uaddr_t vm_cursor_address(const struct vm_cursor *c) { return {c->at}; }

enum err vm_cursor_jump(struct vm_cursor *c, uaddr_t to)
{
    if ((to.raw & PAGE_MASK) != 0 || to.raw < c->start || to.raw > c->end)
        return ERR_INVAL;
    c->at = to.raw;
    return ERR_OK;
}

// As the hardware has it: what may be written or executed can be read.
static uint64_t bits_of(struct page_prop p)
{
    uint64_t perm = p.perm & PERM;
    return perm | (perm != 0 ? VM_READ : 0) | (p.accessed ? ACCESSED : 0) | (p.dirty ? DIRTY : 0) |
           (p.soft ? SOFT : 0);
}

struct page *vm_cursor_query(const struct vm_cursor *c, struct page_prop *prop)
{
    *prop = {};
    Entry *e = c->at < c->end ? find(c->space, c->at, 1) : nullptr;
    uint64_t entry = e != nullptr ? e->load(std::memory_order_acquire) : 0;
    if (entry == 0)
        return nullptr;
    *prop = {static_cast<uint8_t>(entry & PERM), (entry & ACCESSED) != 0, (entry & DIRTY) != 0,
             (entry & SOFT) != 0};
    return page_of(entry);
}

enum err vm_cursor_map(struct vm_cursor *c, struct page *page, struct page_prop prop)
{
    ASSERT(c->at < c->end);
    ASSERT(page_refs(page) != 0);
    Entry *e = reach(c->space, c->at, 1);
    if (e == nullptr)
        return ERR_NOMEM;
    ASSERT(*e == 0);
    e->store(reinterpret_cast<uint64_t>(page) | bits_of(prop), std::memory_order_release);
    c->at += PAGE_SIZE;
    return ERR_OK;
}

enum err vm_cursor_map_large(struct vm_cursor *c, struct page_run *run, struct page_prop prop)
{
    uint64_t span = pt_span(2);
    if (run->count != VM_LARGE_PAGES || (c->at & (span - 1)) != 0)
        return ERR_INVAL;
    ASSERT(c->end - c->at >= span);
    struct table *t = table_alloc();
    if (t == nullptr)
        return ERR_NOMEM;
    Entry *e = reach(c->space, c->at, 2);
    if (e == nullptr || *e != 0) {
        hostframe::live_free(t);
        return e == nullptr ? ERR_NOMEM : ERR_BUSY;
    }
    for (size_t i = 0; i < PT_ENTRIES; i++)
        t->entry[i].store(reinterpret_cast<uint64_t>(page_in(run, i)) | bits_of(prop));
    e->store(reinterpret_cast<uint64_t>(t) | LARGE, std::memory_order_release);
    c->at += span;
    *run = {};
    return ERR_OK;
}

// Moves to the next page that is mapped before `stop`; null, and to `stop`, if there is none.
static Entry *next_page(struct vm_cursor *c, uint64_t stop)
{
    while (c->at < stop) {
        int level = PT_LEVELS;
        Entry *e;
        while ((e = find(c->space, c->at, level))->load(std::memory_order_acquire) != 0) {
            if (level == 1)
                return e;
            level--;
        }
        c->at = min_u64(stop, align_down(c->at, pt_span(level)) + pt_span(level));
    }
    return nullptr;
}

bool vm_cursor_find_next(struct vm_cursor *c) { return next_page(c, c->end) != nullptr; }

// No copy goes by what was there before.
static void sync(struct vm_space *space) { std::lock_guard l(space->reach); }

// Of a change of [at, stop): a large page that lies only partly in it is none any more.
static void split_at(struct vm_space *space, uint64_t at, uint64_t stop)
{
    for (uint64_t edge : {at, stop}) {
        Entry *e = (edge & (pt_span(2) - 1)) != 0 ? find(space, edge, 2) : nullptr;
        if (e != nullptr)
            e->fetch_and(~LARGE);
    }
}

// Tables of large pages that are gone go too.
static void drop_large_tables(struct vm_space *space, uint64_t at, uint64_t stop)
{
    for (at = align_up(at, pt_span(2)); at < stop && pt_span(2) <= stop - at; at += pt_span(2)) {
        Entry *e = find(space, at, 2);
        if (e == nullptr || (*e & LARGE) == 0)
            continue;
        struct table *t = table_of(e->exchange(0));
        sync(space);
        hostframe::live_free(t);
    }
}

size_t vm_cursor_unmap(struct vm_cursor *c, size_t pages)
{
    ASSERT(pages <= (c->end - c->at) >> PAGE_SHIFT);
    uint64_t start = c->at, stop = start + (pages << PAGE_SHIFT);
    std::vector<struct page *> gone;
    if (pages != 0)
        split_at(c->space, start, stop);
    for (Entry *e; (e = next_page(c, stop)) != nullptr; c->at += PAGE_SIZE)
        gone.push_back(page_of(e->exchange(0, std::memory_order_acq_rel)));
    sync(c->space);
    for (struct page *page : gone)
        page_put(page);
    if (!gone.empty())
        drop_large_tables(c->space, start, stop);
    return gone.size();
}

static void change(Entry *e, uint64_t mask, uint64_t bits)
{
    uint64_t old = e->load(std::memory_order_relaxed);
    while (!e->compare_exchange_weak(old, (old & ~mask) | bits))
        continue;
}

size_t vm_cursor_protect(struct vm_cursor *c, size_t pages, uint8_t perm)
{
    ASSERT(pages <= (c->end - c->at) >> PAGE_SHIFT);
    uint64_t stop = c->at + (pages << PAGE_SHIFT);
    size_t count = 0;
    if (pages != 0)
        split_at(c->space, c->at, stop);
    for (Entry *e; (e = next_page(c, stop)) != nullptr; c->at += PAGE_SIZE, count++)
        change(e, PERM, bits_of({perm, false, false, false}));
    sync(c->space);
    return count;
}

enum err vm_cursor_set(struct vm_cursor *c, struct page_prop prop)
{
    ASSERT(c->at < c->end);
    Entry *e = find(c->space, c->at, 1);
    if (e == nullptr || *e == 0)
        return ERR_NOENT;
    split_at(c->space, c->at, c->at + PAGE_SIZE);
    find(c->space, c->at, 2)->fetch_and(~LARGE);
    change(e, BITS, bits_of(prop));
    sync(c->space);
    c->at += PAGE_SIZE;
    return ERR_OK;
}

// One mapped page.
static enum err share_page(Entry *e, struct vm_cursor *to, bool drop_write)
{
    Entry *copy = reach(to->space, to->at, 1);
    if (copy == nullptr)
        return ERR_NOMEM;
    ASSERT(*copy == 0);
    if (drop_write && (*e & VM_WRITE) != 0)
        change(e, VM_WRITE, SOFT);
    page_get(page_of(*e));
    copy->store(*e, std::memory_order_release);
    return ERR_OK;
}

enum err vm_cursor_share(struct vm_cursor *from, struct vm_cursor *to, size_t pages,
                         bool drop_write)
{
    ASSERT(pages <= (from->end - from->at) >> PAGE_SHIFT);
    ASSERT(pages <= (to->end - to->at) >> PAGE_SHIFT);
    uint64_t stop = from->at + (pages << PAGE_SHIFT), distance = to->at - from->at;
    enum err err = ERR_OK;
    for (Entry *e; err == ERR_OK && (e = next_page(from, stop)) != nullptr;) {
        // A large page becomes small ones.
        find(from->space, from->at, 2)->fetch_and(~LARGE);
        to->at = from->at + distance;
        err = share_page(e, to, drop_write);
        if (err == ERR_OK)
            from->at += PAGE_SIZE;
    }
    sync(from->space);
    to->at = from->at + distance;
    return err;
}

// ---- accesses --------------------------------------------------------------------------------

// As a CPU does it: only in an entry that is still what it was. False: it is to be looked up again.
static bool note_use(Entry *e, uint64_t entry, uint8_t needs)
{
    uint64_t used = entry | ACCESSED | (needs & VM_WRITE ? DIRTY : 0);
    return e->compare_exchange_strong(entry, used, std::memory_order_relaxed);
}

uint64_t hostframe::user_access(struct vm_space *space, uint64_t at, uint8_t needs, void *to,
                                const void *from, size_t n)
{
    uint64_t error =
        (needs & VM_WRITE ? PAGE_FAULT_WRITE : 0) | (needs & VM_EXEC ? PAGE_FAULT_FETCH : 0);
    std::shared_lock l(space->reach);
    Entry *e = at < USER_END ? find(space, at, 1) : nullptr;
    uint64_t entry;
    do {
        entry = e != nullptr ? e->load(std::memory_order_acquire) : 0;
        if ((entry & PERM) == 0)
            return error;
        if ((entry & needs) != needs)
            return error | PAGE_FAULT_PRESENT;
    } while (!note_use(e, entry, needs));
    uint8_t *bytes = page_bytes(page_of(entry)) + (at & PAGE_MASK);
    if (to != nullptr)
        hidden_copy(to, bytes, n);
    else if (from != nullptr)
        hidden_copy(bytes, from, n);
    return NO_FAULT;
}

bool hostframe::user_word(struct vm_space *space, uint64_t at, uint32_t *expected,
                          const uint32_t *value)
{
    uint8_t needs = value != nullptr ? VM_READ | VM_WRITE : VM_READ;
    std::shared_lock l(space->reach);
    Entry *e = find(space, at, 1);
    uint64_t entry;
    do {
        entry = e != nullptr ? e->load(std::memory_order_acquire) : 0;
        if ((entry & needs) != needs)
            return false;
    } while (!note_use(e, entry, needs));
    auto *word = reinterpret_cast<uint32_t *>(page_bytes(page_of(entry)) + (at & PAGE_MASK));
    if (value == nullptr)
        *expected = __atomic_load_n(word, __ATOMIC_SEQ_CST);
    else
        __atomic_compare_exchange_n(word, expected, *value, false, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST);
    return true;
}
