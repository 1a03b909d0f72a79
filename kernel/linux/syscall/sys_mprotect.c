// SPDX-License-Identifier: Apache-2.0
// mprotect(2), and pkeys(7) as on a CPU that has none.
#include "kernel/linux/syscall/prot.h"
#include "kernel/linux/syscall/range.h"
#include "kernel/linux/syscall/sys.h"
#include <linux/mman.h>

constexpr uint64_t GROWS = PROT_GROWSDOWN | PROT_GROWSUP;
constexpr uint64_t PROT_KNOWN = PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM;

// PROT_SEM means nothing on x86-64. No mapping grows upwards.
static sysret_t protect(struct thread *t, uint64_t at, uint64_t len, uint64_t prot)
{
    uint64_t size = align_up(len, PAGE_SIZE), end = at + size, grows = prot & GROWS;
    if (grows == GROWS || !is_page_aligned(at))
        return ERR_INVAL;
    if (len == 0)
        return 0;
    if (end <= at)
        return ERR_NOMEM;
    if ((prot & ~(PROT_KNOWN | GROWS)) != 0)
        return ERR_INVAL;
    if (!range_is_user(at, size))
        return ERR_NOMEM;
    if (grows == PROT_GROWSUP)
        return mm_covers(t->mm, at, at + PAGE_SIZE) ? ERR_INVAL : ERR_NOMEM;
    if (grows == PROT_GROWSDOWN)
        return mm_protect_stack(t->mm, at, end, prot_decode(prot));
    return mm_protect(t->mm, at, end, prot_decode(prot));
}

sysret_t sys_mprotect(struct thread *t, const struct sys_args *a)
{
    return protect(t, a->arg[0], a->arg[1], a->arg[2]);
}

// The key that says none is the only one that there can be.
sysret_t sys_pkey_mprotect(struct thread *t, const struct sys_args *a)
{
    if ((int32_t)a->arg[3] != -1)
        return ERR_INVAL;
    return protect(t, a->arg[0], a->arg[1], a->arg[2]);
}

sysret_t sys_pkey_alloc(struct thread *, const struct sys_args *a)
{
    return a->arg[0] != 0 || (a->arg[1] & ~(uint64_t)PKEY_ACCESS_MASK) != 0 ? ERR_INVAL : ERR_NOSPC;
}

sysret_t sys_pkey_free(struct thread *, const struct sys_args *) { return ERR_INVAL; }
