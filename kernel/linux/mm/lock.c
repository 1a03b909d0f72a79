// SPDX-License-Identifier: Apache-2.0
// Memory that is there before it is touched: mlock(2), MAP_POPULATE, MADV_POPULATE_READ. No page
// ever leaves memory, so that to lock one is to bring it; the rest is counting.
#include "kernel/linux/mm/mm_priv.h"

// ---- bringing pages ----------------------------------------------------------------------------

// The lock is not held while pages come, so that the map may change between two parts.
static bool next_part(struct mm *mm, struct area_walk *w, struct area_kind *kind)
{
    mm_read_lock(mm);
    const struct area *x = areas_walk(&mm->areas, w);
    if (x != nullptr)
        *kind = x->kind;
    mm_read_unlock(mm);
    return x != nullptr;
}

static enum err bring(struct mm *mm, const struct area_walk *w, uint8_t access)
{
    enum err err = ERR_OK;
    for (uint64_t at = w->start; err == ERR_OK && at < w->stop; at += PAGE_SIZE)
        err = mm_fault(mm, (uaddr_t){at}, access);
    return err;
}

// As if all of a part had been touched, by writing if it is the program's own.
static enum err bring_own(struct mm *mm, const struct area_walk *w, const struct area_kind *kind)
{
    if ((kind->flags & AREA_LOCK_ON_FAULT) != 0)
        return ERR_OK;
    return bring(mm, w, !kind->shared && (kind->prot & VM_WRITE) != 0 ? VM_WRITE : VM_READ);
}

void mm_populate_as_can_be(struct mm *mm, uint64_t start, uint64_t end)
{
    struct area_walk w = {.at = start, .end = end};
    enum err err = ERR_OK;
    // Where one area cannot be touched the next may; without memory none can.
    for (struct area_kind kind; err != ERR_NOMEM && next_part(mm, &w, &kind);)
        err = bring_own(mm, &w, &kind);
}

enum err mm_populate(struct mm *mm, uint64_t start, uint64_t end, uint8_t access)
{
    struct area_walk w = {.at = start, .end = end};
    enum err err = ERR_OK;
    for (struct area_kind kind; err == ERR_OK && next_part(mm, &w, &kind);) {
        if ((kind.prot & access) == 0)
            return ERR_INVAL;
        err = bring(mm, &w, access);
    }
    if (err == ERR_OK && w.hole)
        return ERR_NOMEM;
    return err == ERR_OK || err == ERR_NOMEM ? err : ERR_FAULT;
}

// ---- locking -----------------------------------------------------------------------------------

static uint64_t locked_in(const struct mm *mm, uint64_t start, uint64_t end) REQUIRES_SHARED(lc_mm)
{
    struct area_walk w = {.at = start, .end = end};
    uint64_t bytes = 0;
    for (const struct area *x; (x = areas_walk(&mm->areas, &w)) != nullptr;)
        bytes += (x->kind.flags & AREA_LOCKED) != 0 ? w.stop - w.start : 0;
    return bytes >> PAGE_SHIFT;
}

static void set_lock(struct mm *mm, struct area *x, uint8_t flags) REQUIRES(lc_mm)
{
    areas_set_flags(&mm->areas, x, (uint8_t)((x->kind.flags & ~AREA_LOCK_FLAGS) | flags));
}

// Up to the first hole.
static enum err set_lock_in(struct mm *mm, uint64_t start, uint64_t end, uint8_t flags)
    REQUIRES(lc_mm)
{
    struct area_walk w = {.at = start, .end = end};
    enum err err = mm_split_ends(mm, start, end);
    for (struct area *x; err == ERR_OK && (x = areas_walk(&mm->areas, &w)) != nullptr && !w.hole;)
        set_lock(mm, x, flags);
    areas_join(&mm->areas, start, end);
    return err == ERR_OK && w.hole ? ERR_NOMEM : err;
}

static enum err check_and_set(struct mm *mm, uint64_t start, uint64_t end, uint8_t flags)
    REQUIRES(lc_mm)
{
    if (mm->limits.locked == 0)
        return ERR_PERM;
    uint64_t more = ((end - start) >> PAGE_SHIFT) - locked_in(mm, start, end);
    return mm_may_lock(mm, flags, more) ? set_lock_in(mm, start, end, flags) : ERR_NOMEM;
}

enum err mm_lock(struct mm *mm, uint64_t start, uint64_t end, uint8_t flags)
{
    mm_write_lock(mm);
    enum err err = check_and_set(mm, start, end, flags);
    mm_write_unlock(mm);
    if (err != ERR_OK)
        return err;
    struct area_walk w = {.at = start, .end = end};
    for (struct area_kind kind; err == ERR_OK && next_part(mm, &w, &kind);)
        err = bring_own(mm, &w, &kind);
    // As POSIX has it (mlock(2), "Errors").
    return err == ERR_OK ? ERR_OK : err == ERR_NOMEM ? ERR_AGAIN : ERR_NOMEM;
}

enum err mm_unlock(struct mm *mm, uint64_t start, uint64_t end)
{
    mm_write_lock(mm);
    enum err err = set_lock_in(mm, start, end, 0);
    mm_write_unlock(mm);
    return err;
}

static void set_lock_of_all(struct mm *mm, uint8_t flags) REQUIRES(lc_mm)
{
    for (struct area *x = area_tree_first(&mm->areas.tree); x != nullptr; x = area_tree_next(x))
        set_lock(mm, x, flags);
    areas_join(&mm->areas, mm->areas.floor, mm->areas.ceiling);
}

enum err mm_lock_all(struct mm *mm, bool now, bool later, uint8_t flags)
{
    enum err err = ERR_OK;
    mm_write_lock(mm);
    if (mm->limits.locked == 0)
        err = ERR_PERM;
    else if (now && mm->areas.pages > mm->limits.locked >> PAGE_SHIFT)
        err = ERR_NOMEM;
    if (err == ERR_OK) {
        mm->lock_future = later ? flags : 0;
        if (now)
            set_lock_of_all(mm, flags);
    }
    mm_write_unlock(mm);
    if (err == ERR_OK && now)
        mm_populate_as_can_be(mm, 0, USER_END);
    return err;
}

void mm_unlock_all(struct mm *mm)
{
    mm_write_lock(mm);
    mm->lock_future = 0;
    set_lock_of_all(mm, 0);
    mm_write_unlock(mm);
}
