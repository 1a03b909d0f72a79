// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/mm/mm.h"
#include "kernel/linux/mm/mm_priv.h"
#include "kernel/linux/mm/vm_object.h"

// The lowest address that may be mapped (vm.mmap_min_addr).
constexpr uint64_t MMAP_FLOOR = 0x10000;

// How far a stack may grow that nobody has set a limit for.
constexpr uint64_t STACK_LIMIT = 8 * MIB;

HEAP_DEFINE(mm, struct mm);

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
    mm_write_lock(mm);
    mm->areas.floor = MMAP_FLOOR;
    mm->areas.ceiling = USER_END;
    mm->top = USER_END;
    mm->limits = (struct mm_limits){.stack = STACK_LIMIT, .data = UINT64_MAX, .space = UINT64_MAX};
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

// ---- fork ------------------------------------------------------------------------------------

static enum err clone_area(struct mm *from, struct mm *to, const struct area *x) REQUIRES(lc_mm)
{
    if (x->kind.object != nullptr)
        vm_object_get(x->kind.object);
    enum err err = areas_add(&to->areas, x->start, x->end, x->kind);
    if (err != ERR_OK) {
        if (x->kind.object != nullptr)
            vm_object_put(x->kind.object);
        return err;
    }
    struct vm_cursor source, target;
    must(vm_cursor_open(from->space, (uaddr_t){x->start}, (uaddr_t){x->end}, &source));
    must(vm_cursor_open(to->space, (uaddr_t){x->start}, (uaddr_t){x->end}, &target));
    size_t pages = (x->end - x->start) >> PAGE_SHIFT;
    err = vm_cursor_share(&source, &target, pages, !x->kind.shared);
    vm_cursor_close(&target);
    vm_cursor_close(&source);
    return err;
}

// `to` is nobody else's yet, so that its own lock is not needed.
static enum err clone_areas(struct mm *from, struct mm *to)
{
    enum err err = ERR_OK;
    mm_write_lock(from);
    to->areas.floor = from->areas.floor;
    to->areas.ceiling = from->areas.ceiling;
    to->top = from->top;
    to->brk_start = from->brk_start;
    to->brk = from->brk;
    to->limits = from->limits;
    struct area *x = area_tree_first(&from->areas.tree);
    for (; err == ERR_OK && x != nullptr; x = area_tree_next(x))
        err = clone_area(from, to, x);
    mm_write_unlock(from);
    return err;
}

enum err mm_clone(struct mm *from, struct mm **out)
{
    struct mm *to;
    enum err err = mm_create(&to);
    if (err != ERR_OK)
        return err;
    err = clone_areas(from, to);
    if (err != ERR_OK) {
        mm_put(to);
        return err;
    }
    *out = to;
    return ERR_OK;
}

// ---- changing the map ------------------------------------------------------------------------

// Drops the pages of a range.
static void drop_pages(struct mm *mm, uint64_t start, uint64_t end) REQUIRES_SHARED(lc_mm)
{
    struct vm_cursor c;
    must(vm_cursor_open(mm->space, (uaddr_t){start}, (uaddr_t){end}, &c));
    vm_cursor_unmap(&c, (end - start) >> PAGE_SHIFT);
    vm_cursor_close(&c);
}

// Makes the ends of a range borders between areas.
static enum err split_ends(struct mm *mm, uint64_t start, uint64_t end) REQUIRES(lc_mm)
{
    enum err err = areas_split(&mm->areas, start);
    return err == ERR_OK ? areas_split(&mm->areas, end) : err;
}

static enum err unmap(struct mm *mm, uint64_t start, uint64_t end) REQUIRES(lc_mm)
{
    enum err err = split_ends(mm, start, end);
    if (err != ERR_OK)
        return err;
    for (struct area *x; (x = areas_find(&mm->areas, start)) != nullptr && x->start < end;) {
        drop_pages(mm, x->start, x->end);
        areas_remove(&mm->areas, x);
    }
    return ERR_OK;
}

enum err mm_unmap(struct mm *mm, uint64_t start, uint64_t end)
{
    mm_write_lock(mm);
    enum err err = unmap(mm, start, end);
    mm_write_unlock(mm);
    return err;
}

static bool in_bounds(const struct mm *mm, uint64_t at, uint64_t size) REQUIRES(lc_mm)
{
    return at >= mm->areas.floor && at <= mm->areas.ceiling && size <= mm->areas.ceiling - at;
}

// Where the request goes.
static enum err find_place(struct mm *mm, const struct mm_request *r, uint64_t *at) REQUIRES(lc_mm)
{
    *at = r->at;
    bool fits = in_bounds(mm, r->at, r->size);
    bool is_free = fits && areas_are_free(&mm->areas, r->at, r->at + r->size);
    switch (r->place) {
    case MM_REPLACE:
        return fits ? ERR_OK : ERR_NOMEM;
    case MM_FREE:
        return !fits ? ERR_NOMEM : is_free ? ERR_OK : ERR_EXIST;
    case MM_ANYWHERE:
        if (is_free || areas_find_gap(&mm->areas, r->size, mm->top, at))
            return ERR_OK;
    }
    return ERR_NOMEM;
}

enum err mm_map(struct mm *mm, const struct mm_request *r, uint64_t *at)
{
    mm_write_lock(mm);
    enum err err = find_place(mm, r, at);
    // What is replaced makes room.
    uint64_t gone = err == ERR_OK ? areas_pages_in(&mm->areas, *at, *at + r->size) : 0;
    if (err == ERR_OK && !mm_may_have(mm, &r->kind, (r->size >> PAGE_SHIFT) - gone))
        err = ERR_NOMEM;
    if (err == ERR_OK && r->place == MM_REPLACE)
        err = unmap(mm, *at, *at + r->size);
    if (err == ERR_OK) {
        if (r->kind.object != nullptr)
            vm_object_get(r->kind.object);
        err = areas_add(&mm->areas, *at, *at + r->size, r->kind);
        if (err != ERR_OK && r->kind.object != nullptr)
            vm_object_put(r->kind.object);
    }
    mm_write_unlock(mm);
    return err;
}

// What mapped pages of an area may do at once: the first write to a private one is a fault, in
// which it becomes a page of the area's own.
static uint8_t prot_of_pages(const struct area *x)
{
    return x->kind.shared ? x->kind.prot : (uint8_t)(x->kind.prot & ~VM_WRITE);
}

static void protect_area(struct mm *mm, struct area *x, uint8_t prot) REQUIRES(lc_mm)
{
    areas_set_prot(&mm->areas, x, prot);
    struct vm_cursor c;
    must(vm_cursor_open(mm->space, (uaddr_t){x->start}, (uaddr_t){x->end}, &c));
    vm_cursor_protect(&c, (x->end - x->start) >> PAGE_SHIFT, prot_of_pages(x));
    vm_cursor_close(&c);
}

enum err mm_protect(struct mm *mm, uint64_t start, uint64_t end, uint8_t prot)
{
    mm_write_lock(mm);
    uint64_t at = start;
    enum err err = split_ends(mm, start, end);
    while (err == ERR_OK && at < end) {
        struct area *x = areas_find(&mm->areas, at);
        if (x == nullptr || x->start > at) {
            err = ERR_NOMEM;
            break;
        }
        if ((prot & x->kind.never) != 0) {
            err = ERR_ACCES;
            break;
        }
        protect_area(mm, x, prot);
        at = x->end;
    }
    areas_join(&mm->areas, start, end);
    mm_write_unlock(mm);
    return err;
}

enum err mm_discard(struct mm *mm, uint64_t start, uint64_t end)
{
    enum err err = ERR_OK;
    mm_read_lock(mm);
    for (uint64_t at = start; at < end;) {
        const struct area *x = areas_find(&mm->areas, at);
        if (x == nullptr || x->start > at)
            err = ERR_NOMEM;
        if (x == nullptr || x->start >= end)
            break;
        uint64_t stop = min_u64(x->end, end);
        drop_pages(mm, max_u64(x->start, at), stop);
        at = stop;
    }
    mm_read_unlock(mm);
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
    mm_read_lock(mm);
    while (start < end) {
        const struct area *x = areas_find(&mm->areas, start);
        if (x == nullptr || x->start > start)
            break;
        start = x->end;
    }
    mm_read_unlock(mm);
    return start >= end;
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
    if (at < mm->brk_start || !in_bounds(mm, mm->brk_start, at - mm->brk_start))
        return false;
    if (new < old)
        return unmap(mm, new, old) == ERR_OK;
    if (new == old)
        return true;
    struct area_kind kind = {.prot = VM_READ | VM_WRITE};
    return new <= mm->areas.ceiling &&areas_are_free(&mm->areas, old, new) &&
           mm_may_have(mm, &kind, (new - old) >> PAGE_SHIFT) &&
           areas_add(&mm->areas, old, new, kind) == ERR_OK;
}

uint64_t mm_brk(struct mm *mm, uint64_t at)
{
    mm_write_lock(mm);
    if (move_brk(mm, at))
        mm->brk = at;
    uint64_t now = mm->brk;
    mm_write_unlock(mm);
    return now;
}
