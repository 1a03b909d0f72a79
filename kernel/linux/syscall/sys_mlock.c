// SPDX-License-Identifier: Apache-2.0
// mlock(2), mlockall(2) and their opposites.
#include "kernel/linux/syscall/range.h"
#include "kernel/linux/syscall/sys.h"
#include <linux/mman.h>

// The pages that a range lies in. ERR_INVAL: it reaches beyond the last address.
static enum err decode(const struct sys_args *a, uint64_t *start, uint64_t *end)
{
    uint64_t at = a->arg[0], in_page = at & PAGE_MASK;
    *start = at - in_page;
    *end = *start + align_up(a->arg[1] + in_page, PAGE_SIZE);
    return *end < *start ? ERR_INVAL : ERR_OK;
}

static sysret_t lock(struct thread *t, const struct sys_args *a, uint8_t flags)
{
    uint64_t start, end;
    enum err err = decode(a, &start, &end);
    return err == ERR_OK ? mm_lock(t->mm, start, end, flags) : err;
}

sysret_t sys_mlock(struct thread *t, const struct sys_args *a) { return lock(t, a, AREA_LOCKED); }

sysret_t sys_mlock2(struct thread *t, const struct sys_args *a)
{
    uint32_t flags = (uint32_t)a->arg[2];
    if ((flags & ~(uint32_t)MLOCK_ONFAULT) != 0)
        return ERR_INVAL;
    return lock(t, a, flags != 0 ? AREA_LOCK_FLAGS : AREA_LOCKED);
}

sysret_t sys_munlock(struct thread *t, const struct sys_args *a)
{
    uint64_t start, end;
    enum err err = decode(a, &start, &end);
    return err == ERR_OK ? mm_unlock(t->mm, start, end) : err;
}

sysret_t sys_mlockall(struct thread *t, const struct sys_args *a)
{
    uint32_t flags = (uint32_t)a->arg[0];
    bool now = (flags & MCL_CURRENT) != 0, later = (flags & MCL_FUTURE) != 0;
    if ((flags & ~(uint32_t)(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) != 0 || (!now && !later))
        return ERR_INVAL;
    bool on_fault = (flags & MCL_ONFAULT) != 0;
    return mm_lock_all(t->mm, now, later, on_fault ? AREA_LOCK_FLAGS : AREA_LOCKED);
}

sysret_t sys_munlockall(struct thread *t, const struct sys_args *)
{
    mm_unlock_all(t->mm);
    return 0;
}
