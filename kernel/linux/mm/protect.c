// SPDX-License-Identifier: Apache-2.0
// mprotect(2).
#include "kernel/linux/mm/mm_priv.h"

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

// Whether an area that becomes one of data is within the limits; one that is anyway has been
// judged.
static bool may_become(const struct mm *mm, const struct area *x, uint8_t prot)
    REQUIRES_SHARED(lc_mm)
{
    struct area_kind kind = x->kind;
    uint64_t pages = (x->end - x->start) >> PAGE_SHIFT;
    kind.prot = prot;
    return (prot & VM_WRITE) == 0 || mm_may_have(mm, &kind, pages) ||
           !mm_may_have(mm, &x->kind, pages);
}

static enum err protect(struct mm *mm, uint64_t start, uint64_t end, uint8_t prot) REQUIRES(lc_mm)
{
    struct area_walk w = {.at = start, .end = end};
    enum err err = mm_split_ends(mm, start, end);
    for (struct area *x; err == ERR_OK && (x = areas_walk(&mm->areas, &w)) != nullptr;) {
        if (w.hole || !may_become(mm, x, prot))
            err = ERR_NOMEM;
        else if ((prot & x->kind.never) != 0)
            err = ERR_ACCES;
        else
            protect_area(mm, x, prot);
    }
    areas_join(&mm->areas, start, end);
    return err == ERR_OK && w.hole ? ERR_NOMEM : err;
}

enum err mm_protect(struct mm *mm, uint64_t start, uint64_t end, uint8_t prot)
{
    mm_write_lock(mm);
    enum err err = protect(mm, start, end, prot);
    mm_write_unlock(mm);
    return err;
}

enum err mm_protect_stack(struct mm *mm, uint64_t start, uint64_t end, uint8_t prot)
{
    enum err err = ERR_NOMEM;
    mm_write_lock(mm);
    const struct area *x = areas_find(&mm->areas, start);
    if (x != nullptr && x->start < end)
        err = x->kind.grows_down ? protect(mm, x->start, end, prot) : ERR_INVAL;
    mm_write_unlock(mm);
    return err;
}
