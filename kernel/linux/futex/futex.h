// SPDX-License-Identifier: Apache-2.0
// Futexes: sleeping on a word of user memory until somebody who has changed it says so (futex(2)).
//
// A futex is named by the word's address in an address space or, if it may be another process's
// too, by its place in the object that both map. Task context throughout; all may sleep, and fault
// pages in. lc_futex guards who waits.
#pragma once
#include "kernel/linux/mm/mm.h"

C_BEGIN

// Any of them wakes any.
constexpr uint32_t FUTEX_ANY = ~0u;

// Where a word is: `mm` is the running task's.
struct futex_word {
    struct mm *mm;
    uaddr_t at;
    bool shared; // others may name it by an address of theirs
};

// Sleeps if the word has this value, until woken by a call whose bits have one in common with
// `bits`. ERR_AGAIN: it has another. ERR_INTR, ERR_TIMEDOUT: by `limits`. ERR_FAULT. ERR_INVAL: the
// address is no multiple of 4, or `bits` is 0.
enum err futex_wait(struct futex_word word, uint32_t value, uint32_t bits,
                    const struct wait_limits *limits);

// The same for several words at once, up to so many: they are added, and then waited for.
constexpr uint32_t FUTEX_SEVERAL_MAX = 128;
struct futex_several;

// ERR_NOMEM: no memory, or too many.
enum err futex_several_create(struct futex_several **out);
enum err futex_several_add(struct futex_several *s, struct futex_word word, uint32_t value);
void futex_several_destroy(struct futex_several *s);

// `*index` is the one that has been woken, counted from 0. ERR_AGAIN: one of the words has another
// value. The other errors as above.
enum err futex_several_wait(struct futex_several *s, const struct wait_limits *limits,
                            uint32_t *index);

// Wakes up to `count` of those that wait, real-time threads by their priorities, then others, the
// longest first; `*woken` is how many. ERR_FAULT, ERR_INVAL as above.
enum err futex_wake(struct futex_word word, uint32_t count, uint32_t bits, uint32_t *woken);

// Wakes up to `wake`, and has up to `move` of the others wait at `to` instead; `*woken` and
// `*moved` are how many. ERR_AGAIN: `expected` is given and the word has another value.
enum err futex_requeue(struct futex_word word, struct futex_word to, uint32_t wake, uint32_t move,
                       const uint32_t *expected, uint32_t *woken, uint32_t *moved);

// FUTEX_WAKE_OP: changes the word of `other` as `operation` says (FUTEX_OP of linux/futex.h), wakes
// at `word`, and at `other` if what was there compares as it says. ERR_NOSYS: no such operation.
enum err futex_wake_op(struct futex_word word, struct futex_word other, uint32_t wake,
                       uint32_t wake_other, uint32_t operation, uint32_t *woken);

C_END
