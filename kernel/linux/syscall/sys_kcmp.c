// SPDX-License-Identifier: Apache-2.0
// kcmp(2): whether two threads have something together. What differs is ordered by the numbers that
// it has been given when it was made.
#include "kernel/linux/process/credentials.h"
#include "kernel/linux/syscall/sys.h"
#include <linux/kcmp.h>

static sysret_t order(uint64_t a, uint64_t b) { return a == b ? 0 : a < b ? 1 : 2; }

// Spaces go when a thread ends.
static uint64_t memory_of(struct thread *t)
{
    struct mm *mm = thread_mm(t);
    uint64_t serial = UINT64_MAX;
    if (mm != nullptr) {
        serial = mm_serial(mm);
        mm_put(mm);
    }
    return serial;
}

static sysret_t compare(struct thread *a, struct thread *b, uint32_t type)
{
    switch (type) {
    case KCMP_VM:
        return order(memory_of(a), memory_of(b));
    case KCMP_FS:
        return order(places_serial(a->places), places_serial(b->places));
    case KCMP_SIGHAND:
        return order(a->process->handlers->serial, b->process->handlers->serial);
    case KCMP_SYSVSEM:
        return ERR_OPNOTSUPP;
    }
    return ERR_INVAL;
}

sysret_t sys_kcmp(struct thread *t, const struct sys_args *a)
{
    int32_t first = (int32_t)a->arg[0], second = (int32_t)a->arg[1];
    struct thread *one = thread_find((uint64_t)first), *other = thread_find((uint64_t)second);
    sysret_t result = ERR_SRCH;
    if (one != nullptr && other != nullptr) {
        bool may = thread_may_look(t, one) && thread_may_look(t, other);
        result = may ? compare(one, other, (uint32_t)a->arg[2]) : ERR_PERM;
    }
    if (one != nullptr)
        thread_put(one);
    if (other != nullptr)
        thread_put(other);
    return result;
}
