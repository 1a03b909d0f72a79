// SPDX-License-Identifier: Apache-2.0
// madvise(2), mincore(2), msync(2).
#include "kernel/linux/syscall/range.h"
#include "kernel/linux/syscall/sys.h"
#include <linux/mman.h>

// Advice that says what is to be done. What MADV_PAGEOUT would write out has nowhere to go.
static bool decode(uint32_t value, enum mm_advice *out)
{
    static const struct {
        uint32_t value;
        enum mm_advice advice;
    } all[] = {
        {MADV_DONTNEED, MM_DROP},
        {MADV_DONTNEED_LOCKED, MM_DROP_LOCKED},
        {MADV_FREE, MM_LET_GO},
        {MADV_COLD, MM_COLD},
        {MADV_PAGEOUT, MM_COLD},
        {MADV_REMOVE, MM_PUNCH},
        {MADV_DONTFORK, MM_NO_FORK},
        {MADV_DOFORK, MM_FORK},
        {MADV_WIPEONFORK, MM_WIPE_ON_FORK},
        {MADV_KEEPONFORK, MM_KEEP_ON_FORK},
        {MADV_DONTDUMP, MM_NO_DUMP},
        {MADV_DODUMP, MM_DUMP},
        {MADV_NOHUGEPAGE, MM_SMALL_PAGES},
        {MADV_HUGEPAGE, MM_LARGE_PAGES},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (ELEM(all, i).value == value) {
            *out = ELEM(all, i).advice;
            return true;
        }
    }
    return false;
}

// Advice about reading ahead is taken by doing as always: there is nothing to read from. Pages are
// not merged, not made large once they are there, and not taken out of use: that advice is unknown,
// as on a Linux that is built so.
static sysret_t advise(struct thread *t, uint64_t at, uint64_t end, uint32_t value)
{
    enum mm_advice advice;
    if (decode(value, &advice))
        return end > at ? mm_advise(t->mm, at, end, advice) : ERR_OK;
    switch (value) {
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
        return mm_covers(t->mm, at, end) ? ERR_OK : ERR_NOMEM;
    case MADV_POPULATE_READ:
        return mm_populate(t->mm, at, end, VM_READ);
    case MADV_POPULATE_WRITE:
        return mm_populate(t->mm, at, end, VM_WRITE);
    }
    return ERR_INVAL;
}

sysret_t sys_madvise(struct thread *t, const struct sys_args *a)
{
    uint64_t at = a->arg[0], len = a->arg[1], end = at + align_up(len, PAGE_SIZE);
    if (!is_page_aligned(at) || end < at || (len != 0 && end == at))
        return ERR_INVAL;
    return advise(t, at, end, (uint32_t)a->arg[2]);
}

sysret_t sys_mincore(struct thread *t, const struct sys_args *a)
{
    uint64_t at = a->arg[0], len = a->arg[1], pages = pages_for(len), out = a->arg[2];
    if (!is_page_aligned(at))
        return ERR_INVAL;
    if (!range_is_user(at, len))
        return ERR_NOMEM;
    if (!range_is_user(out, pages))
        return ERR_FAULT;
    while (pages > 0) {
        uint8_t buffer[512];
        struct span present = span_sub(SPAN_OF(buffer), 0, min_u64(sizeof(buffer), pages));
        size_t known = mm_resident(t->mm, at, present);
        if (known == 0)
            return ERR_NOMEM;
        enum err err = mm_write(t->mm, (uaddr_t){out}, span_const(span_sub(present, 0, known)));
        if (err != ERR_OK)
            return err;
        at += known << PAGE_SHIFT;
        out += known;
        pages -= known;
    }
    return 0;
}

// There is nothing behind memory that would have to be written to.
sysret_t sys_msync(struct thread *t, const struct sys_args *a)
{
    uint64_t at = a->arg[0], size = align_up(a->arg[1], PAGE_SIZE), flags = a->arg[2];
    constexpr uint64_t both = MS_ASYNC | MS_SYNC;
    if ((flags & ~(both | MS_INVALIDATE)) != 0 || !is_page_aligned(at) || (flags & both) == both)
        return ERR_INVAL;
    if (at + size < at)
        return ERR_NOMEM;
    return mm_sync(t->mm, at, at + size, (flags & MS_INVALIDATE) != 0);
}
