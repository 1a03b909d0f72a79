// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/mm/mm.h"
#include "kernel/linux/mm/mm_priv.h"
#include "kernel/linux/mm/vm_object.h"

// The lowest address that may be mapped (vm.mmap_min_addr).
constexpr uint64_t MMAP_FLOOR = 0x10000;

// How far a stack may grow that nobody has set a limit for.
constexpr uint64_t STACK_LIMIT = 8 * MIB;

// Where MAP_32BIT puts what has no place (mmap(2)): in the upper half of what 31 bits can name.
constexpr uint64_t LOW_START = 1 * GIB, LOW_END = 2 * GIB;

HEAP_DEFINE(mm, struct mm);

static uint64_t serials; // atomic

enum err mm_create(struct mm **out)
{
    struct mm *mm = mm_new();
    if (mm == nullptr)
        return ERR_NOMEM;
    enum err err = vm_space_create(&mm->space);
    if (err != ERR_OK) {
        mm_delete(mm);
        return err;
    }
    refcount_init(&mm->refs);
    mm->serial = atomic_add(&serials, 1);
    mm->marks = MM_DUMPABLE;
    mm_write_lock(mm);
    mm->areas.floor = MMAP_FLOOR;
    mm->areas.ceiling = USER_END;
    mm->top = USER_END;
    mm->limits = (struct mm_limits){
        .stack = STACK_LIMIT,
        .data = UINT64_MAX,
        .space = UINT64_MAX,
        .locked = UINT64_MAX,
    };
    mm_write_unlock(mm);
    *out = mm;
    return ERR_OK;
}

void mm_get(struct mm *mm) { refcount_get(&mm->refs); }

bool mm_is_shared(const struct mm *mm) { return refcount_read(&mm->refs) > 1; }

void mm_put(struct mm *mm)
{
    if (!refcount_put(&mm->refs))
        return;
    mm_write_lock(mm);
    for (struct area *x; (x = area_tree_first(&mm->areas.tree)) != nullptr;)
        areas_remove(&mm->areas, x);
    mm_write_unlock(mm);
    vm_space_put(mm->space);
    mm_delete(mm);
}

struct vm_space *mm_space(const struct mm *mm) { return mm->space; }

uint64_t mm_mapped_pages(struct mm *mm)
{
    mm_read_lock(mm);
    uint64_t pages = mm->areas.pages;
    mm_read_unlock(mm);
    return pages;
}

bool mm_is_marked(const struct mm *mm, uint32_t mark)
{
    return (load_acquire(&mm->marks) & mark) != 0;
}

void mm_mark(struct mm *mm, uint32_t mark, bool on)
{
    if (on)
        atomic_or(&mm->marks, mark);
    else
        atomic_and(&mm->marks, ~mark);
}

uint64_t mm_serial(const struct mm *mm) { return mm->serial; }

void mm_set_limits(struct mm *mm, const struct mm_limits *limits)
{
    mm_write_lock(mm);
    mm->limits = *limits;
    mm_write_unlock(mm);
}

bool mm_may_have(const struct mm *mm, const struct area_kind *kind, uint64_t pages)
{
    if (mm->areas.pages + pages > mm->limits.space >> PAGE_SHIFT)
        return false;
    return !area_kind_is_data(kind) ||
           mm->areas.data_pages + pages <= mm->limits.data >> PAGE_SHIFT;
}

bool mm_may_lock(const struct mm *mm, uint8_t flags, uint64_t pages)
{
    return (flags & AREA_LOCKED) == 0 ||
           mm->areas.locked_pages + pages <= mm->limits.locked >> PAGE_SHIFT;
}

// ---- changing the map ------------------------------------------------------------------------

void mm_drop_pages(struct mm *mm, uint64_t start, uint64_t end)
{
    struct vm_cursor c;
    must(vm_cursor_open(mm->space, (uaddr_t){start}, (uaddr_t){end}, &c));
    vm_cursor_unmap(&c, (end - start) >> PAGE_SHIFT);
    vm_cursor_close(&c);
}

enum err mm_split_ends(struct mm *mm, uint64_t start, uint64_t end)
{
    enum err err = areas_split(&mm->areas, start);
    return err == ERR_OK ? areas_split(&mm->areas, end) : err;
}

enum err mm_insert_area(struct mm *mm, uint64_t start, uint64_t end, struct area_kind kind)
{
    if (kind.object != nullptr)
        vm_object_get(kind.object);
    enum err err = areas_insert(&mm->areas, start, end, kind);
    if (err != ERR_OK && kind.object != nullptr)
        vm_object_put(kind.object);
    return err;
}

enum err mm_unmap_range(struct mm *mm, uint64_t start, uint64_t end)
{
    enum err err = mm_split_ends(mm, start, end);
    if (err != ERR_OK)
        return err;
    for (struct area *x; (x = areas_find(&mm->areas, start)) != nullptr && x->start < end;) {
        mm_drop_pages(mm, x->start, x->end);
        areas_remove(&mm->areas, x);
    }
    return ERR_OK;
}

enum err mm_unmap(struct mm *mm, uint64_t start, uint64_t end)
{
    mm_write_lock(mm);
    enum err err = mm_unmap_range(mm, start, end);
    mm_write_unlock(mm);
    return err;
}

bool mm_has_place(const struct mm *mm, uint64_t at, uint64_t size)
{
    return at >= mm->areas.floor && at <= mm->areas.ceiling && size <= mm->areas.ceiling - at;
}

// Where the request goes.
static enum err find_place(struct mm *mm, const struct mm_request *r, uint64_t *at) REQUIRES(lc_mm)
{
    *at = r->at;
    bool fits = mm_has_place(mm, r->at, r->size);
    bool is_free = fits && areas_are_free(&mm->areas, r->at, r->at + r->size);
    switch (r->place) {
    case MM_REPLACE:
        return fits ? ERR_OK : ERR_NOMEM;
    case MM_FREE:
        return !fits ? ERR_NOMEM : is_free ? ERR_OK : ERR_EXIST;
    case MM_ANYWHERE:
        if (is_free || areas_find_gap(&mm->areas, r->size, mm->top, at))
            return ERR_OK;
        break;
    case MM_LOW:
        if (is_free && r->at + r->size <= LOW_END)
            return ERR_OK;
        if (areas_find_gap(&mm->areas, r->size, LOW_END, at) && *at >= LOW_START)
            return ERR_OK;
        break;
    }
    return ERR_NOMEM;
}

static enum err map(struct mm *mm, const struct mm_request *r, const struct area_kind *kind,
                    uint64_t *at) REQUIRES(lc_mm)
{
    enum err err = find_place(mm, r, at);
    if (err != ERR_OK)
        return err;
    if ((r->kind.flags & AREA_LOCKED) != 0 && mm->limits.locked == 0)
        return ERR_PERM;
    if (!mm_may_lock(mm, kind->flags, r->size >> PAGE_SHIFT))
        return ERR_AGAIN;
    // What is replaced makes room.
    uint64_t end = *at + r->size, gone = areas_pages_in(&mm->areas, *at, end);
    if (!mm_may_have(mm, kind, (r->size >> PAGE_SHIFT) - gone))
        return ERR_NOMEM;
    if (r->place == MM_REPLACE)
        err = mm_unmap_range(mm, *at, end);
    if (err == ERR_OK)
        err = mm_insert_area(mm, *at, end, *kind);
    areas_join(&mm->areas, *at, end);
    return err;
}

enum err mm_map(struct mm *mm, const struct mm_request *r, uint64_t *at)
{
    struct area_kind kind = r->kind;
    mm_write_lock(mm);
    kind.flags = (uint8_t)(kind.flags | mm->lock_future);
    enum err err = map(mm, r, &kind, at);
    mm_write_unlock(mm);
    if (err == ERR_OK && (r->populate || (kind.flags & AREA_LOCKED) != 0))
        mm_populate_as_can_be(mm, *at, *at + r->size);
    return err;
}

enum err mm_shared_at(struct mm *mm, uaddr_t at, const struct vm_object **object, uint64_t *offset)
{
    mm_read_lock(mm);
    const struct area *x = areas_find(&mm->areas, at.raw);
    bool mapped = x != nullptr && x->start <= at.raw;
    *object = nullptr;
    if (mapped && x->kind.shared) {
        *object = x->kind.object;
        *offset = (x->kind.object_page << PAGE_SHIFT) + (at.raw - x->start);
    }
    mm_read_unlock(mm);
    return mapped ? ERR_OK : ERR_FAULT;
}

bool mm_covers(struct mm *mm, uint64_t start, uint64_t end)
{
    struct area_walk w = {.at = start, .end = end};
    mm_read_lock(mm);
    while (areas_walk(&mm->areas, &w) != nullptr && !w.hole)
        ;
    mm_read_unlock(mm);
    return !w.hole;
}

void mm_set_top(struct mm *mm, uint64_t top)
{
    mm_write_lock(mm);
    mm->top = top;
    mm_write_unlock(mm);
}

// ---- the heap --------------------------------------------------------------------------------

void mm_set_brk_start(struct mm *mm, uint64_t at)
{
    mm_write_lock(mm);
    mm->brk_start = align_up(at, PAGE_SIZE);
    mm->brk = mm->brk_start;
    mm_write_unlock(mm);
}

static bool move_brk(struct mm *mm, uint64_t at) REQUIRES(lc_mm)
{
    uint64_t old = align_up(mm->brk, PAGE_SIZE), new = align_up(at, PAGE_SIZE);
    if (at < mm->brk_start || !mm_has_place(mm, mm->brk_start, at - mm->brk_start))
        return false;
    if (new < old)
        return mm_unmap_range(mm, new, old) == ERR_OK;
    if (new == old)
        return true;
    struct area_kind kind = {.prot = VM_READ | VM_WRITE, .flags = mm->lock_future};
    uint64_t pages = (new - old) >> PAGE_SHIFT;
    return new <= mm->areas.ceiling &&areas_are_free(&mm->areas, old, new) &&
           mm_may_lock(mm, kind.flags, pages) && mm_may_have(mm, &kind, pages) &&
           areas_add(&mm->areas, old, new, kind) == ERR_OK;
}

uint64_t mm_brk(struct mm *mm, uint64_t at)
{
    mm_write_lock(mm);
    uint64_t before = mm->brk;
    if (move_brk(mm, at))
        mm->brk = at;
    uint64_t now = mm->brk;
    bool locked = mm->lock_future != 0;
    mm_write_unlock(mm);
    if (locked && now > before)
        mm_populate_as_can_be(mm, align_up(before, PAGE_SIZE), align_up(now, PAGE_SIZE));
    return now;
}
