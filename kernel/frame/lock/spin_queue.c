// SPDX-License-Identifier: Apache-2.0
// Waiting for a spin lock in a queue: each CPU watches a word of its own.
#include "kernel/frame/lock/spin_queue.h"
#include "kernel/frame/base/assert.h"

// A CPU's place in a queue. A CPU may wait several times at once: an interrupt comes while it
// waits, and its handler waits too.
struct waiter {
    struct waiter *next; // atomic
    bool first;          // atomic: nobody is before this one any more
};

constexpr uint32_t NESTING_MAX = 4;

struct waiters {
    uint32_t depth;
    struct waiter nest[NESTING_MAX];
};

static PERCPU(struct waiters, waiters);
static uint32_t load(const struct spinlock *l)
{
    return __atomic_load_n(&l->word, __ATOMIC_RELAXED);
}

static bool try_change(struct spinlock *l, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(&l->word, &from, to, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}

// The upper half names a waiter: its CPU's number plus one, and its nesting.
static uint32_t name_of(uint32_t cpu, uint32_t nesting)
{
    return ((cpu + 1) * NESTING_MAX + nesting) << 16;
}

static struct waiter *waiter_named(uint32_t word)
{
    uint32_t n = word >> 16;
    struct waiters *w = percpu_on(waiters, cpu_block(n / NESTING_MAX - 1));
    return &w->nest[n % NESTING_MAX];
}

// Puts `w`, named `name`, at the end of the queue and waits until it is the first.
static void queue_up(struct spinlock *l, struct waiter *w, uint32_t name)
{
    uint32_t word = load(l);
    while (!try_change(l, word, (word & 0xffff) | name))
        word = load(l);
    if (word >> 16 == 0)
        return;
    __atomic_store_n(&waiter_named(word)->next, w, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&w->first, __ATOMIC_ACQUIRE))
        cpu_pause();
}

// The first of the queue waits for the holder, takes the lock, and makes the second the first.
static void take_as_first(struct spinlock *l, struct waiter *w, uint32_t name)
{
    uint32_t word;
    for (;;) {
        while (((word = load(l)) & SPIN_HELD) != 0)
            cpu_pause();
        bool last = (word & 0xffff0000) == name;
        if (try_change(l, word, last ? SPIN_HELD : word | SPIN_HELD)) {
            if (last)
                return;
            break;
        }
    }
    struct waiter *next;
    while ((next = __atomic_load_n(&w->next, __ATOMIC_ACQUIRE)) == nullptr)
        cpu_pause(); // it is in the queue, and about to say so
    __atomic_store_n(&next->first, true, __ATOMIC_RELEASE);
}

void spin_queue_wait(struct spinlock *l)
{
    struct waiters *mine = percpu_this(waiters);
    uint32_t nesting = mine->depth++;
    ASSERT(nesting < NESTING_MAX);
    struct waiter *w = &mine->nest[nesting];
    *w = (struct waiter){};
    uint32_t name = name_of(cpu_this()->id, nesting);
    queue_up(l, w, name);
    take_as_first(l, w, name);
    mine->depth--;
}
