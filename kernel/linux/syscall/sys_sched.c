// SPDX-License-Identifier: Apache-2.0
// sched_setscheduler(2), sched_setaffinity(2), setpriority(2) and their kin.
#include "kernel/linux/process/schedule.h"
#include "kernel/linux/syscall/sys.h"
#include "kernel/linux/syscall/timespec.h"
#include <linux/resource.h>
#include <linux/sched.h>

static_assert(POLICY_NORMAL == SCHED_NORMAL && POLICY_FIFO == SCHED_FIFO && POLICY_RR == SCHED_RR &&
              POLICY_BATCH == SCHED_BATCH && POLICY_IDLE == SCHED_IDLE);

constexpr int32_t PRIORITY_MIN = 1, PRIORITY_MAX = 99;

static uint64_t tid_or_own(struct thread *t, uint64_t arg)
{
    int32_t tid = (int32_t)arg;
    return tid == 0 ? t->tid : (uint64_t)tid;
}

static bool is_real_time(uint32_t policy) { return policy == POLICY_FIFO || policy == POLICY_RR; }

// SCHED_DEADLINE is not there.
static bool is_known(uint32_t policy)
{
    return policy == POLICY_NORMAL || policy == POLICY_BATCH || policy == POLICY_IDLE ||
           is_real_time(policy);
}

static bool fits(uint32_t policy, int32_t priority)
{
    if (!is_real_time(policy))
        return priority == 0;
    return priority >= PRIORITY_MIN && priority <= PRIORITY_MAX;
}

// ---- policies and priorities -------------------------------------------------------------------

static sysret_t set_policy(struct thread *t, const struct sys_args *a, uint32_t policy, bool resets,
                           uint64_t param_at)
{
    int32_t priority;
    if (param_at == 0 || (int32_t)a->arg[0] < 0)
        return ERR_INVAL;
    enum err err = mm_read(t->mm, (uaddr_t){param_at}, SPAN_OF(priority));
    if (err != ERR_OK)
        return err;
    if (!is_known(policy) || !fits(policy, priority))
        return ERR_INVAL;
    struct schedule_change c = {
        .sets_policy = true,
        .policy = policy,
        .priority = (uint32_t)priority,
        .reset_on_fork = resets,
    };
    return schedule_change(tid_or_own(t, a->arg[0]), &c);
}

sysret_t sys_sched_setscheduler(struct thread *t, const struct sys_args *a)
{
    uint32_t policy = (uint32_t)a->arg[1];
    if ((int32_t)policy < 0)
        return ERR_INVAL;
    return set_policy(t, a, policy & ~(uint32_t)SCHED_RESET_ON_FORK,
                      (policy & SCHED_RESET_ON_FORK) != 0, a->arg[2]);
}

static enum err get(struct thread *t, uint64_t arg, struct thread_schedule *s)
{
    return (int32_t)arg < 0 ? ERR_INVAL : schedule_get(tid_or_own(t, arg), s);
}

sysret_t sys_sched_setparam(struct thread *t, const struct sys_args *a)
{
    struct thread_schedule s;
    if (a->arg[1] == 0)
        return ERR_INVAL;
    enum err err = get(t, a->arg[0], &s);
    return err == ERR_OK ? set_policy(t, a, s.policy, s.reset_on_fork, a->arg[1]) : err;
}

sysret_t sys_sched_getscheduler(struct thread *t, const struct sys_args *a)
{
    struct thread_schedule s;
    enum err err = get(t, a->arg[0], &s);
    return err == ERR_OK ? (sysret_t)(s.policy | (s.reset_on_fork ? SCHED_RESET_ON_FORK : 0)) : err;
}

sysret_t sys_sched_getparam(struct thread *t, const struct sys_args *a)
{
    struct thread_schedule s;
    if (a->arg[1] == 0)
        return ERR_INVAL;
    enum err err = get(t, a->arg[0], &s);
    return err == ERR_OK ? mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(s.priority)) : err;
}

sysret_t sys_sched_get_priority_max(struct thread *, const struct sys_args *a)
{
    uint32_t policy = (uint32_t)a->arg[0];
    return !is_known(policy) ? ERR_INVAL : is_real_time(policy) ? PRIORITY_MAX : 0;
}

sysret_t sys_sched_get_priority_min(struct thread *, const struct sys_args *a)
{
    uint32_t policy = (uint32_t)a->arg[0];
    return !is_known(policy) ? ERR_INVAL : is_real_time(policy) ? PRIORITY_MIN : 0;
}

sysret_t sys_sched_rr_get_interval(struct thread *t, const struct sys_args *a)
{
    struct thread_schedule s;
    enum err err = get(t, a->arg[0], &s);
    if (err != ERR_OK)
        return err;
    struct __kernel_timespec slice = timespec_of(schedule_slice(&s));
    return mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(slice));
}

// ---- attributes (sched_setattr(2)) -------------------------------------------------------------

// struct sched_attr of linux/sched/types.h, whose name the frame has.
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t util_min, util_max;
};
constexpr uint32_t ATTRIBUTES_FIRST_SIZE = 48;
constexpr uint64_t ATTRIBUTES_FLAGS =
    SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_KEEP_POLICY | SCHED_FLAG_KEEP_PARAMS;

static bool is_zero_behind(struct thread *t, uint64_t at, uint64_t end, enum err *err)
{
    uint8_t byte = 0;
    for (; *err == ERR_OK && byte == 0 && at < end; at++)
        *err = mm_read(t->mm, (uaddr_t){at}, SPAN_OF(byte));
    return byte == 0;
}

// A structure of another size is taken if what is behind ours is zero; else the program is told
// what size is known.
static enum err read_attributes(struct thread *t, uint64_t at, struct attributes *user)
{
    uint32_t size, known = sizeof(*user);
    *user = (struct attributes){};
    enum err err = mm_read(t->mm, (uaddr_t){at}, SPAN_OF(size));
    if (err != ERR_OK)
        return err;
    if (size == 0)
        size = ATTRIBUTES_FIRST_SIZE;
    bool good = size >= ATTRIBUTES_FIRST_SIZE && size <= PAGE_SIZE &&
                is_zero_behind(t, at + known, at + size, &err);
    if (err == ERR_OK && good)
        return mm_read(t->mm, (uaddr_t){at}, span_sub(SPAN_OF(*user), 0, min_u64(size, known)));
    if (err == ERR_OK)
        err = mm_write(t->mm, (uaddr_t){at}, CSPAN_OF(known));
    return err == ERR_OK ? ERR_2BIG : err;
}

sysret_t sys_sched_setattr(struct thread *t, const struct sys_args *a)
{
    struct attributes user;
    struct thread_schedule s;
    if (a->arg[1] == 0 || (int32_t)a->arg[0] < 0 || (uint32_t)a->arg[2] != 0)
        return ERR_INVAL;
    enum err err = read_attributes(t, a->arg[1], &user);
    if (err == ERR_OK && (user.flags & ~ATTRIBUTES_FLAGS) != 0)
        err = ERR_INVAL;
    if (err == ERR_OK)
        err = get(t, a->arg[0], &s);
    if (err != ERR_OK)
        return err;
    bool keeps = (user.flags & SCHED_FLAG_KEEP_PARAMS) != 0;
    bool keeps_policy = (user.flags & SCHED_FLAG_KEEP_POLICY) != 0;
    bool resets = (user.flags & SCHED_FLAG_RESET_ON_FORK) != 0;
    uint32_t policy = keeps_policy ? s.policy : user.policy;
    uint32_t priority = keeps ? s.priority : user.priority;
    int32_t nice = user.nice < NICE_MIN ? NICE_MIN : user.nice > NICE_MAX ? NICE_MAX : user.nice;
    if (!is_known(policy) || !fits(policy, (int32_t)priority))
        return ERR_INVAL;
    struct schedule_change c = {
        .sets_policy = true,
        .policy = policy,
        .priority = priority,
        .reset_on_fork = keeps_policy ? s.reset_on_fork : resets,
        .sets_nice = !keeps && !is_real_time(policy),
        .nice = nice,
    };
    return schedule_change(tid_or_own(t, a->arg[0]), &c);
}

sysret_t sys_sched_getattr(struct thread *t, const struct sys_args *a)
{
    struct thread_schedule s;
    uint64_t size = (uint32_t)a->arg[2];
    if (a->arg[1] == 0 || size < ATTRIBUTES_FIRST_SIZE || size > PAGE_SIZE ||
        (uint32_t)a->arg[3] != 0)
        return ERR_INVAL;
    enum err err = get(t, a->arg[0], &s);
    if (err != ERR_OK)
        return err;
    struct attributes user = {
        .size = (uint32_t)min_u64(size, sizeof(user)),
        .policy = s.policy,
        .flags = s.reset_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0,
        .nice = is_real_time(s.policy) ? 0 : s.nice,
        .priority = s.priority,
    };
    return mm_write(t->mm, (uaddr_t){a->arg[1]}, cspan_sub(CSPAN_OF(user), 0, user.size));
}

// ---- CPUs --------------------------------------------------------------------------------------

sysret_t sys_sched_setaffinity(struct thread *t, const struct sys_args *a)
{
    struct cpuset set = {};
    uint64_t len = min_u64((uint32_t)a->arg[1], sizeof(set.bits));
    enum err err = mm_read(t->mm, (uaddr_t){a->arg[2]}, span_sub(SPAN_OF(set.bits), 0, len));
    if (err != ERR_OK)
        return err;
    if (cpuset_is_empty(set))
        return ERR_INVAL;
    struct schedule_change c = {.sets_affinity = true, .affinity = set};
    return schedule_change(tid_or_own(t, a->arg[0]), &c);
}

// The value is the size of what is written (sched_setaffinity(2), "C library/kernel differences").
sysret_t sys_sched_getaffinity(struct thread *t, const struct sys_args *a)
{
    struct thread_schedule s;
    uint64_t len = (uint32_t)a->arg[1];
    if (len * 8 < cpuset_size(cpuset_all()) || len % sizeof(uint64_t) != 0)
        return ERR_INVAL;
    enum err err = schedule_get(tid_or_own(t, a->arg[0]), &s);
    if (err != ERR_OK)
        return err;
    struct cpuset set =
        cpuset_is_empty(s.affinity) ? cpuset_all() : cpuset_and(s.affinity, cpuset_all());
    err = mm_write(t->mm, (uaddr_t){a->arg[2]}, CSPAN_OF(set.bits));
    return err == ERR_OK ? (sysret_t)sizeof(set.bits) : err;
}

// ---- nice values -------------------------------------------------------------------------------

// All whom the call names; 0 is the caller, its group, its user.
static enum err nice_named(struct thread *t, const struct sys_args *a,
                           const struct schedule_change *c, int32_t *least)
{
    struct thread_schedule s;
    int32_t who = (int32_t)a->arg[1];
    uint64_t group = (uint64_t)who;
    enum err err;
    switch ((uint32_t)a->arg[0]) {
    case PRIO_PROCESS:
        err = schedule_get(tid_or_own(t, a->arg[1]), &s);
        *least = s.nice;
        return err == ERR_OK && c->sets_nice ? schedule_change(tid_or_own(t, a->arg[1]), c) : err;
    case PRIO_PGRP:
        if (who == 0)
            must(process_group(t->process->pid, &group));
        return schedule_nice_group(group, c, least);
    case PRIO_USER:
        return schedule_nice_user(who != 0 ? (uint32_t)who : t->cred->is.uid.real, c, least);
    }
    return ERR_INVAL;
}

// As the kernel tells it: 1 to 40, so that no value looks like an error (getpriority(2), "C library
// /kernel differences").
sysret_t sys_getpriority(struct thread *t, const struct sys_args *a)
{
    struct schedule_change nothing = {};
    int32_t least;
    enum err err = nice_named(t, a, &nothing, &least);
    return err == ERR_OK ? 20 - least : (sysret_t)err;
}

sysret_t sys_setpriority(struct thread *t, const struct sys_args *a)
{
    int32_t nice = (int32_t)a->arg[2], least;
    struct schedule_change c = {
        .sets_nice = true,
        .nice = nice < NICE_MIN   ? NICE_MIN
                : nice > NICE_MAX ? NICE_MAX
                                  : nice,
    };
    return nice_named(t, a, &c, &least);
}
