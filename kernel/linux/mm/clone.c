// SPDX-License-Identifier: Apache-2.0
// fork(2): a child's memory.
#include "kernel/linux/mm/mm_priv.h"

static enum err share_pages(struct mm *from, struct mm *to, const struct area *x) REQUIRES(lc_mm)
{
    struct vm_cursor source, target;
    must(vm_cursor_open(from->space, (uaddr_t){x->start}, (uaddr_t){x->end}, &source));
    must(vm_cursor_open(to->space, (uaddr_t){x->start}, (uaddr_t){x->end}, &target));
    size_t pages = (x->end - x->start) >> PAGE_SHIFT;
    enum err err = vm_cursor_share(&source, &target, pages, !x->kind.shared);
    vm_cursor_close(&target);
    vm_cursor_close(&source);
    return err;
}

static enum err clone_area(struct mm *from, struct mm *to, const struct area *x) REQUIRES(lc_mm)
{
    struct area_kind kind = x->kind;
    if ((kind.flags & AREA_NO_FORK) != 0)
        return ERR_OK;
    // A child locks for itself (mlock(2), "Notes").
    kind.flags = (uint8_t)(kind.flags & ~AREA_LOCK_FLAGS);
    enum err err = mm_insert_area(to, x->start, x->end, kind);
    if (err == ERR_OK && (kind.flags & AREA_WIPE_ON_FORK) == 0)
        err = share_pages(from, to, x);
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
    to->marks = load_acquire(&from->marks);
    struct area *x = area_tree_first(&from->areas.tree);
    for (; err == ERR_OK && x != nullptr; x = area_tree_next(x))
        err = clone_area(from, to, x);
    // Those that were locked may differ from their neighbours no more.
    areas_join(&to->areas, to->areas.floor, to->areas.ceiling);
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
