// SPDX-License-Identifier: Apache-2.0
// Tests of the frame inside a kernel. The word test=NAME of the command line chooses one; the
// machine's status is 0 if it returns, and PANIC_STATUS if an expectation fails. Tests of panics
// never return: whoever boots them looks at the output.
#pragma once
#include "kernel/frame/base/assert.h"
#include "kernel/frame/heap/heap.h"
#include "kernel/frame/pmm/page.h"
#include "kernel/frame/task/task.h"

// Free pages, when nothing is at hand on any CPU; waits until the caller is the last task.
static inline uint64_t free_pages(void)
{
    while (task_count() > 1)
        task_yield();
    task_trim();
    heap_trim();
    return pmm_stats().free;
}

// Makes as many tasks at once as tests may have at hand on all CPUs, or in quarantine: the slabs
// that they take stay for ever, and are not to be taken for a leak when some test is first to need
// them.
void stock_up(void);

static inline void wait_until(const uint32_t *word, uint32_t value)
{
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value)
        task_yield();
}

static inline uint64_t next_random(uint64_t *s)
{
    *s = *s * 6364136223846793005 + 1442695040888963407;
    return *s >> 33;
}

// An ordinary share, on one CPU.
static inline struct sched_attr on_cpu(uint32_t cpu)
{
    return (struct sched_attr){.kind = SCHED_FAIR,
                               .weight = SCHED_WEIGHT_DEFAULT,
                               .affinity = cpuset_of(cpu % cpu_count())};
}

// Goes where no function is. (A call through a pointer would look at the type in front of it.)
static inline void jump_to(const volatile void *address)
{
    __asm__ volatile("call *%0" ::"r"(address) : "memory");
}

#define EXPECT(condition) ASSERT(condition)

struct ktest {
    const char *name;
    void (*run)(void);
};

#define KTEST_LIST(name) extern const struct ktest name[]

// One list for each file of tests; a null name ends it.
KTEST_LIST(ktest_entropy);
KTEST_LIST(ktest_checks);
KTEST_LIST(ktest_faults);
KTEST_LIST(ktest_tasks);
KTEST_LIST(ktest_user);
KTEST_LIST(ktest_isolation);
KTEST_LIST(ktest_memory);
KTEST_LIST(ktest_hostile);
KTEST_LIST(ktest_place);
KTEST_LIST(ktest_nomem);
KTEST_LIST(ktest_smp);
KTEST_LIST(ktest_stress);
KTEST_LIST(ktest_spaces);
KTEST_LIST(ktest_sync);
