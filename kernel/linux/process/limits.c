// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/process/limits.h"
#include "kernel/linux/process/credentials.h"
#include <asm/resource.h>

static_assert(LIMITS == RLIM_NLIMITS);

// The most descriptors that a process may ever have (fs.nr_open).
constexpr uint64_t DESCRIPTORS_MAX = 1'048'576;

// As Linux has them at the start of a machine.
constexpr uint64_t NONE = RLIM_INFINITY, TASKS = 32'768, STACK = 8 * MIB;

static const struct limit first[LIMITS] = {
    [RLIMIT_CPU] = {NONE, NONE},
    [RLIMIT_FSIZE] = {NONE, NONE},
    [RLIMIT_DATA] = {NONE, NONE},
    [RLIMIT_STACK] = {STACK, NONE},
    [RLIMIT_CORE] = {0, NONE},
    [RLIMIT_RSS] = {NONE, NONE},
    [RLIMIT_NPROC] = {TASKS, TASKS},
    [RLIMIT_NOFILE] = {1024, 4096},
    [RLIMIT_MEMLOCK] = {8 * MIB, 8 * MIB},
    [RLIMIT_AS] = {NONE, NONE},
    [RLIMIT_LOCKS] = {NONE, NONE},
    [RLIMIT_SIGPENDING] = {TASKS, TASKS},
    [RLIMIT_MSGQUEUE] = {819'200, 819'200},
    [RLIMIT_NICE] = {0, 0},
    [RLIMIT_RTPRIO] = {0, 0},
    [RLIMIT_RTTIME] = {NONE, NONE},
};

struct limit limit_of(struct process *p, uint32_t resource)
{
    signals_lock(p);
    struct limit l = ELEM(p->limits, resource);
    signals_unlock(p);
    return l;
}

void limits_init(struct process *p, struct process *by)
{
    for (uint32_t i = 0; i < LIMITS; i++) {
        struct limit l = by != nullptr ? limit_of(by, i) : ELEM(first, i);
        signals_lock(p);
        ELEM(p->limits, i) = l;
        signals_unlock(p);
    }
}

// What a process's memory may be, in which it may perhaps lock as much as there is.
static struct mm_limits memory_limits(struct process *p, bool locks_any) REQUIRES(lc_signals)
{
    return (struct mm_limits){
        .stack = p->limits[RLIMIT_STACK].soft,
        .data = p->limits[RLIMIT_DATA].soft,
        .space = p->limits[RLIMIT_AS].soft,
        .locked = locks_any ? NONE : p->limits[RLIMIT_MEMLOCK].soft,
    };
}

void limits_apply(struct thread *t)
{
    signals_lock(t->process);
    struct mm_limits memory = memory_limits(t->process, thread_has(t, CAP_IPC_LOCK));
    signals_unlock(t->process);
    mm_set_limits(t->mm, &memory);
}

static enum err check(uint32_t resource, const struct limit *new)
{
    if (new->soft > new->hard)
        return ERR_INVAL;
    if (resource == RLIMIT_NOFILE && new->hard > DESCRIPTORS_MAX)
        return ERR_PERM;
    bool timed = resource == RLIMIT_CPU || resource == RLIMIT_RTTIME;
    return timed && new->soft != NONE ? ERR_INVAL : ERR_OK;
}

// What a process has, with a reference; null: it is about to end. All its threads have the same.
static struct mm *memory_of(struct process *p) REQUIRES(lc_signals)
{
    struct thread *t = threads_first(&p->threads);
    while (t != nullptr && t->mm == nullptr)
        t = threads_next(&p->threads, t);
    if (t == nullptr)
        return nullptr;
    mm_get(t->mm);
    return t->mm;
}

enum err limit_set(struct thread *by, struct process *p, uint32_t resource, const struct limit *new,
                   struct limit *old)
{
    struct mm *mm = nullptr;
    struct mm_limits memory;
    enum err err = check(resource, new);
    if (err != ERR_OK)
        return err;
    signals_lock(p);
    *old = ELEM(p->limits, resource);
    if (new->hard > old->hard && !thread_has(by, CAP_SYS_RESOURCE)) {
        err = ERR_PERM;
    } else {
        ELEM(p->limits, resource) = *new;
        memory = memory_limits(p, identity_has(&p->cred->is, CAP_IPC_LOCK));
        mm = memory_of(p);
    }
    signals_unlock(p);
    if (mm != nullptr) {
        mm_set_limits(mm, &memory);
        mm_put(mm);
    }
    return err;
}

uint64_t limit_of_signals(struct process *p) { return p->limits[RLIMIT_SIGPENDING].soft; }
