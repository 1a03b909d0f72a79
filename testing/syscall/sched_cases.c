// SPDX-License-Identifier: Apache-2.0
// How threads are scheduled: policies, nice values, CPUs; and membarrier.
#include "testing/syscall/signals.h"
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

// linux/sched/types.h's, whose name the C library has.
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t util_min, util_max;
    uint64_t more;
};

constexpr long NOBODY = 1 << 22;

static long set_policy(long tid, int policy, int priority)
{
    return call(SYS_sched_setscheduler, tid, policy, &priority);
}

// The host may not let us have real-time threads.
static bool may_real_time(void)
{
    long result = set_policy(0, SCHED_FIFO, 1);
    CHECK(result == 0 || result == -EPERM);
    CHECK_EQ(set_policy(0, SCHED_OTHER, 0), 0);
    return result == 0;
}

static void begins_as_usual(void)
{
    int priority = -1;
    CHECK_EQ(call(SYS_sched_getscheduler, 0), SCHED_OTHER);
    CHECK_EQ(call(SYS_sched_getparam, 0, &priority), 0);
    CHECK_EQ(priority, 0);
}

CASE(sched_getscheduler, "the usual, by one's own number or 0")
{
    begins_as_usual();
    CHECK_EQ(call(SYS_sched_getscheduler, call(SYS_gettid)), SCHED_OTHER);
    CHECK_EQ(call(SYS_sched_getscheduler, -1), -EINVAL);
    CHECK_EQ(call(SYS_sched_getscheduler, NOBODY), -ESRCH);
}

static void inherits_batch(void) { CHECK_EQ(call(SYS_sched_getscheduler, 0), SCHED_BATCH); }

// Not everybody may take that back.
static void be_idle(void)
{
    CHECK_EQ(set_policy(0, SCHED_IDLE, 0), 0);
    CHECK_EQ(call(SYS_sched_getscheduler, 0), SCHED_IDLE);
}

CASE(sched_setscheduler, "ordinary policies, which a child inherits, or not if it is not to")
{
    CHECK_EQ(set_policy(0, SCHED_BATCH, 0), 0);
    CHECK_EQ(in_child(inherits_batch), 0);
    CHECK_EQ(set_policy(0, SCHED_OTHER, 0), 0);
    CHECK_EQ(in_child(be_idle), 0);
}

static void real_time(void)
{
    int priority = 0;
    CHECK_EQ(set_policy(0, SCHED_RR, 42), 0);
    CHECK_EQ(call(SYS_sched_getscheduler, 0), SCHED_RR);
    CHECK_EQ(call(SYS_sched_getparam, 0, &priority), 0);
    CHECK_EQ(priority, 42);
    priority = 43;
    CHECK_EQ(call(SYS_sched_setparam, 0, &priority), 0);
    CHECK_EQ(call(SYS_sched_getparam, 0, &priority), 0);
    CHECK_EQ(priority, 43);
    CHECK_EQ(set_policy(0, SCHED_FIFO | SCHED_RESET_ON_FORK, 1), 0);
    CHECK_EQ(call(SYS_sched_getscheduler, 0), SCHED_FIFO | SCHED_RESET_ON_FORK);
    CHECK_EQ(in_child(begins_as_usual), 0);
}

CASE(sched_setscheduler, "real-time policies, and SCHED_RESET_ON_FORK")
{
    if (may_real_time())
        CHECK_EQ(in_child(real_time), 0);
}

CASE(sched_setscheduler, "errors")
{
    CHECK_EQ(set_policy(0, SCHED_OTHER, 1), -EINVAL);
    CHECK_EQ(set_policy(0, SCHED_FIFO, 0), -EINVAL);
    CHECK_EQ(set_policy(0, SCHED_FIFO, 100), -EINVAL);
    CHECK_EQ(set_policy(0, 77, 0), -EINVAL);
    CHECK_EQ(set_policy(-1, SCHED_OTHER, 0), -EINVAL);
    CHECK_EQ(set_policy(NOBODY, SCHED_OTHER, 0), -ESRCH);
    CHECK_EQ(call(SYS_sched_setscheduler, 0, SCHED_OTHER, nullptr), -EINVAL);
    CHECK_EQ(call(SYS_sched_setscheduler, 0, SCHED_OTHER, nowhere), -EFAULT);
}

CASE(sched_setparam, "errors")
{
    int priority = 1;
    CHECK_EQ(call(SYS_sched_setparam, 0, &priority), -EINVAL);
    CHECK_EQ(call(SYS_sched_setparam, 0, nullptr), -EINVAL);
    CHECK_EQ(call(SYS_sched_setparam, NOBODY, &priority), -ESRCH);
    CHECK_EQ(call(SYS_sched_setparam, -1, &priority), -EINVAL);
}

CASE(sched_getparam, "errors")
{
    int priority;
    CHECK_EQ(call(SYS_sched_getparam, 0, nullptr), -EINVAL);
    CHECK_EQ(call(SYS_sched_getparam, NOBODY, &priority), -ESRCH);
    CHECK_EQ(call(SYS_sched_getparam, -1, &priority), -EINVAL);
    CHECK_EQ(call(SYS_sched_getparam, 0, nowhere), -EFAULT);
}

CASE(sched_get_priority_max, "1 to 99 for real-time policies")
{
    CHECK_EQ(call(SYS_sched_get_priority_max, SCHED_FIFO), 99);
    CHECK_EQ(call(SYS_sched_get_priority_max, SCHED_OTHER), 0);
    CHECK_EQ(call(SYS_sched_get_priority_max, 77), -EINVAL);
}

CASE(sched_get_priority_min, "1 to 99 for real-time policies")
{
    CHECK_EQ(call(SYS_sched_get_priority_min, SCHED_RR), 1);
    CHECK_EQ(call(SYS_sched_get_priority_min, SCHED_BATCH), 0);
    CHECK_EQ(call(SYS_sched_get_priority_min, -1), -EINVAL);
}

// ---- attributes --------------------------------------------------------------------------------

static void change_attributes(void)
{
    struct attributes a = {.size = 48, .policy = SCHED_BATCH, .nice = 7, .flags = 1}, b = {};
    CHECK_EQ(call(SYS_sched_setattr, 0, &a, 0), 0);
    CHECK_EQ(call(SYS_sched_getattr, 0, &b, 48, 0), 0);
    CHECK_EQ(b.size, 48);
    CHECK_EQ(b.policy, SCHED_BATCH);
    CHECK_EQ(b.nice, 7);
    CHECK_EQ(b.flags, 1);
    CHECK_EQ(call(SYS_getpriority, PRIO_PROCESS, 0), 20 - 7);
    // With its policy kept, only the nice value changes.
    a = (struct attributes){.size = 0, .flags = 8, .nice = 9};
    CHECK_EQ(call(SYS_sched_setattr, 0, &a, 0), 0);
    CHECK_EQ(call(SYS_sched_getscheduler, 0), SCHED_BATCH | SCHED_RESET_ON_FORK);
    CHECK_EQ(call(SYS_getpriority, PRIO_PROCESS, 0), 20 - 9);
}

CASE(sched_setattr, "policy and nice value at once") { CHECK_EQ(in_child(change_attributes), 0); }

CASE(sched_setattr, "errors")
{
    struct attributes a = {.size = 48, .policy = 77};
    CHECK_EQ(call(SYS_sched_setattr, 0, &a, 0), -EINVAL);
    a.policy = SCHED_OTHER;
    CHECK_EQ(call(SYS_sched_setattr, 0, &a, 1), -EINVAL);
    CHECK_EQ(call(SYS_sched_setattr, 0, nullptr, 0), -EINVAL);
    CHECK_EQ(call(SYS_sched_setattr, NOBODY, &a, 0), -ESRCH);
    CHECK_EQ(call(SYS_sched_setattr, 0, nowhere, 0), -EFAULT);
    a.flags = 1 << 20;
    CHECK_EQ(call(SYS_sched_setattr, 0, &a, 0), -EINVAL);
    a = (struct attributes){.size = 8};
    CHECK_EQ(call(SYS_sched_setattr, 0, &a, 0), -E2BIG);
    CHECK(a.size >= 48);
    a = (struct attributes){.size = sizeof(a), .more = 1};
    CHECK_EQ(call(SYS_sched_setattr, 0, &a, 0), -E2BIG);
}

CASE(sched_getattr, "errors")
{
    struct attributes a;
    CHECK_EQ(call(SYS_sched_getattr, 0, &a, 40, 0), -EINVAL);
    CHECK_EQ(call(SYS_sched_getattr, 0, &a, 5000, 0), -EINVAL);
    CHECK_EQ(call(SYS_sched_getattr, 0, &a, 48, 1), -EINVAL);
    CHECK_EQ(call(SYS_sched_getattr, 0, nullptr, 48, 0), -EINVAL);
    CHECK_EQ(call(SYS_sched_getattr, NOBODY, &a, 48, 0), -ESRCH);
}

// ---- nice values -------------------------------------------------------------------------------

static void be_nice(void)
{
    CHECK_EQ(call(SYS_getpriority, PRIO_PROCESS, 0), 20);
    CHECK_EQ(call(SYS_setpriority, PRIO_PROCESS, 0, 5), 0);
    CHECK_EQ(call(SYS_getpriority, PRIO_PROCESS, 0), 15);
    CHECK_EQ(call(SYS_getpriority, PRIO_PROCESS, call(SYS_gettid)), 15);
    // Beyond the end is the end.
    CHECK_EQ(call(SYS_setpriority, PRIO_PROCESS, 0, 100), 0);
    CHECK_EQ(call(SYS_getpriority, PRIO_PROCESS, 0), 1);
    long child = call(SYS_fork);
    if (child == 0)
        syscall(SYS_exit_group, call(SYS_getpriority, PRIO_PROCESS, 0) != 1);
    int status;
    CHECK_EQ(call(SYS_wait4, child, &status, 0, nullptr), child);
    CHECK_EQ(status, 0);
}

CASE(setpriority, "a nice value, which a child inherits") { CHECK_EQ(in_child(be_nice), 0); }

static void be_nice_group(void)
{
    CHECK_EQ(call(SYS_setpgid, 0, 0), 0);
    CHECK_EQ(call(SYS_setpriority, PRIO_PGRP, 0, 3), 0);
    CHECK_EQ(call(SYS_getpriority, PRIO_PGRP, call(SYS_getpid)), 17);
    CHECK_EQ(call(SYS_getpriority, PRIO_PROCESS, 0), 17);
}

CASE(setpriority, "of a group") { CHECK_EQ(in_child(be_nice_group), 0); }

CASE(setpriority, "errors")
{
    CHECK_EQ(call(SYS_setpriority, 7, 0, 0), -EINVAL);
    CHECK_EQ(call(SYS_setpriority, PRIO_PROCESS, NOBODY, 0), -ESRCH);
    CHECK_EQ(call(SYS_setpriority, PRIO_PGRP, NOBODY, 0), -ESRCH);
}

CASE(getpriority, "errors")
{
    CHECK_EQ(call(SYS_getpriority, 7, 0), -EINVAL);
    CHECK_EQ(call(SYS_getpriority, PRIO_PROCESS, NOBODY), -ESRCH);
    CHECK(call(SYS_getpriority, PRIO_USER, 0) >= 1);
}

// ---- CPUs --------------------------------------------------------------------------------------

static unsigned long cpus(long tid)
{
    unsigned long set[128] = {};
    CHECK(call(SYS_sched_getaffinity, tid, sizeof(set), set) > 0);
    return set[0];
}

static void on_each_in_turn(void)
{
    unsigned long all = cpus(0);
    for (unsigned cpu = 0; cpu < 64; cpu++) {
        unsigned long one = 1ul << cpu;
        unsigned now;
        if ((all & one) == 0)
            continue;
        CHECK_EQ(call(SYS_sched_setaffinity, 0, sizeof(one), &one), 0);
        CHECK_EQ(cpus(0), one);
        CHECK_EQ(call(SYS_getcpu, &now, nullptr, nullptr), 0);
        CHECK_EQ(now, cpu);
        long child = call(SYS_fork);
        if (child == 0)
            syscall(SYS_exit_group, cpus(0) != one);
        int status;
        CHECK_EQ(call(SYS_wait4, child, &status, 0, nullptr), child);
        CHECK_EQ(status, 0);
    }
}

CASE(sched_setaffinity, "to each CPU in turn, which a child inherits")
{
    CHECK_EQ(in_child(on_each_in_turn), 0);
}

CASE(sched_setaffinity, "errors")
{
    unsigned long none = 0, all = ~0ul;
    CHECK_EQ(call(SYS_sched_setaffinity, 0, sizeof(none), &none), -EINVAL);
    CHECK_EQ(call(SYS_sched_setaffinity, NOBODY, sizeof(all), &all), -ESRCH);
    CHECK_EQ(call(SYS_sched_setaffinity, 0, sizeof(all), nowhere), -EFAULT);
    CHECK_EQ(call(SYS_sched_setaffinity, 0, 0, &all), -EINVAL);
}

CASE(sched_getaffinity, "errors")
{
    unsigned long set[128];
    CHECK_EQ(call(SYS_sched_getaffinity, 0, 12, set), -EINVAL);
    CHECK_EQ(call(SYS_sched_getaffinity, 0, 0, set), -EINVAL);
    CHECK_EQ(call(SYS_sched_getaffinity, NOBODY, sizeof(set), set), -ESRCH);
    CHECK_EQ(call(SYS_sched_getaffinity, 0, sizeof(set), nowhere), -EFAULT);
}

// ---- membarrier --------------------------------------------------------------------------------

constexpr uint32_t ROUNDS = 300;
static uint32_t x, y, seen_x, seen_y, turn;

// The light side of a Dekker pair: a compiler's barrier only, where the other side has the call.
static void *light_side(void *)
{
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != i)
            sched_yield();
        __atomic_store_n(&x, 1, __ATOMIC_RELAXED);
        __asm__ volatile("" ::: "memory");
        seen_y = __atomic_load_n(&y, __ATOMIC_RELAXED);
        __atomic_store_n(&turn, 0, __ATOMIC_RELEASE);
    }
    return nullptr;
}

CASE(membarrier, "one of two that store and look sees the other, whose barrier the call is")
{
    pthread_t t;
    CHECK_EQ(call(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0), 0);
    CHECK_EQ(pthread_create(&t, nullptr, light_side, nullptr), 0);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        x = y = 0;
        __atomic_store_n(&turn, i, __ATOMIC_RELEASE);
        __atomic_store_n(&y, 1, __ATOMIC_RELAXED);
        CHECK_EQ(call(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0), 0);
        seen_x = __atomic_load_n(&x, __ATOMIC_RELAXED);
        while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != 0)
            sched_yield();
        CHECK(seen_x == 1 || seen_y == 1);
    }
    CHECK_EQ(pthread_join(t, nullptr), 0);
}

static void use_unregistered(void)
{
    CHECK_EQ(call(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0), -EPERM);
    CHECK_EQ(call(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0), 0);
    CHECK_EQ(call(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0), 0);
}

CASE(membarrier, "what has to be registered, and errors")
{
    long all = call(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
    CHECK((all & MEMBARRIER_CMD_GLOBAL) != 0);
    CHECK_EQ(in_child(use_unregistered), 0);
    CHECK_EQ(call(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0), 0);
    CHECK_EQ(call(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0), 0);
    CHECK_EQ(call(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0), 0);
    CHECK_EQ(call(SYS_membarrier, 1 << 20, 0, 0), -EINVAL);
    CHECK_EQ(call(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 1, 0), -EINVAL);
}
