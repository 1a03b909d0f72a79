// SPDX-License-Identifier: Apache-2.0
// The default policy: real-time tasks by priority, then fair shares; each CPU has its own queue,
// wake-ups keep partners together, and CPUs with nothing to do take from others.
#include "kernel/policy/fair.h"

// A task of SCHED_RR gives way to its equals after this.
constexpr uint64_t RR_SLICE_CYCLES = 200'000'000;

// A ready task is left where it is for this long before another CPU may take it: two tasks that
// wake each other in turns are better off on one CPU.
constexpr uint64_t STEAL_AFTER_CYCLES = 500'000;

struct queue {
    alignas(64) struct sched_tree rt; // by priority, then in turn
    struct fair fair;
    struct sched_node *running;
    uint64_t rt_turn; // ascends for those that go behind their equals
    bool initialised;
};

static struct queue queues[CPUS_MAX];

static struct queue *queue_of(uint32_t cpu)
{
    struct queue *q = &ELEM(queues, cpu);
    if (unlikely(!q->initialised)) {
        sched_tree_init(&q->rt, cpu);
        fair_init(&q->fair, cpu);
        q->rt_turn = 1ull << 48;
        q->initialised = true;
    }
    return q;
}

static bool is_rt(const struct sched_node *n) { return sched_node_attr(n).kind != SCHED_FAIR; }

static uint32_t ready_count(const struct queue *q)
{
    return sched_tree_count(&q->rt) + sched_tree_count(&q->fair.ready);
}

static uint32_t least_busy(struct cpuset cpus)
{
    uint32_t best = cpuset_first(cpus), best_count = UINT32_MAX;
    for (uint32_t cpu; cpuset_take(&cpus, &cpu);) {
        uint32_t count = ready_count(&ELEM(queues, cpu));
        if (count < best_count) {
            best = cpu;
            best_count = count;
        }
    }
    return best;
}

static uint32_t select(struct sched_node *n, enum sched_why why, uint32_t waker)
{
    struct cpuset allowed = cpuset_and(sched_node_attr(n).affinity, cpuset_all());
    struct cpuset idle = cpuset_and(sched_idle_cpus(), allowed);
    if (why == SCHED_WOKEN) {
        // Where it ran, if that CPU is free; or if that is where it is being woken: then the
        // waker is likely to wait for it next.
        uint32_t last = sched_node_cpu(n);
        if (cpuset_has(idle, last))
            return last;
        if (last == waker && cpuset_has(allowed, waker) && ready_count(&ELEM(queues, waker)) == 0)
            return waker;
    }
    if (!cpuset_is_empty(idle))
        return cpuset_first(idle);
    return least_busy(allowed);
}

// Higher priorities first, equals in turn.
static uint64_t rt_key(struct sched_attr attr, uint64_t turn)
{
    return (uint64_t)(SCHED_PRIORITY_MAX - attr.priority) << 56 | turn;
}

static bool enqueue_rt(struct queue *q, struct sched_node *n, enum sched_why why)
{
    struct sched_attr attr = sched_node_attr(n);
    struct sched_share *s = sched_node_share(n);
    // Who was made to give way keeps its place before its equals.
    uint64_t turn = q->rt_turn++;
    if (why == SCHED_PREEMPTED && !(attr.kind == SCHED_RR && s->slice_left == 0))
        turn = (1ull << 48) - (turn & 0xffff'ffff);
    if (s->slice_left == 0)
        s->slice_left = RR_SLICE_CYCLES;
    sched_tree_insert(&q->rt, n, rt_key(attr, turn), 0);
    const struct sched_node *r = q->running;
    return r == nullptr || !is_rt(r) || sched_node_attr(r).priority < attr.priority;
}

static bool enqueue_fair(struct queue *q, struct sched_node *n, enum sched_why why)
{
    if (q->fair.running == n)
        fair_put_back(&q->fair, n, why == SCHED_YIELDED);
    else
        fair_add(&q->fair, n);
    const struct sched_node *r = q->running;
    if (r == nullptr)
        return true;
    // One that ran alone has no end to its slice: let it be looked at again.
    return !is_rt(r) && (fair_preempts(&q->fair, n) || ready_count(q) == 1);
}

static bool enqueue(uint32_t cpu, struct sched_node *n, enum sched_why why)
{
    struct queue *q = queue_of(cpu);
    sched_node_share(n)->ready_since = clock_cycles();
    if (q->running == n)
        q->running = nullptr;
    return is_rt(n) ? enqueue_rt(q, n, why) : enqueue_fair(q, n, why);
}

static void forget_running(struct queue *q)
{
    if (q->running != nullptr && !is_rt(q->running))
        fair_leave(&q->fair, q->running);
    q->running = nullptr;
}

static struct sched_node *pick(uint32_t cpu)
{
    struct queue *q = queue_of(cpu);
    forget_running(q); // it was not put back: it waits, or has ended
    q->running = sched_tree_pop(&q->rt);
    if (q->running == nullptr)
        q->running = fair_pick(&q->fair);
    return q->running;
}

static bool dequeue(uint32_t cpu, struct sched_node *n)
{
    struct queue *q = queue_of(cpu);
    return sched_tree_remove(&q->rt, n) || fair_remove(&q->fair, n);
}

// The first that may run on `cpu`, of those that have been ready since then.
static struct sched_node *first_for(struct sched_tree *t, uint32_t cpu, uint64_t since)
{
    struct sched_node *n = sched_tree_first(t);
    while (n != nullptr && (!cpuset_has(sched_node_attr(n).affinity, cpu) ||
                            sched_node_share(n)->ready_since > since))
        n = sched_tree_next(t, n);
    return n;
}

static struct sched_node *steal(uint32_t from, uint32_t to)
{
    struct queue *q = queue_of(from);
    uint64_t now = clock_cycles();
    // One whose CPU has several waiting may go at once.
    uint64_t since = ready_count(q) > 1 ? now : now - STEAL_AFTER_CYCLES;
    struct sched_node *n = first_for(&q->rt, to, now);
    if (n == nullptr)
        n = first_for(&q->fair.ready, to, since);
    return n != nullptr && dequeue(from, n) ? n : nullptr;
}

static void use_up(struct sched_share *s, uint64_t cycles)
{
    s->slice_left = cycles < s->slice_left ? s->slice_left - cycles : 0;
}

static void charge(uint32_t cpu, struct sched_node *n, uint64_t cycles)
{
    struct queue *q = queue_of(cpu);
    if (!is_rt(n))
        fair_charge(&q->fair, n, cycles);
    else if (sched_node_attr(n).kind == SCHED_RR)
        use_up(sched_node_share(n), cycles);
}

static uint64_t slice(uint32_t cpu, struct sched_node *n)
{
    struct queue *q = queue_of(cpu);
    enum sched_class kind = sched_node_attr(n).kind;
    if (kind == SCHED_FIFO || ready_count(q) == 0)
        return 0;
    uint64_t left = kind == SCHED_RR ? sched_node_share(n)->slice_left : fair_left(&q->fair);
    // While a CPU idles, the one that waits here is offered to it soon.
    if (kind == SCHED_FAIR && left > STEAL_AFTER_CYCLES && !cpuset_is_empty(sched_idle_cpus()))
        return STEAL_AFTER_CYCLES;
    return left > 0 ? left : 1;
}

const struct sched_ops sched_default_ops = {
    .select = select,
    .enqueue = enqueue,
    .pick = pick,
    .steal = steal,
    .charge = charge,
    .slice = slice,
    .dequeue = dequeue,
};
