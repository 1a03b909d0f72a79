// SPDX-License-Identifier: Apache-2.0
// Data races, by watching (docs/sanitizers.md). Every so many plain accesses a CPU writes what it
// is about to access on a board, waits, and takes it down. Whoever accesses the same meanwhile,
// with a write among the two, finds it there: nothing orders the two accesses.
#include "testing/sanitizer/kcsan/kcsan.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/assert.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/cpu/cpu.h"
#include "testing/sanitizer/report.h"

// How many plain accesses a stack makes between two that are watched, on average; and for how many
// rounds one is watched. Longer finds more and takes longer.
constexpr uint32_t SKIP = 1000;
constexpr uint32_t ROUNDS = 100;

struct access {
    uint64_t at;
    uint32_t size;
    uint32_t cpu;
    enum kcsan_access how;
    struct trace by;
};

// A place on the board. A word of zero: it is free.
struct place {
    uint64_t word;  // atomic
    uint32_t ready; // atomic: `other` has been written
    struct access other;
};

constexpr uint32_t PLACES = 128;
static struct place board[PLACES];

// A word is the address without the bits that all have, its size and more:
constexpr unsigned SIZE_SHIFT = 48;
constexpr uint64_t ADDRESS_MASK = (1ull << SIZE_SHIFT) - 1;
constexpr uint64_t WRITES = 1ull << 60;
constexpr uint64_t FOUND = 1ull << 61; // somebody has

// By stack, since that works wherever code runs, and counts the same in each run of a task.
constexpr unsigned COUNTERS = 256;
static struct {
    uint32_t left;
    uint32_t chance;
} counters[COUNTERS];

static struct place *place_of(uint64_t at) { return &board[at / 8 % PLACES]; }

static bool overlaps(uint64_t word, uint64_t at, size_t size)
{
    uint64_t watched = word & ADDRESS_MASK, end = watched + (word >> SIZE_SHIFT & 0xff);
    at &= ADDRESS_MASK;
    return at < end && watched < at + size;
}

static void describe(struct access *a, uint64_t at, size_t size, enum kcsan_access how,
                     const void *frame)
{
    a->at = at;
    a->size = (uint32_t)size;
    a->how = how;
    a->cpu = cpu_this()->id;
    trace_take(&a->by, frame);
}

// Who watches is told, and reports.
static void tell(struct place *p, uint64_t word, uint64_t at, size_t size, enum kcsan_access how,
                 const void *frame)
{
    // Who watches waits with interrupts off until this is done.
    uint64_t flags = irq_save();
    if (__atomic_compare_exchange_n(&p->word, &word, word | FOUND, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED)) {
        describe(&p->other, at, size, how, frame);
        __atomic_store_n(&p->ready, 1, __ATOMIC_RELEASE);
    }
    irq_restore(flags);
}

static inline void look(uint64_t at, size_t size, enum kcsan_access how, const void *frame)
{
    struct place *p = place_of(at);
    uint64_t word = __atomic_load_n(&p->word, __ATOMIC_ACQUIRE);
    if (likely(word == 0) || (word & FOUND) != 0 || !overlaps(word, at, size))
        return;
    if ((how & KCSAN_WRITE) != 0 || (word & WRITES) != 0)
        tell(p, word, at, size, how, frame);
}

// ---- watching --------------------------------------------------------------------------------

static uint64_t value_at(uint64_t at, size_t size)
{
    uint64_t value = 0;
    keel_memcpy(&value, (const void *)at, size);
    return value;
}

static const char *word_for(enum kcsan_access how)
{
    switch (how & (KCSAN_WRITE | KCSAN_MARKED)) {
    case KCSAN_WRITE | KCSAN_MARKED:
        return "marked write";
    case KCSAN_WRITE:
        return "plain write";
    case KCSAN_MARKED:
        return "marked read";
    default:
        return "plain read";
    }
}

static void print_access(const struct access *a)
{
    kprintf("kcsan: %s of %u bytes at %016lx on CPU %u\n", word_for(a->how), a->size, a->at,
            a->cpu);
    trace_print("  by", &a->by);
}

[[noreturn]] static void report(const struct place *p, const struct access *mine, uint64_t before,
                                uint64_t after)
{
    report_begin();
    print_access(mine);
    if (before == after)
        kprintf("  value 0x%lx\n", before);
    else
        kprintf("  value 0x%lx, then 0x%lx\n", before, after);
    print_access(&p->other);
    panic("kcsan: data race: %s of %u bytes at %016lx, and %s", word_for(mine->how), mine->size,
          mine->at, word_for(p->other.how));
}

static void watch(uint64_t at, size_t size, enum kcsan_access how, const void *frame)
{
    struct place *p = place_of(at);
    uint64_t free = 0, word = (at & ADDRESS_MASK) | (uint64_t)size << SIZE_SHIFT |
                              ((how & KCSAN_WRITE) != 0 ? WRITES : 0);
    uint64_t flags = irq_save();
    if (__atomic_compare_exchange_n(&p->word, &free, word, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED)) {
        uint64_t before = value_at(at, size);
        for (uint32_t i = 0; i < ROUNDS; i++)
            cpu_pause();
        uint64_t after = value_at(at, size), mine = word;
        if (!__atomic_compare_exchange_n(&p->word, &mine, 0, false, __ATOMIC_ACQ_REL,
                                         __ATOMIC_ACQUIRE)) {
            while (__atomic_load_n(&p->ready, __ATOMIC_ACQUIRE) == 0)
                cpu_pause();
            struct access self;
            describe(&self, at, size, how, frame);
            report(p, &self, before, after);
        }
    }
    irq_restore(flags);
}

// Whether it is this access's turn.
static bool is_due(const void *frame)
{
    uint32_t stack = (uint32_t)((uint64_t)frame >> 14) % COUNTERS;
    if (likely(counters[stack].left > 0)) {
        counters[stack].left--;
        return false;
    }
    // G. Marsaglia, "Xorshift RNGs", 2003.
    uint32_t x = counters[stack].chance + stack + 1;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    counters[stack].chance = x;
    counters[stack].left = SKIP / 2 + x % SKIP;
    return true;
}

static inline void access(uint64_t at, size_t size, enum kcsan_access how, const void *frame)
{
    if (!sanitizer_running || at < KERNEL_HALF)
        return;
    look(at, size, how, frame);
    if (unlikely(at % 8 + size > 8))
        look(align_down(at + size - 1, 8), (at + size - 1) % 8 + 1, how, frame);
    else if ((how & KCSAN_MARKED) == 0 && is_due(frame))
        watch(at, size, how, frame);
}

void kcsan_check(const void *at, size_t size, enum kcsan_access how, const void *frame)
{
    access((uint64_t)at, size, how, frame);
}

// A longer range is looked for in whole, and its first bytes are watched.
void kcsan_check_range(const void *range, size_t size, enum kcsan_access how, const void *frame)
{
    uint64_t at = (uint64_t)range, end = at + size;
    if (!sanitizer_running || at < KERNEL_HALF || size == 0)
        return;
    if (is_due(frame))
        watch(at, min_u64(size, 8 - at % 8), how, frame);
    for (; at < end; at = align_down(at, 8) + 8)
        look(at, min_u64(end - at, 8 - at % 8), how, frame);
}

// On one CPU nothing happens at once.
void kcsan_start(void) { sanitizer_running = cpu_count() > 1; }
