// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/futex/queue.h"

constexpr uint32_t BUCKETS = 256;

static struct futex_bucket buckets[BUCKETS];

// ---- keys --------------------------------------------------------------------------------------

uint32_t futex_key_bucket(const struct futex_key *k)
{
    return (uint32_t)((k->at >> 2) * 0x9e3779b97f4a7c15 >> 56) % BUCKETS;
}

bool futex_key_same(const struct futex_key *a, const struct futex_key *b)
{
    return a->mm == b->mm && a->object == b->object && a->at == b->at;
}

// The object lives as long as it is mapped, and what waits for a word that nobody maps any more
// waits for nobody.
enum err futex_key_of(struct futex_word word, struct futex_key *k)
{
    if (word.at.raw % sizeof(uint32_t) != 0)
        return ERR_INVAL;
    if (word.at.raw >= USER_END)
        return ERR_FAULT;
    *k = (struct futex_key){.mm = word.mm, .at = word.at.raw};
    if (!word.shared)
        return ERR_OK;
    enum err err = mm_shared_at(word.mm, word.at, &k->object, &k->at);
    if (k->object != nullptr)
        k->mm = nullptr;
    return err;
}

// ---- queues ------------------------------------------------------------------------------------

struct futex_bucket *futex_bucket_at(uint32_t number) { return &ELEM(buckets, number); }

enum err futex_check(struct futex_word word, uint32_t value)
{
    uint32_t now;
    enum err err = mm_read(word.mm, word.at, SPAN_OF(now));
    return err == ERR_OK && now != value ? ERR_AGAIN : err;
}

// As on Linux, real-time threads come before others, by their own priorities.
static uint32_t own_rank(void)
{
    struct sched_attr attr = task_sched(task_current());
    return attr.kind == SCHED_FAIR ? 0 : attr.priority;
}

void futex_waiter_add(struct futex_waiter *w)
{
    struct futex_waiters *queue = &futex_bucket_at(w->bucket)->waiters;
    struct futex_waiter *at = w->rank > 0 ? futex_waiters_first(queue) : nullptr;
    while (at != nullptr && at->rank >= w->rank)
        at = futex_waiters_next(queue, at);
    if (at != nullptr)
        futex_waiters_insert_before(at, w);
    else
        futex_waiters_push_back(queue, w);
}

enum err futex_enqueue(struct futex_waiter *w)
{
    w->bucket = futex_key_bucket(&w->key);
    w->rank = own_rank();
    struct futex_bucket *b = futex_bucket_at(w->bucket);
    // Whoever changes the word wakes afterwards, and then finds us in the list.
    futex_bucket_lock(b);
    enum err err = futex_check(w->word, w->value);
    if (err == ERR_OK)
        futex_waiter_add(w);
    futex_bucket_unlock(b);
    return err;
}

// Locks the bucket in which a waiter is: it may be moved until that is done.
static struct futex_bucket *lock_bucket_of(const struct futex_waiter *w) ACQUIRE(lc_futex)
{
    for (;;) {
        uint32_t i = load_acquire(&w->bucket);
        struct futex_bucket *b = futex_bucket_at(i);
        futex_bucket_lock(b);
        if (load_acquire(&w->bucket) == i)
            return b;
        futex_bucket_unlock(b);
    }
}

bool futex_dequeue(struct futex_waiter *w)
{
    struct futex_bucket *b = lock_bucket_of(w);
    bool woken = load_acquire(&w->woken);
    if (!woken)
        futex_waiters_remove(w);
    futex_bucket_unlock(b);
    return woken;
}

void futex_waiter_move(struct futex_waiter *w, struct futex_pair *p)
{
    futex_waiters_remove(w);
    w->key = p->other_key;
    store_release(&w->bucket, futex_key_bucket(&w->key));
    futex_waiter_add(w);
}

// Locks in the order of the buckets' addresses.
enum err futex_pair_do(struct futex_pair *p)
{
    enum err err = futex_key_of(p->word, &p->key);
    if (err == ERR_OK)
        err = futex_key_of(p->other, &p->other_key);
    if (err != ERR_OK)
        return err;
    uint32_t a = futex_key_bucket(&p->key), b = futex_key_bucket(&p->other_key);
    p->bucket = futex_bucket_at(a);
    p->other_bucket = futex_bucket_at(b);
    struct futex_bucket *first = a < b ? p->bucket : p->other_bucket;
    struct futex_bucket *second = a < b ? p->other_bucket : p->bucket;
    futex_bucket_lock(first);
    if (a == b) {
        err = p->work(p);
    } else {
        futex_later_bucket_lock(second);
        err = p->work(p);
        futex_later_bucket_unlock(second);
    }
    futex_bucket_unlock(first);
    return err;
}
