// SPDX-License-Identifier: Apache-2.0
// The check of locks' use at run time (kernel/frame/lock/lock_class.h). Spin locks are held by a
// CPU, since the run queue's goes from one task to the next; locks that are held asleep by a task.
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/assert.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/lock/lock_class.h"
#include "testing/sanitizer/report.h"

struct held {
    const struct lock_class *class;
    const void *lock;
    const struct task *task; // of a lock that is held asleep
    struct trace by;
};

constexpr uint32_t SPIN_MAX = 16;
constexpr uint32_t SLEEPING_MAX = 512;

struct held_by_cpu {
    uint32_t count;
    struct held locks[SPIN_MAX];
};
static PERCPU(struct held_by_cpu, spinning);

// All tasks'. Under a lock of its own, which is not checked itself.
static struct held sleeping[SLEEPING_MAX];
static uint32_t sleeping_count;
static bool locked;

static uint64_t table_lock(void)
{
    uint64_t flags = irq_save();
    while (__atomic_exchange_n(&locked, true, __ATOMIC_ACQUIRE))
        cpu_pause();
    return flags;
}

static void table_unlock(uint64_t flags)
{
    __atomic_store_n(&locked, false, __ATOMIC_RELEASE);
    irq_restore(flags);
}

static void print_held(const struct held *h)
{
    kprintf("lock: %s (rank %u) at %016lx is held\n", h->class->name, h->class->rank,
            (uint64_t)h->lock);
    trace_print("  taken by", &h->by);
}

// ---- order -----------------------------------------------------------------------------------

static void check(const struct held *h, const struct lock_class *c, const void *lock)
{
    // A pair of one class is taken in the order of addresses.
    bool pair = h->class == c && (uint64_t)h->lock < (uint64_t)lock;
    if (pair || h->class->rank < c->rank)
        return;
    report_begin();
    print_held(h);
    if (h->lock == lock)
        panic("lock: recursion: %s at %016lx is taken again by who holds it", c->name,
              (uint64_t)lock);
    if (h->class == c)
        panic("lock: two of class %s: %016lx is taken under %016lx", c->name, (uint64_t)lock,
              (uint64_t)h->lock);
    panic("lock: order: %s (rank %u) is taken under %s (rank %u)", c->name, c->rank, h->class->name,
          h->class->rank);
}

static void check_sleeping(const struct lock_class *c, const void *lock)
{
    const struct task *self = cpu_read(current);
    uint64_t flags = table_lock();
    for (uint32_t i = 0; i < sleeping_count; i++) {
        if (sleeping[i].task == self)
            check(&sleeping[i], c, lock);
    }
    table_unlock(flags);
}

static bool in_task(void) { return cpu_read(current) != nullptr && cpu_read(irq_depth) == 0; }

// ---- spin locks ------------------------------------------------------------------------------

void lock_debug_acquire(const struct lock_class *c, const void *lock)
{
    if (sanitizer_stopped)
        return;
    uint64_t flags = irq_save();
    const struct held_by_cpu *mine = percpu_this(spinning);
    for (uint32_t i = 0; i < mine->count; i++)
        check(&mine->locks[i], c, lock);
    if (in_task())
        check_sleeping(c, lock);
    irq_restore(flags);
}

static void remember(struct held *h, const struct lock_class *c, const void *lock,
                     const struct task *task, const void *frame)
{
    h->class = c;
    h->lock = lock;
    h->task = task;
    trace_take(&h->by, frame);
}

void lock_debug_acquired(const struct lock_class *c, const void *lock)
{
    if (sanitizer_stopped)
        return;
    uint64_t flags = irq_save();
    struct held_by_cpu *mine = percpu_this(spinning);
    ASSERT(mine->count < SPIN_MAX);
    remember(&mine->locks[mine->count++], c, lock, nullptr, __builtin_frame_address(0));
    irq_restore(flags);
}

// Takes the last entry for `lock` out. False if there is none.
static bool forget(struct held *list, uint32_t *count, const void *lock, const struct task *task)
{
    for (uint32_t i = *count; i-- > 0;) {
        if (list[i].lock != lock || list[i].task != task)
            continue;
        for (--*count; i < *count; i++)
            list[i] = list[i + 1];
        return true;
    }
    return false;
}

[[noreturn]] static void not_held(const struct lock_class *c, const void *lock)
{
    report_begin();
    panic("lock: %s at %016lx is released and not held", c->name, (uint64_t)lock);
}

void lock_debug_release(const struct lock_class *c, const void *lock)
{
    if (sanitizer_stopped)
        return;
    uint64_t flags = irq_save();
    struct held_by_cpu *mine = percpu_this(spinning);
    if (!forget(mine->locks, &mine->count, lock, nullptr))
        not_held(c, lock);
    irq_restore(flags);
}

// ---- locks that are held asleep --------------------------------------------------------------

void lock_debug_sleeping_acquire(const struct lock_class *c, const void *lock)
{
    if (!sanitizer_stopped)
        check_sleeping(c, lock);
}

void lock_debug_sleeping_acquired(const struct lock_class *c, const void *lock)
{
    if (sanitizer_stopped)
        return;
    uint64_t flags = table_lock();
    ASSERT(sleeping_count < SLEEPING_MAX);
    remember(&sleeping[sleeping_count++], c, lock, cpu_read(current), __builtin_frame_address(0));
    table_unlock(flags);
}

void lock_debug_sleeping_release(const struct lock_class *c, const void *lock)
{
    if (sanitizer_stopped)
        return;
    uint64_t flags = table_lock();
    if (!forget(sleeping, &sleeping_count, lock, cpu_read(current)))
        not_held(c, lock);
    table_unlock(flags);
}

void lock_debug_task_exit(void)
{
    if (sanitizer_stopped)
        return;
    const struct task *self = cpu_read(current);
    uint64_t flags = table_lock();
    for (uint32_t i = 0; i < sleeping_count; i++) {
        if (sleeping[i].task != self)
            continue;
        report_begin();
        print_held(&sleeping[i]);
        panic("lock: a task ends and holds %s", sleeping[i].class->name);
    }
    table_unlock(flags);
}

void lock_debug_may_not_sleep(void)
{
    if (sanitizer_stopped)
        return;
    report_begin();
    const struct held_by_cpu *mine = percpu_this(spinning);
    for (uint32_t i = 0; i < mine->count; i++)
        print_held(&mine->locks[i]);
}
