// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/process/schedule.h"
#include "kernel/linux/futex/pi.h"
#include "kernel/linux/process/family.h"

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

static enum err apply(struct thread *t, const struct schedule_change *c) REQUIRES(lc_processes)
{
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
    enum err err = pi_thread_set_sched(t->pi, attr_of(&new));
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

// All threads of a group, or of every one (null).
static enum err nice_many(struct pid *group, const struct schedule_change *c, int32_t *least)
    REQUIRES(lc_processes)
{
    enum err err = ERR_SRCH;
    *least = NICE_MAX;
    for (struct pid *pid = pid_first(); pid != nullptr; pid = pid_next(pid)) {
        struct thread *t = pid->thread;
        if (t == nullptr || (group != nullptr && t->process->group != group))
            continue;
        *least = t->schedule.nice < *least ? t->schedule.nice : *least;
        err = c->sets_nice ? apply(t, c) : ERR_OK;
    }
    return err;
}

enum err schedule_nice_group(uint64_t group, const struct schedule_change *c, int32_t *least)
{
    family_lock(&family);
    struct pid *pid = pid_find(group);
    enum err err = pid != nullptr ? nice_many(pid, c, least) : ERR_SRCH;
    family_unlock(&family);
    return err;
}

enum err schedule_nice_all(const struct schedule_change *c, int32_t *least)
{
    family_lock(&family);
    enum err err = nice_many(nullptr, c, least);
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
