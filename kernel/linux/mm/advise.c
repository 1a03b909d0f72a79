// SPDX-License-Identifier: Apache-2.0
// madvise(2), mincore(2), msync(2).
#include "kernel/linux/mm/mm_priv.h"
#include "kernel/linux/mm/vm_object.h"

// ---- what is done to pages ---------------------------------------------------------------------

// Punches a hole into what the area maps.
static enum err punch(struct mm *mm, const struct area *x, const struct area_walk *w)
    REQUIRES_SHARED(lc_mm)
{
    if (x->kind.object == nullptr)
        return ERR_INVAL;
    if (!x->kind.shared)
        return ERR_ACCES;
    mm_drop_pages(mm, w->start, w->stop);
    return vm_object_clear(x->kind.object, area_kind_at(x, w->start).object_page,
                           (w->stop - w->start) >> PAGE_SHIFT);
}

static enum err advise_part(struct mm *mm, const struct area *x, const struct area_walk *w,
                            enum mm_advice advice) REQUIRES_SHARED(lc_mm)
{
    if ((x->kind.flags & AREA_LOCKED) != 0 && advice != MM_DROP_LOCKED)
        return ERR_INVAL;
    // What is lazily freed may as well be freed at once.
    if (advice == MM_LET_GO && (x->kind.shared || x->kind.object != nullptr))
        return ERR_INVAL;
    if (advice == MM_PUNCH)
        return punch(mm, x, w);
    if (advice != MM_COLD)
        mm_drop_pages(mm, w->start, w->stop);
    return ERR_OK;
}

static enum err advise_pages(struct mm *mm, struct area_walk *w, enum mm_advice advice)
{
    enum err err = ERR_OK;
    mm_read_lock(mm);
    for (const struct area *x; err == ERR_OK && (x = areas_walk(&mm->areas, w)) != nullptr;)
        err = advise_part(mm, x, w, advice);
    mm_read_unlock(mm);
    return err;
}

// ---- what is noted of areas --------------------------------------------------------------------

struct flag_change {
    uint8_t clear, set; // 0: it speaks of no flag
};

static struct flag_change change_of(enum mm_advice advice)
{
    switch (advice) {
    case MM_NO_FORK:
        return (struct flag_change){.set = AREA_NO_FORK};
    case MM_FORK:
        return (struct flag_change){.clear = AREA_NO_FORK};
    case MM_WIPE_ON_FORK:
        return (struct flag_change){.set = AREA_WIPE_ON_FORK};
    case MM_KEEP_ON_FORK:
        return (struct flag_change){.clear = AREA_WIPE_ON_FORK};
    case MM_NO_DUMP:
        return (struct flag_change){.set = AREA_NO_DUMP};
    case MM_DUMP:
        return (struct flag_change){.clear = AREA_NO_DUMP};
    case MM_SMALL_PAGES:
        return (struct flag_change){.set = AREA_SMALL_PAGES};
    case MM_LARGE_PAGES:
        return (struct flag_change){.clear = AREA_SMALL_PAGES};
    default:
        return (struct flag_change){};
    }
}

static enum err change_flags(struct mm *mm, struct area_walk *w, struct flag_change change)
{
    uint64_t start = w->at;
    mm_write_lock(mm);
    enum err err = mm_split_ends(mm, start, w->end) == ERR_OK ? ERR_OK : ERR_AGAIN;
    for (struct area *x; err == ERR_OK && (x = areas_walk(&mm->areas, w)) != nullptr;) {
        uint8_t flags = (uint8_t)((x->kind.flags & ~change.clear) | change.set);
        if (change.set == AREA_WIPE_ON_FORK && (x->kind.shared || x->kind.object != nullptr))
            err = ERR_INVAL;
        else
            areas_set_flags(&mm->areas, x, flags);
    }
    areas_join(&mm->areas, start, w->end);
    mm_write_unlock(mm);
    return err;
}

enum err mm_advise(struct mm *mm, uint64_t start, uint64_t end, enum mm_advice advice)
{
    struct area_walk w = {.at = start, .end = end};
    struct flag_change change = change_of(advice);
    bool flags = change.set != 0 || change.clear != 0;
    enum err err = flags ? change_flags(mm, &w, change) : advise_pages(mm, &w, advice);
    return err == ERR_OK && w.hole ? ERR_NOMEM : err;
}

// ---- what there is -----------------------------------------------------------------------------

// Notes the pages of a part; `base` is the address of the first byte's.
static void note_present(struct mm *mm, const struct area *x, const struct area_walk *w,
                         uint64_t base, struct span present) REQUIRES_SHARED(lc_mm)
{
    struct vm_cursor c;
    for (uint64_t at = w->start; at < w->stop; at += PAGE_SIZE) {
        uint64_t index = area_kind_at(x, at).object_page;
        bool has = x->kind.object != nullptr && vm_object_has(x->kind.object, index);
        span_put_u8(present, (at - base) >> PAGE_SHIFT, has);
    }
    must(vm_cursor_open(mm->space, (uaddr_t){w->start}, (uaddr_t){w->stop}, &c));
    while (vm_cursor_find_next(&c)) {
        uint64_t at = vm_cursor_address(&c).raw;
        span_put_u8(present, (at - base) >> PAGE_SHIFT, 1);
        must(vm_cursor_jump(&c, (uaddr_t){at + PAGE_SIZE}));
    }
    vm_cursor_close(&c);
}

size_t mm_resident(struct mm *mm, uint64_t start, struct span present)
{
    struct area_walk w = {.at = start, .end = start + (span_len(present) << PAGE_SHIFT)};
    uint64_t known = start;
    mm_read_lock(mm);
    for (const struct area *x; (x = areas_walk(&mm->areas, &w)) != nullptr && !w.hole;) {
        note_present(mm, x, &w, start, present);
        known = w.stop;
    }
    mm_read_unlock(mm);
    return (known - start) >> PAGE_SHIFT;
}

enum err mm_sync(struct mm *mm, uint64_t start, uint64_t end, bool invalidate)
{
    struct area_walk w = {.at = start, .end = end};
    bool busy = false;
    mm_read_lock(mm);
    for (const struct area *x; !busy && (x = areas_walk(&mm->areas, &w)) != nullptr;)
        busy = invalidate && (x->kind.flags & AREA_LOCKED) != 0;
    mm_read_unlock(mm);
    return busy ? ERR_BUSY : w.hole ? ERR_NOMEM : ERR_OK;
}
