// SPDX-License-Identifier: Apache-2.0
// mremap(2). Pages that move are mapped at the new place first, and then no more at the old one, so
// that what fails leaves all as it was. Faults wait meanwhile; who touches a page at either place
// touches the same.
#include "kernel/linux/mm/mm_priv.h"

static uint64_t pages_of(uint64_t bytes) { return bytes >> PAGE_SHIFT; }

// Whether the old range, as far as it stays, is of one area, and can be moved or be made larger.
static enum err check_old(const struct area *x, const struct mm_remap *r)
{
    // Only what others may have too can be there once more.
    if (r->old_size == 0 && !x->kind.shared)
        return ERR_INVAL;
    return min_u64(r->old_size, r->new_size) > x->end - r->at ? ERR_FAULT : ERR_OK;
}

// Whether the limits allow its new size.
static enum err check_new(const struct mm *mm, const struct area *x, const struct mm_remap *r)
    REQUIRES_SHARED(lc_mm)
{
    uint64_t more = r->new_size > r->old_size ? pages_of(r->new_size - r->old_size) : 0;
    if (!mm_may_lock(mm, x->kind.flags, more))
        return ERR_AGAIN;
    if (r->new_size > mm->areas.ceiling || !mm_may_have(mm, &x->kind, more))
        return ERR_NOMEM;
    return ERR_OK;
}

// Maps the pages of [from, from + size) at `to` as well.
static enum err share_pages(struct mm *mm, uint64_t from, uint64_t to, uint64_t size)
    REQUIRES(lc_mm)
{
    struct vm_cursor source, target;
    must(vm_cursor_open(mm->space, (uaddr_t){from}, (uaddr_t){from + size}, &source));
    must(vm_cursor_open(mm->space, (uaddr_t){to}, (uaddr_t){to + size}, &target));
    enum err err = vm_cursor_share(&source, &target, pages_of(size), false);
    vm_cursor_close(&target);
    vm_cursor_close(&source);
    return err;
}

// Takes the old range away, which is one area, or what it has.
static void leave(struct mm *mm, uint64_t at, uint64_t size, bool keep) REQUIRES(lc_mm)
{
    struct area *x = areas_find(&mm->areas, at);
    ASSERT(x->start == at && x->end == at + size);
    mm_drop_pages(mm, at, at + size);
    if (keep)
        areas_set_flags(&mm->areas, x, (uint8_t)(x->kind.flags & ~AREA_LOCK_FLAGS));
    else
        areas_remove(&mm->areas, x);
}

// Moves `old_size` bytes to `to`, where it is free, and where they become new_size.
static enum err move(struct mm *mm, const struct mm_remap *r, uint64_t old_size, uint64_t to)
    REQUIRES(lc_mm)
{
    uint64_t old_end = r->at + old_size, end = to + r->new_size;
    enum err err = old_size > 0 ? mm_split_ends(mm, r->at, old_end) : ERR_OK;
    if (err == ERR_OK) {
        const struct area *x = areas_find(&mm->areas, r->at);
        err = mm_insert_area(mm, to, end, area_kind_at(x, r->at));
    }
    if (err == ERR_OK && old_size > 0) {
        err = share_pages(mm, r->at, to, old_size);
        if (err == ERR_OK) {
            leave(mm, r->at, old_size, r->keep);
        } else {
            mm_drop_pages(mm, to, end);
            areas_remove(&mm->areas, areas_find(&mm->areas, to));
        }
    }
    areas_join(&mm->areas, r->at, old_end);
    areas_join(&mm->areas, to, end);
    return err;
}

// Where a mapping goes that the caller gives no place.
static enum err find_place(const struct mm *mm, uint64_t wish, uint64_t size, uint64_t *to)
    REQUIRES_SHARED(lc_mm)
{
    *to = wish;
    if (wish != 0 && mm_has_place(mm, wish, size) && areas_are_free(&mm->areas, wish, wish + size))
        return ERR_OK;
    return areas_find_gap(&mm->areas, size, mm->top, to) ? ERR_OK : ERR_NOMEM;
}

static bool is_user_range(uint64_t at, uint64_t size)
{
    return at <= USER_END && size <= USER_END - at;
}

// MREMAP_FIXED and MREMAP_DONTUNMAP: it moves in any case.
static enum err remap_to(struct mm *mm, const struct mm_remap *r, uint64_t *to) REQUIRES(lc_mm)
{
    if (!is_user_range(r->to, r->new_size) || !is_user_range(r->at, r->old_size) ||
        (r->at + r->old_size > r->to && r->to + r->new_size > r->at))
        return ERR_INVAL;
    const struct area *x = areas_find(&mm->areas, r->at);
    enum err err = check_old(x, r);
    if (err == ERR_OK && r->fixed && !mm_has_place(mm, r->to, r->new_size))
        err = ERR_NOMEM;
    if (err == ERR_OK && r->fixed) // makes room
        err = mm_unmap_range(mm, r->to, r->to + r->new_size);
    if (err == ERR_OK && r->old_size > r->new_size)
        err = mm_unmap_range(mm, r->at + r->new_size, r->at + r->old_size);
    if (err != ERR_OK)
        return err;
    x = areas_find(&mm->areas, r->at);
    if (x == nullptr || x->start > r->at)
        return ERR_FAULT; // of size 0, and where it was to go
    err = check_new(mm, x, r);
    if (err == ERR_OK && r->keep && !mm_may_have(mm, &x->kind, pages_of(r->old_size)))
        err = ERR_NOMEM;
    *to = r->to;
    if (err == ERR_OK && !r->fixed)
        err = find_place(mm, r->to, r->new_size, to);
    return err == ERR_OK ? move(mm, r, min_u64(r->old_size, r->new_size), *to) : err;
}

static enum err shrink(struct mm *mm, const struct mm_remap *r) REQUIRES(lc_mm)
{
    if (r->new_size == r->old_size)
        return ERR_OK;
    if (!is_user_range(r->at, r->old_size))
        return ERR_INVAL;
    return mm_unmap_range(mm, r->at + r->new_size, r->at + r->old_size);
}

// Where it is if there is room behind it, else elsewhere.
static enum err grow(struct mm *mm, const struct mm_remap *r, uint64_t *to) REQUIRES(lc_mm)
{
    const struct area *x = areas_find(&mm->areas, r->at);
    enum err err = check_old(x, r);
    if (err == ERR_OK)
        err = check_new(mm, x, r);
    if (err != ERR_OK)
        return err;
    uint64_t old_end = r->at + r->old_size, end = r->at + r->new_size;
    if (x->end == old_end && mm_has_place(mm, r->at, r->new_size) &&
        areas_are_free(&mm->areas, old_end, end)) {
        err = mm_insert_area(mm, old_end, end, area_kind_at(x, old_end));
        areas_join(&mm->areas, old_end, end);
        return err;
    }
    if (!r->may_move)
        return ERR_NOMEM;
    err = find_place(mm, 0, r->new_size, to);
    return err == ERR_OK ? move(mm, r, r->old_size, *to) : err;
}

enum err mm_remap(struct mm *mm, const struct mm_remap *r, uint64_t *at)
{
    enum err err;
    mm_write_lock(mm);
    const struct area *x = areas_find(&mm->areas, r->at);
    *at = r->at;
    if (x == nullptr || x->start > r->at)
        err = ERR_FAULT;
    else if (r->fixed || r->keep)
        err = remap_to(mm, r, at);
    else if (r->new_size <= r->old_size)
        err = shrink(mm, r);
    else
        err = grow(mm, r, at);
    const struct area *now = err == ERR_OK ? areas_find(&mm->areas, *at) : nullptr;
    bool locked = now != nullptr && (now->kind.flags & AREA_LOCKED) != 0;
    mm_write_unlock(mm);
    if (locked && r->new_size > r->old_size)
        mm_populate_as_can_be(mm, *at + r->old_size, *at + r->new_size);
    return err;
}
