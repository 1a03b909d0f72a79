// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/process/schedule.h"
#include "kernel/linux/futex/pi.h"
#include "kernel/linux/process/credentials.h"
#include "kernel/linux/process/family.h"
#include "kernel/linux/process/limits.h"
#include <asm/resource.h>

// A nice value more or less changes the share by a quarter (sched(7), "The nice value").
static uint32_t weight_of(int32_t nice)
{
    uint32_t weight = SCHED_WEIGHT_DEFAULT;
    for (; nice < 0; nice++)
        weight = weight * 5 / 4;
    for (; nice > 0; nice--)
        weight = weight * 4 / 5;
    return weight;
}

static struct sched_attr attr_of(const struct thread_schedule *s)
{
    struct sched_attr attr = {.kind = SCHED_FAIR, .affinity = s->affinity};
    switch (s->policy) {
    case POLICY_FIFO:
        attr.kind = SCHED_FIFO;
        attr.priority = (uint8_t)s->priority;
        break;
    case POLICY_RR:
        attr.kind = SCHED_RR;
        attr.priority = (uint8_t)s->priority;
        break;
    case POLICY_IDLE:
        attr.weight = SCHED_WEIGHT_MIN;
        break;
    default:
        attr.weight = weight_of(s->nice);
    }
    return attr;
}

// What kernel/policy has, in processor cycles.
constexpr uint64_t RR_SLICE = 200'000'000, FAIR_SLICE = 6'000'000;

uint64_t schedule_slice(const struct thread_schedule *s)
{
    if (s->policy == POLICY_FIFO)
        return 0;
    return clock_cycles_to_ns(s->policy == POLICY_RR ? RR_SLICE : FAIR_SLICE);
}

// ---- who may do what ---------------------------------------------------------------------------

// A lower value than it has, up to its limit (getrlimit(2), RLIMIT_NICE).
static bool may_have_nice(struct thread *t, int32_t nice) REQUIRES(lc_processes)
{
    return (uint64_t)(20 - nice) <= limit_of(t->process, RLIMIT_NICE).soft;
}

// A policy and its priority, without being privileged (sched(7), "Privileges and resource limits").
static bool may_have_policy(struct thread *t, const struct schedule_change *c)
    REQUIRES(lc_processes)
{
    const struct thread_schedule *s = &t->schedule;
    if (c->policy == POLICY_FIFO || c->policy == POLICY_RR) {
        uint64_t limit = limit_of(t->process, RLIMIT_RTPRIO).soft;
        if ((c->policy != s->policy && limit == 0) ||
            (c->priority > s->priority && c->priority > limit))
            return false;
    } else if (c->sets_nice && c->nice < s->nice && !may_have_nice(t, c->nice)) {
        return false;
    }
    if (s->policy == POLICY_IDLE && c->policy != POLICY_IDLE && !may_have_nice(t, s->nice))
        return false;
    return !s->reset_on_fork || c->reset_on_fork;
}

static enum err permit(struct thread *t, const struct schedule_change *c) REQUIRES(lc_processes)
{
    const struct identity *by = &thread_running()->cred->is, *of = &t->cred->is;
    if (identity_has(by, CAP_SYS_NICE))
        return ERR_OK;
    if (c->sets_policy)
        return identity_owns(by, of) && may_have_policy(t, c) ? ERR_OK : ERR_PERM;
    if (c->sets_affinity)
        return identity_owns(by, of) ? ERR_OK : ERR_PERM;
    if (!identity_owns_nice(by, of))
        return ERR_PERM;
    return c->nice >= t->schedule.nice || may_have_nice(t, c->nice) ? ERR_OK : ERR_ACCES;
}

// ------------------------------------------------------------------------------------------------

static enum err apply(struct thread *t, const struct schedule_change *c) REQUIRES(lc_processes)
{
    enum err err = permit(t, c);
    if (err != ERR_OK)
        return err;
    struct thread_schedule new = t->schedule;
    if (c->sets_policy) {
        new.policy = c->policy;
        new.priority = c->priority;
        new.reset_on_fork = c->reset_on_fork;
    }
    if (c->sets_nice)
        new.nice = c->nice;
    if (c->sets_affinity)
        new.affinity = c->affinity;
    err = pi_thread_set_sched(t->pi, attr_of(&new));
    if (err == ERR_OK)
        t->schedule = new;
    return err;
}

static struct thread *named(uint64_t tid) REQUIRES(lc_processes)
{
    struct pid *pid = pid_find(tid);
    return pid != nullptr ? pid->thread : nullptr;
}

enum err schedule_get(uint64_t tid, struct thread_schedule *out)
{
    family_lock(&family);
    struct thread *t = named(tid);
    if (t != nullptr)
        *out = t->schedule;
    family_unlock(&family);
    return t != nullptr ? ERR_OK : ERR_SRCH;
}

enum err schedule_change(uint64_t tid, const struct schedule_change *c)
{
    family_lock(&family);
    struct thread *t = named(tid);
    enum err err = t != nullptr ? apply(t, c) : ERR_SRCH;
    family_unlock(&family);
    return err;
}

// All threads of a group or, if that is null, of a user.
static enum err nice_many(struct pid *group, uint32_t uid, const struct schedule_change *c,
                          int32_t *least) REQUIRES(lc_processes)
{
    enum err err = ERR_SRCH;
    *least = NICE_MAX;
    for (struct pid *pid = pid_first(); pid != nullptr; pid = pid_next(pid)) {
        struct thread *t = pid->thread;
        if (t == nullptr ||
            (group != nullptr ? t->process->group != group : t->cred->is.uid.real != uid))
            continue;
        *least = t->schedule.nice < *least ? t->schedule.nice : *least;
        enum err one = c->sets_nice ? apply(t, c) : ERR_OK;
        // What could not be set is not forgotten for what could.
        err = one != ERR_OK || err == ERR_SRCH ? one : err;
    }
    return err;
}

enum err schedule_nice_group(uint64_t group, const struct schedule_change *c, int32_t *least)
{
    family_lock(&family);
    struct pid *pid = pid_find(group);
    enum err err = pid != nullptr ? nice_many(pid, ID_NONE, c, least) : ERR_SRCH;
    family_unlock(&family);
    return err;
}

enum err schedule_nice_user(uint32_t uid, const struct schedule_change *c, int32_t *least)
{
    family_lock(&family);
    enum err err = nice_many(nullptr, uid, c, least);
    family_unlock(&family);
    return err;
}

void schedule_inherit(struct thread *t, const struct thread *by)
{
    struct thread_schedule s = by->schedule;
    if (s.reset_on_fork) {
        bool real_time = s.policy == POLICY_FIFO || s.policy == POLICY_RR;
        s.policy = real_time ? POLICY_NORMAL : s.policy;
        s.priority = 0;
        s.nice = s.nice < 0 || real_time ? 0 : s.nice;
        s.reset_on_fork = false;
    }
    t->schedule = s;
    bool usual = s.policy == POLICY_NORMAL && s.nice == 0 && cpuset_is_empty(s.affinity);
    // What its maker goes by is possible.
    if (!usual)
        must(task_set_sched(t->task, attr_of(&s)));
}
