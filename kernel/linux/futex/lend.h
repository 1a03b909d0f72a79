// SPDX-License-Identifier: Apache-2.0
// Who owns locks that lend priority, and who waits for whom. The room's own.
//
// As long as nobody waits for a lock there is only its word. The first that waits makes a struct
// pi_lock, which goes with the last.
#pragma once
#include "kernel/linux/futex/pi.h"
#include "kernel/linux/futex/queue.h"

C_BEGIN

// Those that wait for a lock, also while they sleep elsewhere (FUTEX_WAIT_REQUEUE_PI).
TLIST_DEFINE(pi_turns, struct futex_waiter, turn);

struct pi_lock {
    struct list_link fellow; // among its owner's
    struct pi_thread *owner;
    struct pi_turns turns; // by rank, and in the order they came
    uint32_t users;        // those that wait, and the owner until it has come from waiting
    bool stale;            // the word does not name the owner yet, who is about to see to it
};
TLIST_DEFINE(pi_locks, struct pi_lock, fellow);

struct pi_thread {
    struct ttree_node node;
    uint64_t tid;
    struct task *task;          // constant
    struct sched_attr own;      // how it is scheduled by itself
    uint32_t rank;              // its real-time priority, its own or lent; 0: none
    struct pi_locks held;       // those that others wait for
    struct futex_waiter *waits; // for a lock; null: for none
    uint32_t changes;           // of what it is scheduled by. Atomic
};

// One lock for all of it.
struct lend {
    struct mutex lock;
    struct pi_thread *lowered GUARDED_BY(lc_pi); // the running one, if it is to be so; else null
};
extern struct lend lend;
MUTEX_OPS(lend, struct lend, lock, lc_pi)

// Unlocks it; then what the running thread has been lent is taken from it. Not before, or threads
// of a lower priority than those that wait for lc_pi would keep it from being unlocked.
void lend_leave(void) RELEASE(lc_pi);

// Null: there is none.
struct pi_thread *lend_find(uint64_t tid) REQUIRES(lc_pi);

// Has `w` wait for `*lock`; that is made, `owner`'s, if it is null. ERR_DEADLK, ERR_NOMEM.
enum err lend_wait(struct pi_lock **lock, struct pi_thread *owner, struct futex_waiter *w)
    REQUIRES(lc_pi);

// It waits no more, and does not own it.
void lend_give_up(struct futex_waiter *w) REQUIRES(lc_pi);

// The first that waits owns it from now on, and wakes. `stale`: see struct pi_lock.
void lend_pass(struct pi_lock *l, bool stale) REQUIRES(lc_pi);

// One user less.
void lend_put(struct pi_lock *l) REQUIRES(lc_pi);

C_END
