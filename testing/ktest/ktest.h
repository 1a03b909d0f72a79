// SPDX-License-Identifier: Apache-2.0
// Tests of the frame inside a kernel. The word test=NAME of the command line chooses one; the
// machine's status is 0 if it returns, and PANIC_STATUS if an expectation fails. Tests of panics
// never return: whoever boots them looks at the output.
#pragma once
#include "kernel/frame/base/assert.h"
#include "kernel/frame/heap/heap.h"
#include "kernel/frame/pmm/page.h"
#include "kernel/frame/task/task.h"

// Free pages, when nothing is at hand on any CPU.
static inline uint64_t free_pages(void)
{
    task_trim();
    heap_trim();
    return pmm_stats().free;
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
KTEST_LIST(ktest_checks);
KTEST_LIST(ktest_faults);
KTEST_LIST(ktest_tasks);
KTEST_LIST(ktest_user);
KTEST_LIST(ktest_memory);
KTEST_LIST(ktest_smp);
KTEST_LIST(ktest_spaces);
KTEST_LIST(ktest_sync);
