// SPDX-License-Identifier: Apache-2.0
#include "kernel/policy/fair.h"

// A single charge counts up to here, far beyond any slice: what is computed of it does not
// overflow.
constexpr uint64_t CHARGE_MAX = 1ull << 32;

// Where virtual time begins. Trees order by plain numbers: a task that brings a lag along begins
// before V, and must not begin before 0; and 64 bits are to last for a hundred days.
constexpr uint64_t START = 1ull << 62;

void fair_init(struct fair *f, uint32_t cpu)
{
    sched_tree_init(&f->ready, cpu);
    f->running = nullptr;
    f->base = START;
    f->sum_weighted = 0;
    f->sum_weight = 0;
}

static uint32_t weight_of(const struct sched_node *n) { return sched_node_attr(n).weight; }

static uint64_t weighted(uint64_t cycles, const struct sched_node *n)
{
    uint32_t weight = weight_of(n);
    return weight == SCHED_WEIGHT_DEFAULT ? cycles : cycles * SCHED_WEIGHT_DEFAULT / weight;
}

// A lag is kept within two of the task's slices either way.
static int64_t lag_max(const struct sched_node *n)
{
    return (int64_t)weighted(2 * FAIR_SLICE_CYCLES, n);
}

static void count_in(struct fair *f, struct sched_node *n)
{
    f->sum_weighted += (int64_t)(sched_node_share(n)->vruntime - f->base) * (int64_t)weight_of(n);
    f->sum_weight += weight_of(n);
}

static void count_out(struct fair *f, struct sched_node *n)
{
    f->sum_weighted -= (int64_t)(sched_node_share(n)->vruntime - f->base) * (int64_t)weight_of(n);
    f->sum_weight -= weight_of(n);
}

// V, rounded down: who is not ahead of V is not ahead of this either. Without any task it stays
// where it was, so that lags keep their meaning.
static uint64_t virtual_time(const struct fair *f)
{
    if (f->sum_weight == 0)
        return f->base;
    int64_t v = f->sum_weighted / f->sum_weight;
    return f->base + (uint64_t)(v * f->sum_weight > f->sum_weighted ? v - 1 : v);
}

// Moves what the sums count from up to V, so that they stay small.
static void rebase(struct fair *f)
{
    uint64_t v = virtual_time(f);
    f->sum_weighted -= (int64_t)(v - f->base) * f->sum_weight;
    f->base = v;
}

bool fair_add(struct fair *f, struct sched_node *n)
{
    struct sched_share *s = sched_node_share(n);
    rebase(f);
    uint64_t vruntime = f->base - (uint64_t)s->lag;
    uint64_t deadline = vruntime + weighted(FAIR_SLICE_CYCLES, n);
    if (!sched_tree_insert(&f->ready, n, deadline, vruntime))
        return false;
    s->vruntime = vruntime;
    s->deadline = deadline;
    count_in(f, n);
    return true;
}

bool fair_put_back(struct fair *f, struct sched_node *n, bool yield)
{
    struct sched_share *s = sched_node_share(n);
    if (yield && s->vruntime < s->deadline) {
        // As if it had run all of its slice: else it would be the next again as long as the
        // others are ahead of their shares.
        f->sum_weighted += (int64_t)(s->deadline - s->vruntime) * (int64_t)weight_of(n);
        s->vruntime = s->deadline;
    }
    // A deadline that has come is followed by the next slice's.
    if (s->vruntime >= s->deadline)
        s->deadline = s->vruntime + weighted(FAIR_SLICE_CYCLES, n);
    if (f->running == n)
        f->running = nullptr;
    if (sched_tree_insert(&f->ready, n, s->deadline, s->vruntime))
        return true;
    count_out(f, n);
    return false;
}

static void keep_lag(struct fair *f, struct sched_node *n)
{
    struct sched_share *s = sched_node_share(n);
    int64_t lag = (int64_t)(virtual_time(f) - s->vruntime), max = lag_max(n);
    s->lag = lag > max ? max : lag < -max ? -max : lag;
    count_out(f, n);
}

void fair_leave(struct fair *f, struct sched_node *n)
{
    if (f->running != n)
        return;
    f->running = nullptr;
    keep_lag(f, n);
}

bool fair_remove(struct fair *f, struct sched_node *n)
{
    if (!sched_tree_remove(&f->ready, n))
        return false;
    keep_lag(f, n);
    return true;
}

struct sched_node *fair_pick(struct fair *f)
{
    struct sched_node *n = sched_tree_first_within(&f->ready, virtual_time(f));
    // Where the running one has not been put back, perhaps nobody else is eligible.
    if (n == nullptr)
        n = sched_tree_first(&f->ready);
    if (n == nullptr || !sched_tree_remove(&f->ready, n))
        return nullptr;
    f->running = n;
    return n;
}

void fair_charge(struct fair *f, struct sched_node *n, uint64_t cycles)
{
    if (f->running != n)
        return;
    rebase(f);
    struct sched_share *s = sched_node_share(n);
    uint64_t v = weighted(cycles < CHARGE_MAX ? cycles : CHARGE_MAX, n);
    s->vruntime += v;
    f->sum_weighted += (int64_t)v * (int64_t)weight_of(n);
}

bool fair_preempts(const struct fair *f, struct sched_node *n)
{
    if (f->running == nullptr)
        return true;
    const struct sched_share *s = sched_node_share(n);
    return s->vruntime <= virtual_time(f) && s->deadline < sched_node_share(f->running)->deadline;
}

uint64_t fair_left(const struct fair *f)
{
    if (f->running == nullptr)
        return 1;
    const struct sched_share *s = sched_node_share(f->running);
    if (s->vruntime >= s->deadline)
        return 1;
    // Rounded up: so many cycles bring it to its deadline, and 0 would mean that there is no end.
    return ((s->deadline - s->vruntime) * weight_of(f->running) + SCHED_WEIGHT_DEFAULT - 1) /
           SCHED_WEIGHT_DEFAULT;
}
