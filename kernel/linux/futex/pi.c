// SPDX-License-Identifier: Apache-2.0
// The words of locks that lend priority: 0, or the owner's thread identifier with FUTEX_WAITERS
// if the kernel has to be asked.
#include "kernel/linux/futex/lend.h"
#include "kernel/linux/futex/word.h"
#include <linux/futex.h>

static struct futex_waiter *first_at(struct futex_bucket *b, const struct futex_key *k)
    REQUIRES(lc_futex)
{
    struct futex_waiter *w = futex_waiters_first(&b->waiters);
    while (w != nullptr && !futex_key_same(&w->key, k))
        w = futex_waiters_next(&b->waiters, w);
    return w;
}

// ---- becoming the owner ------------------------------------------------------------------------

// What a thread's wish to own a word comes to.
struct claim {
    struct futex_word word;
    const struct futex_key *key;
    bool taken;              // else:
    struct pi_thread *owner; // whom it has to wait for
    struct pi_lock *lock;    // null: it is the first to wait
};

// Whether a word with waiters is as the kernel has left it. An owner that ends may have let it go
// by its robust list already.
static bool agrees(const struct pi_lock *l, uint32_t seen) REQUIRES(lc_pi)
{
    uint32_t tid = seen & FUTEX_TID_MASK;
    return l->stale || tid == l->owner->tid || (tid == 0 && (seen & FUTEX_OWNER_DIED) != 0);
}

// `others`: some will wait, whatever it comes to.
static enum err claim(struct futex_bucket *b, struct claim *c, struct pi_thread *by, bool others)
    REQUIRES(lc_pi) REQUIRES(lc_futex)
{
    uint32_t seen;
    struct futex_waiter *first = first_at(b, c->key);
    enum err err = futex_word_load(c->word, &seen);
    while (err == ERR_OK) {
        uint32_t tid = seen & FUTEX_TID_MASK, now = seen;
        if (tid == by->tid)
            return ERR_DEADLK;
        if (first != nullptr) {
            c->lock = first->lock;
            if (c->lock == nullptr || !agrees(c->lock, seen))
                return ERR_INVAL;
            c->owner = c->lock->owner;
            return ERR_OK;
        }
        c->taken = tid == 0;
        uint32_t taken =
            (seen & FUTEX_OWNER_DIED) | (uint32_t)by->tid | (others ? FUTEX_WAITERS : 0);
        err = futex_word_swap(c->word, &now, c->taken ? taken : seen | FUTEX_WAITERS);
        if (err == ERR_OK && now == seen) {
            // One that ends is found until its robust list has been walked.
            c->owner = c->taken ? by : lend_find(tid);
            return c->owner != nullptr ? ERR_OK : ERR_SRCH;
        }
        seen = now;
    }
    return err;
}

// The owner before has ended; the word is the new one's to change.
static enum err inherit(struct pi_lock *l, struct futex_word word) REQUIRES(lc_pi)
{
    uint32_t seen, now;
    enum err err = futex_word_load(word, &seen);
    while (err == ERR_OK) {
        now = seen;
        err =
            futex_word_swap(word, &now, (uint32_t)l->owner->tid | FUTEX_WAITERS | FUTEX_OWNER_DIED);
        if (now == seen)
            break;
        seen = now;
    }
    if (err == ERR_OK)
        l->stale = false;
    else if (!pi_turns_is_empty(&l->turns))
        lend_pass(l, true);
    return err;
}

// The end of a wait: `err` is what it has come to, if the lock has not.
static enum err finish(struct futex_waiter *w, enum err err)
{
    lend_lock(&lend);
    // Others move it with both locked only.
    struct futex_bucket *b = futex_bucket_at(load_acquire(&w->bucket));
    futex_bucket_lock(b);
    if (futex_waiters_has(w))
        futex_waiters_remove(w);
    futex_bucket_unlock(b);
    if (!load_acquire(&w->woken)) {
        if (w->lock != nullptr)
            lend_give_up(w);
    } else {
        err = ERR_OK;
        if (w->lock != nullptr && w->lock->stale)
            err = inherit(w->lock, w->word);
        if (w->lock != nullptr)
            lend_put(w->lock);
    }
    lend_leave();
    return err;
}

enum err futex_pi_lock(struct futex_word word, struct pi_thread *self, bool poll,
                       const struct wait_limits *limits)
{
    struct waitq sleeper = {};
    struct futex_waiter w = {};
    struct claim c = {.word = word, .key = &w.key};
    enum err err = futex_key_of(word, &w.key);
    if (err != ERR_OK)
        return err;
    w.word = word;
    w.thread = self;
    w.sleeper = &sleeper;
    w.bucket = futex_key_bucket(&w.key);
    struct futex_bucket *b = futex_bucket_at(w.bucket);
    lend_lock(&lend);
    futex_bucket_lock(b);
    err = claim(b, &c, self, false);
    if (err == ERR_OK && !c.taken) {
        err = poll ? ERR_AGAIN : lend_wait(&c.lock, c.owner, &w);
        if (err == ERR_OK)
            futex_waiter_add(&w);
    }
    futex_bucket_unlock(b);
    lend_leave();
    if (err != ERR_OK || c.taken)
        return err;
    waitq_until_or(&sleeper, load_acquire(&w.woken), limits, err);
    return finish(&w, err);
}

// ---- letting go --------------------------------------------------------------------------------

// Changes a word that names `self`. It names another: `changed`.
static enum err replace(struct futex_word word, struct pi_thread *self, uint32_t value,
                        enum err changed)
{
    uint32_t seen, now;
    enum err err = futex_word_load(word, &seen);
    while (err == ERR_OK) {
        if ((seen & FUTEX_TID_MASK) != self->tid)
            return changed;
        now = seen;
        err = futex_word_swap(word, &now, value);
        if (now == seen)
            break;
        seen = now;
    }
    return err;
}

static enum err let_go(struct futex_word word, struct futex_waiter *first, struct pi_thread *self)
    REQUIRES(lc_pi)
{
    if (first == nullptr)
        return replace(word, self, 0, ERR_PERM);
    struct pi_lock *l = first->lock;
    struct futex_waiter *next = l != nullptr ? pi_turns_first(&l->turns) : nullptr;
    if (next == nullptr || l->owner != self)
        return ERR_INVAL;
    enum err err = replace(word, self, (uint32_t)next->thread->tid | FUTEX_WAITERS, ERR_INVAL);
    if (err == ERR_OK)
        lend_pass(l, false);
    return err;
}

enum err futex_pi_unlock(struct futex_word word, struct pi_thread *self)
{
    struct futex_key k;
    uint32_t seen;
    enum err err = mm_read(word.mm, word.at, SPAN_OF(seen));
    if (err == ERR_OK && (seen & FUTEX_TID_MASK) != self->tid)
        err = ERR_PERM;
    if (err == ERR_OK)
        err = futex_key_of(word, &k);
    if (err != ERR_OK)
        return err;
    struct futex_bucket *b = futex_bucket_at(futex_key_bucket(&k));
    lend_lock(&lend);
    futex_bucket_lock(b);
    err = let_go(word, first_at(b, &k), self);
    futex_bucket_unlock(b);
    lend_leave();
    return err;
}

// ---- from one word to another ------------------------------------------------------------------

enum err futex_pi_wait_requeue(struct futex_word word, uint32_t value, struct futex_word target,
                               struct pi_thread *self, const struct wait_limits *limits)
{
    struct waitq sleeper = {};
    struct futex_waiter w = {};
    if (word.at.raw == target.at.raw)
        return ERR_INVAL;
    enum err err = futex_key_of(target, &w.target);
    if (err == ERR_OK)
        err = futex_key_of(word, &w.key);
    if (err == ERR_OK && futex_key_same(&w.key, &w.target))
        err = ERR_INVAL;
    if (err != ERR_OK)
        return err;
    w.word = word;
    w.value = value;
    w.thread = self;
    w.bits = FUTEX_ANY;
    w.sleeper = &sleeper;
    err = futex_enqueue(&w);
    if (err != ERR_OK)
        return err;
    waitq_until_or(&sleeper, load_acquire(&w.woken), limits, err);
    w.word = target;
    err = finish(&w, err);
    // Made again, the call would find the word changed.
    return err == ERR_INTR && w.lock != nullptr ? ERR_AGAIN : err;
}

// One that waits for the target to be free, and has no other.
static bool can_move(const struct futex_waiter *x, const struct futex_pair *p)
{
    return x->thread != nullptr && x->lock == nullptr && futex_key_same(&x->target, &p->other_key);
}

static enum err requeue(struct futex_pair *p) REQUIRES(lc_pi) REQUIRES(lc_futex)
{
    struct claim c = {.word = p->other, .key = &p->other_key};
    struct futex_waiter *x = first_at(p->bucket, &p->key), *next;
    if (futex_key_same(&p->key, &p->other_key))
        return ERR_INVAL;
    enum err err = futex_check(p->word, *p->expected);
    if (err != ERR_OK || x == nullptr)
        return err;
    if (!can_move(x, p))
        return ERR_INVAL;
    err = claim(p->other_bucket, &c, x->thread, p->wake_other > 0);
    if (err != ERR_OK)
        return err;
    if (c.taken) {
        next = futex_waiters_next(&p->bucket->waiters, x);
        futex_waiters_remove(x);
        store_release(&x->woken, true);
        waitq_wake_all(x->sleeper);
        p->moved = 1;
        x = next;
    }
    // As on Linux, as many as are to be moved come beside one that would have been woken.
    for (; x != nullptr && p->moved <= p->wake_other; x = next) {
        next = futex_waiters_next(&p->bucket->waiters, x);
        if (!futex_key_same(&x->key, &p->key))
            continue;
        if (!can_move(x, p))
            return ERR_INVAL;
        err = lend_wait(&c.lock, c.owner, x);
        if (err != ERR_OK)
            return err;
        futex_waiter_move(x, p);
        p->moved++;
    }
    return ERR_OK;
}

enum err futex_pi_requeue(struct futex_word word, struct futex_word target, uint32_t expected,
                          uint32_t move, uint32_t *done)
{
    struct futex_pair p = {
        .word = word, .other = target, .wake_other = move, .expected = &expected, .work = requeue};
    lend_lock(&lend);
    enum err err = futex_pair_do(&p);
    lend_leave();
    *done = p.moved;
    return err;
}
