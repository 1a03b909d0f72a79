// SPDX-License-Identifier: Apache-2.0
// One side of a read or write: a program's memory, in one part or in many (readv(2)), or bytes of
// the kernel's. What a file has is put to it or taken from it, piece by piece.
//
// Task context; may sleep. One task uses it.
#pragma once
#include "kernel/linux/mm/mm.h"

C_BEGIN

struct transfer {
    struct mm *mm;       // the running thread's; null: kernel's bytes
    struct span to;      // these, to be put to
    struct cspan from;   // or to be taken from
    uint64_t at, part;   // of the program's part: what is next, and how much is left of it
    uint64_t next_part;  // where its following parts are described (struct iovec),
    uint64_t parts;      // and how many
    uint64_t left, done; // bytes of all parts
};

// What a call moves at most (read(2), "Notes").
constexpr uint64_t TRANSFER_MAX = 0x7ffff000;

// Over the kernel's bytes, which outlive it.
struct transfer transfer_to(struct span to);
struct transfer transfer_from(struct cspan from);

// Over a program's memory. ERR_FAULT: not all of it is where a program may have memory.
enum err transfer_over(struct mm *mm, uint64_t at, uint64_t len, struct transfer *out);

// Over the `count` parts that an array of struct iovec in its memory describes. ERR_INVAL: too
// many, or one or all are too long. ERR_FAULT.
enum err transfer_over_parts(struct mm *mm, uint64_t parts, uint64_t count, struct transfer *out);

// Puts these bytes, of which there are no more than are left; and so many zeroes. ERR_FAULT: `done`
// says how far it came.
enum err transfer_put(struct transfer *t, struct cspan bytes);
enum err transfer_put_zeroes(struct transfer *t, uint64_t count);

// Takes as many bytes: `*len`, which is less only if what follows cannot be read, and never 0.
// ERR_FAULT.
enum err transfer_take(struct transfer *t, struct span bytes, size_t *len);

// The last so many bytes that were taken do not count: there was nowhere to put them.
static inline void transfer_uncount(struct transfer *t, uint64_t len) { t->done -= len; }

// A call's result: how many bytes, or why none.
static inline int64_t transfer_result(const struct transfer *t, enum err err)
{
    return t->done > 0 || err == ERR_OK ? (int64_t)t->done : err;
}

C_END
