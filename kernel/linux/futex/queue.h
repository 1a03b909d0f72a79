// SPDX-License-Identifier: Apache-2.0
// Who waits for which word: keys, waiters, and the buckets in which they are. The room's own.
#pragma once
#include "kernel/linux/futex/futex.h"
#include "kernel/linux/lock_classes.h"

C_BEGIN

// What a word is known by.
struct futex_key {
    const struct mm *mm;            // of a private one
    const struct vm_object *object; // of a shared one
    uint64_t at;                    // an address; or bytes from the object's start
};

// ERR_INVAL, ERR_FAULT: no word can be there.
enum err futex_key_of(struct futex_word word, struct futex_key *k);
bool futex_key_same(const struct futex_key *a, const struct futex_key *b);

// The number of its bucket.
uint32_t futex_key_bucket(const struct futex_key *k);

// Whoever waits keeps it in place.
struct futex_waiter {
    struct list_link link;
    struct futex_word word; // which its own thread sees there
    uint32_t value;         // that it must have
    struct futex_key key;
    uint32_t bits;
    uint32_t bucket;       // atomic: where it is in the list. Changes with both locked
    uint32_t rank;         // in the list: high ones first
    bool woken;            // atomic
    struct waitq *sleeper; // of who waits, perhaps for several

    // Of those that wait for a lock which lends priority: see lend.h. lc_pi
    struct pi_thread *thread; // constant; null: it does not
    struct pi_lock *lock;     // null: not yet, but at another word
    struct list_link turn;
    struct futex_key target; // the lock's word, if it is at another so far
};
TLIST_DEFINE(futex_waiters, struct futex_waiter, link);

struct futex_bucket {
    struct mutex lock;
    struct futex_waiters waiters GUARDED_BY(lc_futex); // by rank, and in the order they came
};
MUTEX_OPS(futex_bucket, struct futex_bucket, lock, lc_futex)
// A second one, which lies behind the first.
MUTEX_OPS(futex_later_bucket, struct futex_bucket, lock, lc_futex_later)

struct futex_bucket *futex_bucket_at(uint32_t number);

// Puts a waiter, whose key is set, into its queue if its word has its value. ERR_AGAIN: it has
// another. ERR_FAULT.
enum err futex_enqueue(struct futex_waiter *w);

// Takes it out. True: it has been woken. Afterwards nobody looks at it any more.
bool futex_dequeue(struct futex_waiter *w);

// Adds one to its bucket, by rank.
void futex_waiter_add(struct futex_waiter *w) REQUIRES(lc_futex);

// ERR_AGAIN: the word has another value. ERR_FAULT.
enum err futex_check(struct futex_word word, uint32_t value);

// What is done with two buckets locked, which may be one.
struct futex_pair {
    struct futex_word word, other;
    uint32_t wake, wake_other;
    const uint32_t *expected;                // requeueing: what the word must be; may be null
    const struct futex_operation *operation; // FUTEX_WAKE_OP
    enum err (*work)(struct futex_pair *p);
    // What is found, and comes of it.
    struct futex_key key, other_key;
    struct futex_bucket *bucket, *other_bucket;
    uint32_t woken, moved;
};

// Locks them and does the work. ERR_INVAL, ERR_FAULT: no words can be there.
enum err futex_pair_do(struct futex_pair *p);

// Takes one from the first word's bucket to the other's.
void futex_waiter_move(struct futex_waiter *w, struct futex_pair *p) REQUIRES(lc_futex);

C_END
