// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/futex/lend.h"

HEAP_DEFINE(pi_lock, struct pi_lock);
HEAP_DEFINE(pi_thread, struct pi_thread);
TTREE_DEFINE(registry, struct pi_thread, node, tid);

struct lend lend;
static struct registry registry GUARDED_BY(lc_pi);

// ---- priorities --------------------------------------------------------------------------------

static uint32_t rank_of(struct sched_attr a) { return a.kind == SCHED_FAIR ? 0 : a.priority; }

// Its own, or the highest of those that wait for what it holds.
static uint32_t highest(const struct pi_thread *p) REQUIRES(lc_pi)
{
    uint32_t rank = rank_of(p->own);
    const struct pi_lock *l = pi_locks_first(&p->held);
    for (; l != nullptr; l = pi_locks_next(&p->held, l)) {
        const struct futex_waiter *w = pi_turns_first(&l->turns);
        if (w != nullptr && w->thread->rank > rank)
            rank = w->thread->rank;
    }
    return rank;
}

static struct sched_attr attr_of(const struct pi_thread *p) REQUIRES(lc_pi)
{
    struct sched_attr a = p->own;
    if (p->rank > rank_of(a)) {
        a.kind = SCHED_FIFO;
        a.priority = (uint8_t)p->rank;
    }
    return a;
}

static enum err take_effect(struct pi_thread *p) REQUIRES(lc_pi)
{
    atomic_add(&p->changes, 1);
    return task_set_sched(p->task, attr_of(p));
}

static void take_turn(struct pi_lock *l, struct futex_waiter *w) REQUIRES(lc_pi)
{
    struct futex_waiter *at = pi_turns_first(&l->turns);
    while (at != nullptr && at->thread->rank >= w->thread->rank)
        at = pi_turns_next(&l->turns, at);
    if (at != nullptr)
        pi_turns_insert_before(at, w);
    else
        pi_turns_push_back(&l->turns, w);
}

// Who waits for `p`'s locks has changed. Goes on to whom it waits for: nobody waits for himself.
static void settle(struct pi_thread *p) REQUIRES(lc_pi)
{
    for (;;) {
        uint32_t rank = highest(p);
        if (rank == p->rank)
            return;
        bool later = rank < p->rank && p->task == task_current();
        p->rank = rank;
        if (later)
            lend.lowered = p;
        else
            must(take_effect(p)); // it could run there before
        struct futex_waiter *w = p->waits;
        if (w == nullptr)
            return;
        pi_turns_remove(w);
        take_turn(w->lock, w);
        p = w->lock->owner;
    }
}

void lend_leave(void)
{
    struct pi_thread *p = lend.lowered;
    struct sched_attr attr = {};
    uint32_t changes = 0;
    if (p != nullptr) {
        attr = attr_of(p);
        changes = load_acquire(&p->changes);
    }
    lend.lowered = nullptr;
    lend_unlock(&lend);
    if (p == nullptr)
        return;
    must(task_set_sched(p->task, attr));
    if (load_acquire(&p->changes) == changes)
        return;
    // Somebody has changed it meanwhile, and may have come before us.
    lend_lock(&lend);
    must(take_effect(p));
    lend_unlock(&lend);
}

enum err pi_thread_set_sched(struct pi_thread *p, struct sched_attr attr)
{
    lend_lock(&lend);
    struct sched_attr before = p->own;
    uint32_t rank = p->rank;
    p->own = attr;
    p->rank = highest(p);
    enum err err = take_effect(p);
    struct futex_waiter *w = p->waits;
    if (err != ERR_OK) {
        p->own = before;
        p->rank = rank;
    } else if (w != nullptr) {
        pi_turns_remove(w);
        take_turn(w->lock, w);
        settle(w->lock->owner);
    }
    lend_leave();
    return err;
}

// ---- locks -------------------------------------------------------------------------------------

static bool waits_for(const struct pi_thread *p, const struct pi_thread *other) REQUIRES(lc_pi)
{
    while (p != other && p->waits != nullptr)
        p = p->waits->lock->owner;
    return p == other;
}

enum err lend_wait(struct pi_lock **lock, struct pi_thread *owner, struct futex_waiter *w)
{
    struct pi_lock *l = *lock;
    if (waits_for(owner, w->thread))
        return ERR_DEADLK;
    if (l == nullptr) {
        l = pi_lock_new();
        if (l == nullptr)
            return ERR_NOMEM;
        l->owner = owner;
        pi_locks_push_back(&owner->held, l);
        *lock = l;
    }
    l->users++;
    w->lock = l;
    w->thread->waits = w;
    take_turn(l, w);
    settle(owner);
    return ERR_OK;
}

void lend_put(struct pi_lock *l)
{
    if (--l->users > 0)
        return;
    pi_locks_remove(l);
    pi_lock_delete(l);
}

void lend_give_up(struct futex_waiter *w)
{
    struct pi_thread *owner = w->lock->owner;
    pi_turns_remove(w);
    w->thread->waits = nullptr;
    lend_put(w->lock);
    settle(owner);
}

void lend_pass(struct pi_lock *l, bool stale)
{
    struct pi_thread *before = l->owner;
    struct futex_waiter *w = pi_turns_pop_front(&l->turns);
    pi_locks_remove(l);
    w->thread->waits = nullptr;
    l->owner = w->thread;
    l->stale = stale;
    pi_locks_push_back(&l->owner->held, l);
    settle(l->owner);
    settle(before);
    store_release(&w->woken, true);
    // It stays while lc_pi is held.
    waitq_wake_all(w->sleeper);
}

// ---- threads -----------------------------------------------------------------------------------

enum err pi_thread_create(struct task *task, struct pi_thread **out)
{
    struct pi_thread *p = pi_thread_new();
    if (p == nullptr)
        return ERR_NOMEM;
    p->task = task;
    *out = p;
    return ERR_OK;
}

void pi_thread_destroy(struct pi_thread *p) { pi_thread_delete(p); }

struct pi_thread *lend_find(uint64_t tid) { return registry_find(&registry, tid); }

void pi_thread_begin(struct pi_thread *p, uint64_t tid)
{
    lend_lock(&lend);
    p->tid = tid;
    p->own = task_sched(p->task);
    p->rank = rank_of(p->own);
    registry_insert(&registry, p);
    lend_unlock(&lend);
}

void pi_thread_end(struct pi_thread *p)
{
    lend_lock(&lend);
    registry_remove(&registry, p);
    // Others wait for each of them. Words are for those to change: they may be another memory's.
    for (struct pi_lock *l; (l = pi_locks_first(&p->held)) != nullptr;)
        lend_pass(l, true);
    lend_leave();
}
