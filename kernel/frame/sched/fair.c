// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/sched/fair.h"

// A single charge counts up to here, far beyond any slice: what is computed of it does not
// overflow.
constexpr uint64_t CHARGE_MAX = 1ull << 32;

// Where virtual time begins. Trees order by plain numbers: a task that brings a lag along begins
// before V, and must not begin before 0; and 64 bits are to last for a hundred days.
constexpr uint64_t START = 1ull << 62;

static struct sched_node *node_of(struct tree_node *t)
{
    return TREE_ENTRY(t, struct sched_node, tree);
}

// Virtual times wrap; all that are compared lie within half the range.
static bool before(uint64_t a, uint64_t b) { return (int64_t)(a - b) < 0; }

static void update_least(struct tree_node *t)
{
    struct sched_node *n = node_of(t);
    n->least_vruntime = n->vruntime;
    struct sched_node *children[] = {node_of(t->left), node_of(t->right)};
    for (int i = 0; i < 2; i++) {
        if (children[i] != nullptr && before(children[i]->least_vruntime, n->least_vruntime))
            n->least_vruntime = children[i]->least_vruntime;
    }
}

void fair_init(struct fair *f, uint32_t cpu)
{
    *f = (struct fair){.base = START};
    sched_tree_init(&f->ready, cpu);
    f->ready.tree.update = update_least;
}

static uint64_t weighted(uint64_t cycles, const struct sched_node *n)
{
    return n->attr.weight == SCHED_WEIGHT_DEFAULT ? cycles
                                                  : cycles * SCHED_WEIGHT_DEFAULT / n->attr.weight;
}

// A lag is kept within two of the task's slices either way.
static int64_t lag_max(const struct sched_node *n)
{
    return (int64_t)weighted(2 * FAIR_SLICE_CYCLES, n);
}

static void count_in(struct fair *f, const struct sched_node *n)
{
    f->sum_weighted += (int64_t)(n->vruntime - f->base) * (int64_t)n->attr.weight;
    f->sum_weight += (int64_t)n->attr.weight;
}

static void count_out(struct fair *f, const struct sched_node *n)
{
    f->sum_weighted -= (int64_t)(n->vruntime - f->base) * (int64_t)n->attr.weight;
    f->sum_weight -= (int64_t)n->attr.weight;
}

// V. Without any task it stays where it was, so that lags keep their meaning.
static uint64_t virtual_time(const struct fair *f)
{
    if (f->sum_weight == 0)
        return f->base;
    return f->base + (uint64_t)(f->sum_weighted / f->sum_weight);
}

// Moves what the sums count from up to V, so that they stay small.
static void rebase(struct fair *f)
{
    uint64_t v = virtual_time(f);
    f->sum_weighted -= (int64_t)(v - f->base) * f->sum_weight;
    f->base = v;
}

static bool is_eligible(const struct fair *f, uint64_t vruntime)
{
    // vruntime <= V, without the division. A task far from V among heavy ones needs the bits.
    return (__int128)(int64_t)(vruntime - f->base) * f->sum_weight <= f->sum_weighted;
}

bool fair_add(struct fair *f, struct sched_node *n)
{
    rebase(f);
    n->vruntime = f->base - (uint64_t)n->lag;
    if (!sched_tree_insert(&f->ready, n, n->vruntime + weighted(FAIR_SLICE_CYCLES, n)))
        return false;
    count_in(f, n);
    if (f->running != nullptr && sched_tree_count(&f->ready) == 1)
        f->was_alone = true;
    return true;
}

bool fair_put_back(struct fair *f, struct sched_node *n, bool yield)
{
    uint64_t deadline = n->key;
    if (yield && before(n->vruntime, deadline)) {
        // As if it had run all of its slice: else it would be the next again as long as the
        // others are ahead of their shares.
        f->sum_weighted += (int64_t)(deadline - n->vruntime) * (int64_t)n->attr.weight;
        n->vruntime = deadline;
    }
    // A deadline that has come is followed by the next slice's.
    if (!before(n->vruntime, deadline))
        deadline = n->vruntime + weighted(FAIR_SLICE_CYCLES, n);
    if (f->running == n)
        f->running = nullptr;
    if (sched_tree_insert(&f->ready, n, deadline))
        return true;
    count_out(f, n);
    return false;
}

static void keep_lag(struct fair *f, struct sched_node *n)
{
    int64_t lag = (int64_t)(virtual_time(f) - n->vruntime), max = lag_max(n);
    n->lag = lag > max ? max : lag < -max ? -max : lag;
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

// The eligible node with the earliest deadline. Deadlines ascend to the right; a subtree whose
// least runtime is not eligible has nobody.
static struct sched_node *best(const struct fair *f)
{
    struct tree_node *t = f->ready.tree.root;
    while (t != nullptr) {
        struct sched_node *left = node_of(t->left), *n = node_of(t);
        if (left != nullptr && is_eligible(f, left->least_vruntime))
            t = t->left;
        else if (is_eligible(f, n->vruntime))
            return n;
        else
            t = t->right;
    }
    // Rounding may leave nobody eligible: then the first deadline it is.
    return node_of(tree_first(&f->ready.tree));
}

struct sched_node *fair_pick(struct fair *f)
{
    struct sched_node *n = best(f);
    if (n == nullptr || !sched_tree_remove(&f->ready, n))
        return nullptr;
    f->running = n;
    f->was_alone = false;
    return n;
}

void fair_charge(struct fair *f, struct sched_node *n, uint64_t cycles)
{
    if (f->running != n)
        return;
    rebase(f);
    uint64_t v = weighted(min_u64(cycles, CHARGE_MAX), n);
    if (f->was_alone) {
        int64_t most = (int64_t)(f->base - n->vruntime) + lag_max(n);
        v = most > 0 ? min_u64(v, (uint64_t)most) : 0;
        f->was_alone = false;
    }
    n->vruntime += v;
    f->sum_weighted += (int64_t)v * (int64_t)n->attr.weight;
}

bool fair_preempts(const struct fair *f, const struct sched_node *n)
{
    return f->running == nullptr ||
           (is_eligible(f, n->vruntime) && before(n->key, f->running->key));
}

uint64_t fair_left(const struct fair *f)
{
    const struct sched_node *n = f->running;
    if (n == nullptr || !before(n->vruntime, n->key))
        return 1;
    // Rounded up: so many cycles bring it to its deadline, and 0 would mean that there is no end.
    return ((n->key - n->vruntime) * n->attr.weight + SCHED_WEIGHT_DEFAULT - 1) /
           SCHED_WEIGHT_DEFAULT;
}
