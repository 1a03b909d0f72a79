// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/futex/futex.h"
#include "kernel/linux/futex/word.h"
#include "kernel/linux/lock_classes.h"
#include <linux/futex.h>

struct key {
    const struct mm *mm;            // of a private one
    const struct vm_object *object; // of a shared one
    uint64_t at;                    // an address; or bytes from the object's start
};

// On the stack of whoever waits.
struct futex_waiter {
    struct list_link link;
    struct key key;
    uint32_t bits;
    uint32_t bucket; // atomic: where it is in the list. Changes with both locked
    bool woken;      // atomic
    struct waitq sleeper;
};
TLIST_DEFINE(waiters, struct futex_waiter, link);

constexpr uint32_t BUCKETS = 256;

static struct bucket {
    struct mutex lock;
    struct waiters waiters GUARDED_BY(lc_futex); // in the order in which they came
} buckets[BUCKETS];
MUTEX_OPS(bucket, struct bucket, lock, lc_futex)
// A second one, which lies behind the first.
MUTEX_OPS(later_bucket, struct bucket, lock, lc_futex_later)

static uint32_t bucket_of(const struct key *k)
{
    return (uint32_t)((k->at >> 2) * 0x9e3779b97f4a7c15 >> 56) % BUCKETS;
}

static bool same(const struct key *a, const struct key *b)
{
    return a->mm == b->mm && a->object == b->object && a->at == b->at;
}

// ERR_INVAL, ERR_FAULT: no word can be there. The object lives as long as it is mapped, and what
// waits for a word that nobody maps any more waits for nobody.
static enum err key_of(struct futex_word word, struct key *k)
{
    if (word.at.raw % sizeof(uint32_t) != 0)
        return ERR_INVAL;
    if (word.at.raw >= USER_END)
        return ERR_FAULT;
    *k = (struct key){.mm = word.mm, .at = word.at.raw};
    if (!word.shared)
        return ERR_OK;
    enum err err = mm_shared_at(word.mm, word.at, &k->object, &k->at);
    if (k->object != nullptr)
        k->mm = nullptr;
    return err;
}

// ---- waiting -----------------------------------------------------------------------------------

// Locks the bucket in which a waiter is: it may be moved until that is done.
static struct bucket *lock_bucket_of(const struct futex_waiter *w) ACQUIRE(lc_futex)
{
    for (;;) {
        uint32_t i = load_acquire(&w->bucket);
        struct bucket *b = &ELEM(buckets, i);
        bucket_lock(b);
        if (load_acquire(&w->bucket) == i)
            return b;
        bucket_unlock(b);
    }
}

// True: it has been woken. Afterwards nobody looks at it any more.
static bool leave(struct futex_waiter *w)
{
    struct bucket *b = lock_bucket_of(w);
    bool woken = load_acquire(&w->woken);
    if (!woken)
        waiters_remove(w);
    bucket_unlock(b);
    return woken;
}

enum err futex_wait(struct futex_word word, uint32_t value, uint32_t bits,
                    const struct wait_limits *limits)
{
    struct futex_waiter w = {};
    if (bits == 0)
        return ERR_INVAL;
    enum err err = key_of(word, &w.key);
    if (err != ERR_OK)
        return err;
    w.bits = bits;
    w.bucket = bucket_of(&w.key);
    struct bucket *b = &ELEM(buckets, w.bucket);
    uint32_t now;
    // Whoever changes the word wakes afterwards, and then finds us in the list.
    bucket_lock(b);
    err = mm_read(word.mm, word.at, SPAN_OF(now));
    if (err == ERR_OK && now != value)
        err = ERR_AGAIN;
    if (err == ERR_OK)
        waiters_push_back(&b->waiters, &w);
    bucket_unlock(b);
    if (err != ERR_OK)
        return err;
    waitq_until_or(&w.sleeper, load_acquire(&w.woken), limits, err);
    return leave(&w) ? ERR_OK : err;
}

// ---- waking ------------------------------------------------------------------------------------

// Wakes those of a bucket that is locked.
static uint32_t wake(struct bucket *b, const struct key *k, uint32_t count, uint32_t bits)
    REQUIRES(lc_futex)
{
    uint32_t woken = 0;
    struct futex_waiter *next;
    for (struct futex_waiter *w = waiters_first(&b->waiters); w != nullptr && woken < count;
         w = next) {
        next = waiters_next(&b->waiters, w);
        if (!same(&w->key, k) || (w->bits & bits) == 0)
            continue;
        waiters_remove(w);
        store_release(&w->woken, true);
        // It stays while the bucket is locked.
        waitq_wake_all(&w->sleeper);
        woken++;
    }
    return woken;
}

enum err futex_wake(struct futex_word word, uint32_t count, uint32_t bits, uint32_t *woken)
{
    struct key k;
    *woken = 0;
    enum err err = bits == 0 ? ERR_INVAL : key_of(word, &k);
    if (err != ERR_OK)
        return err;
    struct bucket *b = &ELEM(buckets, bucket_of(&k));
    bucket_lock(b);
    *woken = wake(b, &k, count, bits);
    bucket_unlock(b);
    return ERR_OK;
}

// FUTEX_OP's fields: a bit for "the argument is a shift", three for the operation, four for the
// comparison, twelve signed ones for each argument.
struct operation {
    uint32_t code, comparison;
    int32_t argument, compare_with;
};

// What is to be done with two buckets locked, which may be one.
struct pair_work {
    struct futex_word word, other;
    struct key key, other_key;
    struct bucket *bucket, *other_bucket;
    uint32_t wake, wake_other;
    bool requeue;               // else FUTEX_WAKE_OP
    const uint32_t *expected;   // requeueing; may be null
    struct operation operation; // FUTEX_WAKE_OP
    uint32_t woken, moved;
};

// Has waiters of the one wait at the other.
static uint32_t move_waiters(struct pair_work *w) REQUIRES(lc_futex)
{
    uint32_t moved = 0, target = bucket_of(&w->other_key);
    struct futex_waiter *next;
    for (struct futex_waiter *x = waiters_first(&w->bucket->waiters);
         x != nullptr && moved < w->wake_other; x = next) {
        next = waiters_next(&w->bucket->waiters, x);
        if (!same(&x->key, &w->key))
            continue;
        waiters_remove(x);
        x->key = w->other_key;
        store_release(&x->bucket, target);
        waiters_push_back(&w->other_bucket->waiters, x);
        moved++;
    }
    return moved;
}

static enum err requeue(struct pair_work *w) REQUIRES(lc_futex)
{
    uint32_t now;
    if (w->expected != nullptr) {
        enum err err = mm_read(w->word.mm, w->word.at, SPAN_OF(now));
        if (err != ERR_OK)
            return err;
        if (now != *w->expected)
            return ERR_AGAIN;
    }
    w->woken = wake(w->bucket, &w->key, w->wake, FUTEX_ANY);
    // Those that are there already would be moved for ever.
    if (!same(&w->key, &w->other_key))
        w->moved = move_waiters(w);
    return ERR_OK;
}

// ---- FUTEX_WAKE_OP -----------------------------------------------------------------------------

static int32_t signed12(uint32_t value) { return (int32_t)((value & 0xfff) ^ 0x800) - 0x800; }

static enum err decode(uint32_t word, struct operation *o)
{
    *o = (struct operation){
        .code = word >> 28 & 7,
        .comparison = word >> 24 & 15,
        .argument = signed12(word >> 12),
        .compare_with = signed12(word),
    };
    if ((word >> 28 & FUTEX_OP_OPARG_SHIFT) != 0)
        o->argument = (int32_t)(1u << ((uint32_t)o->argument & 31));
    return o->code > FUTEX_OP_XOR || o->comparison > FUTEX_OP_CMP_GE ? ERR_NOSYS : ERR_OK;
}

static uint32_t apply(const struct operation *o, uint32_t old)
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

static bool compares(const struct operation *o, uint32_t old)
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
static enum err change(struct futex_word word, const struct operation *o, uint32_t *old)
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

static enum err change_and_wake(struct pair_work *w) REQUIRES(lc_futex)
{
    uint32_t old;
    enum err err = change(w->other, &w->operation, &old);
    if (err != ERR_OK)
        return err;
    w->woken = wake(w->bucket, &w->key, w->wake, FUTEX_ANY);
    if (compares(&w->operation, old))
        w->woken += wake(w->other_bucket, &w->other_key, w->wake_other, FUTEX_ANY);
    return ERR_OK;
}

// Locks in the order of the buckets' addresses.
static enum err with_both(struct pair_work *w)
{
    enum err err = key_of(w->word, &w->key);
    if (err == ERR_OK)
        err = key_of(w->other, &w->other_key);
    if (err != ERR_OK)
        return err;
    uint32_t a = bucket_of(&w->key), b = bucket_of(&w->other_key);
    w->bucket = &ELEM(buckets, a);
    w->other_bucket = &ELEM(buckets, b);
    struct bucket *first = a < b ? w->bucket : w->other_bucket;
    struct bucket *second = a < b ? w->other_bucket : w->bucket;
    bucket_lock(first);
    if (a == b) {
        err = w->requeue ? requeue(w) : change_and_wake(w);
    } else {
        later_bucket_lock(second);
        err = w->requeue ? requeue(w) : change_and_wake(w);
        later_bucket_unlock(second);
    }
    bucket_unlock(first);
    return err;
}

enum err futex_requeue(struct futex_word word, struct futex_word to, uint32_t wake_count,
                       uint32_t move, const uint32_t *expected, uint32_t *woken, uint32_t *moved)
{
    struct pair_work w = {.word = word,
                          .other = to,
                          .wake = wake_count,
                          .wake_other = move,
                          .requeue = true,
                          .expected = expected};
    enum err err = with_both(&w);
    *woken = w.woken;
    *moved = w.moved;
    return err;
}

enum err futex_wake_op(struct futex_word word, struct futex_word other, uint32_t wake_count,
                       uint32_t wake_other, uint32_t operation, uint32_t *woken)
{
    struct pair_work w = {
        .word = word, .other = other, .wake = wake_count, .wake_other = wake_other};
    enum err err = decode(operation, &w.operation);
    if (err == ERR_OK)
        err = with_both(&w);
    *woken = w.woken;
    return err;
}
