// SPDX-License-Identifier: Apache-2.0
// Futexes that lend priority: locks whose word says which thread owns them (futex(2),
// "Priority-inheritance futexes"; Documentation/locking/pi-futex.rst of Linux). The owner is
// scheduled by at least the real-time priority of each that waits; and so is whom it waits for
// itself, and so on. Nice values are not lent, and the kernel's own locks lend nothing.
//
// lc_pi, one lock for all of them, guards who owns what and waits for whom. Task context; all may
// sleep.
#pragma once
#include "kernel/linux/futex/futex.h"

C_BEGIN

// A thread as these locks know it.
struct pi_thread;

// Of a task, whose reference stays the caller's and which outlives it. ERR_NOMEM.
enum err pi_thread_create(struct task *task, struct pi_thread **out);
void pi_thread_destroy(struct pi_thread *p);

// Words may name it from now on; and no more: then its locks go to those that wait for them, with
// FUTEX_OWNER_DIED.
void pi_thread_begin(struct pi_thread *p, uint64_t tid);
void pi_thread_end(struct pi_thread *p);

// Changes how it is scheduled, as far as it is not lent a higher priority. As task_set_sched.
enum err pi_thread_set_sched(struct pi_thread *p, struct sched_attr attr);

// Makes the running thread, `self`, the word's owner, once nobody else is. With `poll` it does not
// wait: ERR_AGAIN. ERR_DEADLK: it is so already, or its owner waits for it. ERR_SRCH: the word
// names nobody who is there. ERR_INVAL: others wait there, but not for the lock; or the word has
// been changed against the rules; or no word can be there. ERR_INTR, ERR_TIMEDOUT: by `limits`.
// ERR_FAULT. ERR_NOMEM.
enum err futex_pi_lock(struct futex_word word, struct pi_thread *self, bool poll,
                       const struct wait_limits *limits);

// Gives it to whoever is next, or to nobody. ERR_PERM: `self` does not own it. ERR_INVAL as above.
enum err futex_pi_unlock(struct futex_word word, struct pi_thread *self);

// Sleeps if the word has this value, until somebody has it wait for `target`, by futex_pi_requeue,
// and then until it owns that. ERR_AGAIN: the word has another value; or a signal came when it
// waited for `target`. ERR_INVAL: they are the same. ERR_INTR: a signal came before.
enum err futex_pi_wait_requeue(struct futex_word word, uint32_t value, struct futex_word target,
                               struct pi_thread *self, const struct wait_limits *limits);

// Of those that wait at `word` by futex_pi_wait_requeue, the first becomes the owner of `target` if
// that is free; it, if it does not, and up to `move` others wait for it then. `*done` is how many.
// ERR_AGAIN: the word has another value than `expected`. ERR_INVAL: there are others, or for other
// targets. ERR_DEADLK, ERR_SRCH, ERR_FAULT, ERR_NOMEM as above; some may have been moved.
enum err futex_pi_requeue(struct futex_word word, struct futex_word target, uint32_t expected,
                          uint32_t move, uint32_t *done);

C_END
