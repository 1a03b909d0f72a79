// SPDX-License-Identifier: Apache-2.0
// Sets of CPUs: values, and words that several CPUs change at once.
#pragma once
#include "kernel/frame/cpu/cpu.h"

C_BEGIN

struct cpuset {
    uint64_t bits; // bit n: CPU n
};
static_assert(CPUS_MAX == 64);

static inline struct cpuset cpuset_of(uint32_t cpu)
{
    struct cpuset s = {1ull << cpu};
    return s;
}

// The CPUs that run.
static inline struct cpuset cpuset_all(void)
{
    struct cpuset s = {cpu_count() == 64 ? ~0ull : (1ull << cpu_count()) - 1};
    return s;
}

static inline bool cpuset_has(struct cpuset s, uint32_t cpu) { return (s.bits >> cpu & 1) != 0; }
static inline bool cpuset_is_empty(struct cpuset s) { return s.bits == 0; }
static inline uint32_t cpuset_size(struct cpuset s)
{
    return (uint32_t)__builtin_popcountll(s.bits);
}

static inline struct cpuset cpuset_and(struct cpuset a, struct cpuset b)
{
    struct cpuset s = {a.bits & b.bits};
    return s;
}

static inline struct cpuset cpuset_without(struct cpuset s, uint32_t cpu)
{
    struct cpuset r = {s.bits & ~(1ull << cpu)};
    return r;
}

// The lowest; the set is not empty.
static inline uint32_t cpuset_first(struct cpuset s) { return (uint32_t)__builtin_ctzll(s.bits); }

// Takes the lowest out; false if there is none. For loops over a copy of the set:
//     for (uint32_t cpu; cpuset_take(&left, &cpu);) ...
static inline bool cpuset_take(struct cpuset *s, uint32_t *cpu)
{
    if (s->bits == 0)
        return false;
    *cpu = cpuset_first(*s);
    s->bits &= s->bits - 1;
    return true;
}

// Changed and read by any CPU at any time.
struct cpuset_atomic {
    uint64_t bits;
};

static inline void cpuset_atomic_add(struct cpuset_atomic *s, uint32_t cpu)
{
    __atomic_fetch_or(&s->bits, 1ull << cpu, __ATOMIC_SEQ_CST);
}

static inline void cpuset_atomic_remove(struct cpuset_atomic *s, uint32_t cpu)
{
    __atomic_fetch_and(&s->bits, ~(1ull << cpu), __ATOMIC_SEQ_CST);
}

static inline struct cpuset cpuset_atomic_read(const struct cpuset_atomic *s)
{
    struct cpuset r = {__atomic_load_n(&s->bits, __ATOMIC_SEQ_CST)};
    return r;
}

// The CPUs that idle. Set by task/; a hint, but for what rcu.c makes of it.
extern struct cpuset_atomic cpu_idle_set;

C_END
