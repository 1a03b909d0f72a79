// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/futex/futex.h"
#include "kernel/linux/futex/queue.h"
#include "kernel/linux/futex/word.h"
#include <linux/futex.h>

// ---- waiting -----------------------------------------------------------------------------------

enum err futex_wait(struct futex_word word, uint32_t value, uint32_t bits,
                    const struct wait_limits *limits)
{
    struct waitq sleeper = {};
    struct futex_waiter w = {};
    if (bits == 0)
        return ERR_INVAL;
    enum err err = futex_key_of(word, &w.key);
    if (err != ERR_OK)
        return err;
    w.word = word;
    w.value = value;
    w.bits = bits;
    w.sleeper = &sleeper;
    err = futex_enqueue(&w);
    if (err != ERR_OK)
        return err;
    waitq_until_or(&sleeper, load_acquire(&w.woken), limits, err);
    return futex_dequeue(&w) ? ERR_OK : err;
}

// ---- waking ------------------------------------------------------------------------------------

// Wakes those of a bucket that is locked, and counts them. ERR_INVAL: there is one that waits for a
// lock, which is for unlocking to wake.
static enum err wake(struct futex_bucket *b, const struct futex_key *k, uint32_t count,
                     uint32_t bits, uint32_t *woken) REQUIRES(lc_futex)
{
    struct futex_waiter *next, *w = futex_waiters_first(&b->waiters);
    for (uint32_t n = 0; w != nullptr && n < count; w = next) {
        next = futex_waiters_next(&b->waiters, w);
        if (!futex_key_same(&w->key, k))
            continue;
        if (w->thread != nullptr)
            return ERR_INVAL;
        if ((w->bits & bits) == 0)
            continue;
        futex_waiters_remove(w);
        store_release(&w->woken, true);
        // It stays while the bucket is locked.
        waitq_wake_all(w->sleeper);
        n++;
        (*woken)++;
    }
    return ERR_OK;
}

enum err futex_wake(struct futex_word word, uint32_t count, uint32_t bits, uint32_t *woken)
{
    struct futex_key k;
    *woken = 0;
    enum err err = bits == 0 ? ERR_INVAL : futex_key_of(word, &k);
    if (err != ERR_OK)
        return err;
    struct futex_bucket *b = futex_bucket_at(futex_key_bucket(&k));
    futex_bucket_lock(b);
    err = wake(b, &k, count, bits, woken);
    futex_bucket_unlock(b);
    return err;
}

// FUTEX_OP's fields: a bit for "the argument is a shift", three for the operation, four for the
// comparison, twelve signed ones for each argument.
struct futex_operation {
    uint32_t code, comparison;
    int32_t argument, compare_with;
};

// Has waiters of the one wait at the other. ERR_INVAL as above.
static enum err move_waiters(struct futex_pair *p) REQUIRES(lc_futex)
{
    struct futex_waiter *next, *w = futex_waiters_first(&p->bucket->waiters);
    for (; w != nullptr && p->moved < p->wake_other; w = next) {
        next = futex_waiters_next(&p->bucket->waiters, w);
        if (!futex_key_same(&w->key, &p->key))
            continue;
        if (w->thread != nullptr)
            return ERR_INVAL;
        futex_waiter_move(w, p);
        p->moved++;
    }
    return ERR_OK;
}

static enum err requeue(struct futex_pair *p) REQUIRES(lc_futex)
{
    enum err err = p->expected != nullptr ? futex_check(p->word, *p->expected) : ERR_OK;
    if (err == ERR_OK)
        err = wake(p->bucket, &p->key, p->wake, FUTEX_ANY, &p->woken);
    // Those that are there already would be moved for ever.
    if (err == ERR_OK && !futex_key_same(&p->key, &p->other_key))
        err = move_waiters(p);
    return err;
}

// ---- FUTEX_WAKE_OP -----------------------------------------------------------------------------

static int32_t signed12(uint32_t value) { return (int32_t)((value & 0xfff) ^ 0x800) - 0x800; }

static enum err decode(uint32_t word, struct futex_operation *o)
{
    *o = (struct futex_operation){
        .code = word >> 28 & 7,
        .comparison = word >> 24 & 15,
        .argument = signed12(word >> 12),
        .compare_with = signed12(word),
    };
    if ((word >> 28 & FUTEX_OP_OPARG_SHIFT) != 0)
        o->argument = (int32_t)(1u << ((uint32_t)o->argument & 31));
    return o->code > FUTEX_OP_XOR || o->comparison > FUTEX_OP_CMP_GE ? ERR_NOSYS : ERR_OK;
}

static uint32_t apply(const struct futex_operation *o, uint32_t old)
{
    uint32_t argument = (uint32_t)o->argument;
    switch (o->code) {
    case FUTEX_OP_SET:
        return argument;
    case FUTEX_OP_ADD:
        return old + argument;
    case FUTEX_OP_OR:
        return old | argument;
    case FUTEX_OP_ANDN:
        return old & ~argument;
    default:
        return old ^ argument;
    }
}

static bool compares(const struct futex_operation *o, uint32_t old)
{
    int32_t a = (int32_t)old, b = o->compare_with;
    switch (o->comparison) {
    case FUTEX_OP_CMP_EQ:
        return a == b;
    case FUTEX_OP_CMP_NE:
        return a != b;
    case FUTEX_OP_CMP_LT:
        return a < b;
    case FUTEX_OP_CMP_LE:
        return a <= b;
    case FUTEX_OP_CMP_GT:
        return a > b;
    default:
        return a >= b;
    }
}

// `*old` is what was there.
static enum err change(struct futex_word word, const struct futex_operation *o, uint32_t *old)
{
    uint32_t now;
    enum err err = futex_word_load(word, old);
    while (err == ERR_OK) {
        now = *old;
        err = futex_word_swap(word, &now, apply(o, *old));
        if (now == *old)
            break;
        *old = now;
    }
    return err;
}

static enum err change_and_wake(struct futex_pair *p) REQUIRES(lc_futex)
{
    uint32_t old;
    enum err err = change(p->other, p->operation, &old);
    if (err == ERR_OK)
        err = wake(p->bucket, &p->key, p->wake, FUTEX_ANY, &p->woken);
    if (err == ERR_OK && compares(p->operation, old))
        err = wake(p->other_bucket, &p->other_key, p->wake_other, FUTEX_ANY, &p->woken);
    return err;
}

enum err futex_requeue(struct futex_word word, struct futex_word to, uint32_t wake_count,
                       uint32_t move, const uint32_t *expected, uint32_t *woken, uint32_t *moved)
{
    struct futex_pair p = {.word = word,
                           .other = to,
                           .wake = wake_count,
                           .wake_other = move,
                           .expected = expected,
                           .work = requeue};
    enum err err = futex_pair_do(&p);
    *woken = p.woken;
    *moved = p.moved;
    return err;
}

enum err futex_wake_op(struct futex_word word, struct futex_word other, uint32_t wake_count,
                       uint32_t wake_other, uint32_t operation, uint32_t *woken)
{
    struct futex_operation o;
    struct futex_pair p = {.word = word,
                           .other = other,
                           .wake = wake_count,
                           .wake_other = wake_other,
                           .operation = &o,
                           .work = change_and_wake};
    enum err err = decode(operation, &o);
    if (err == ERR_OK)
        err = futex_pair_do(&p);
    *woken = p.woken;
    return err;
}
