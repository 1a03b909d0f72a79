// SPDX-License-Identifier: Apache-2.0
// Several CPUs: preemption, time, and tasks that do everything at once. Every test runs on any
// number of CPUs.
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/sched/sched_priv.h"
#include "kernel/frame/smp/call.h"
#include "kernel/frame/task/task.h"
#include "kernel/frame/time/clock.h"
#include "kernel/frame/time/timer.h"
#include "testing/ktest/ktest.h"

// ---- preemption ---------------------------------------------------------------------------------

struct spinner {
    uint64_t count;
    const bool *stop;
    uint32_t *done;
};

TASK_DEFINE(spin, struct spinner, s)
{
    while (!__atomic_load_n(s->stop, __ATOMIC_RELAXED))
        __atomic_fetch_add(&s->count, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(s->done, 1, __ATOMIC_RELEASE);
}

// Tasks that never give way by themselves all get on, twice the weight twice as far.
static void preemption(void)
{
    constexpr uint32_t count = 3;
    static struct spinner spinners[count];
    static struct task *tasks[count];
    static uint32_t done;
    static bool stop;
    for (uint32_t i = 0; i < count; i++) {
        struct sched_attr attr = on_cpu(0);
        attr.weight = i == 0 ? 2 * SCHED_WEIGHT_DEFAULT : SCHED_WEIGHT_DEFAULT;
        spinners[i] = (struct spinner){0, &stop, &done};
        must(spin_create(&spinners[i], &tasks[i]));
        must(task_set_sched(tasks[i], attr));
        task_start(tasks[i]);
    }
    must(task_set_sched(task_current(), on_cpu(1)));
    // A host that does something else for a while charges that to whom it interrupts, so that the
    // shares may take their time to be right; wrong ones stay wrong.
    for (uint64_t least = 0, heavy = 0, light = 0;
         least < 300'000'000 || heavy < light * 3 / 2 || heavy > light * 5 / 2;) {
        EXPECT(least < 30'000'000'000);
        task_yield();
        heavy = task_used_cycles(tasks[0]);
        light = task_used_cycles(tasks[1]);
        least = min_u64(heavy, min_u64(light, task_used_cycles(tasks[2])));
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    wait_until(&done, count);
    for (uint32_t i = 0; i < count; i++) {
        EXPECT(spinners[i].count > 1000);
        task_put(tasks[i]);
    }
}

// ---- time ---------------------------------------------------------------------------------------

static uint32_t fired, early;

struct alarm {
    struct timer timer;
    uint64_t due_ns;
};

static void ring(void *arg)
{
    struct alarm *a = arg;
    if (clock_mono_ns() < a->due_ns)
        __atomic_fetch_add(&early, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&fired, 1, __ATOMIC_RELEASE);
}

static void timers(void)
{
    static struct alarm alarms[500];
    uint64_t start = clock_mono_ns();
    uint32_t expected = 0;
    for (uint32_t i = 0; i < 500; i++) {
        struct alarm *a = &alarms[i];
        a->due_ns = start + 1'000'000 + (i * 7919 % 500) * 50'000;
        timer_init(&a->timer, ring, a);
        timer_arm_ns(&a->timer, a->due_ns);
    }
    for (uint32_t i = 0; i < 500; i++) {
        if (i % 5 == 0 && timer_cancel(&alarms[i].timer))
            EXPECT(!timer_cancel(&alarms[i].timer));
        else
            expected++;
    }
    wait_until(&fired, expected);
    EXPECT(early == 0);
    EXPECT(clock_mono_ns() >= start + 1'000'000 + 499 * 50'000);
}

static void wake_up(void *task) { task_unpark(task); }

// A task that waits for a time lets its CPU halt until then.
static void sleep_and_wake(void)
{
    struct timer t;
    timer_init(&t, wake_up, task_current());
    for (uint32_t i = 0; i < 20; i++) {
        uint64_t due = clock_mono_ns() + 2'000'000;
        timer_arm_ns(&t, due);
        while (clock_mono_ns() < due)
            task_park();
        timer_cancel(&t); // on another CPU it may be a little late
    }
}

static void clocks(void)
{
    uint64_t last = clock_mono_ns();
    for (uint32_t i = 0; i < 10'000; i++) {
        uint64_t now = clock_mono_ns();
        EXPECT(now >= last);
        last = now;
    }
    // Later than this was written, and before 64 bits of nanoseconds run out.
    EXPECT(clock_real_ns() > 1'700'000'000'000'000'000);
    clock_set_real_ns(5);
    EXPECT(clock_real_ns() < 60'000'000'000);
    uint64_t ns = 123'456'789;
    uint64_t back = clock_cycles_to_ns(clock_ns_to_cycles(ns));
    EXPECT(back <= ns && ns - back < 10);
}

static void date(void) { kprintf("%lu\n", clock_real_ns() / 1'000'000'000); }

// ---- everything at once ---------------------------------------------------------------------

struct worker {
    uint64_t seed;
    struct task *task;
    struct worker *friend;
    uint32_t *done;
};

TASK_DEFINE(work, struct worker, w)
{
    for (uint32_t i = 0; i < 400; i++) {
        uint64_t r = next_random(&w->seed);
        switch (r % 5) {
        case 0:
            task_yield();
            break;
        case 1:
            task_unpark(w->friend->task);
            break;
        case 2: {
            // Whatever happens to a task, its attributes take effect in the end.
            struct sched_attr attr = {.kind = (enum sched_class)(r / 5 % 3),
                                      .priority = (uint8_t)(1 + r / 15 % 99),
                                      .weight = SCHED_WEIGHT_MIN + (uint32_t)(r / 7 % 5000),
                                      .affinity = cpuset_of((uint32_t)(r / 11 % cpu_count()))};
            struct task *whom = r / 1000 % 2 == 0 ? w->task : w->friend->task;
            must(task_set_sched(whom, attr));
            break;
        }
        case 3: {
            // Parks, but not for ever: a timer is behind it.
            struct timer t;
            timer_init(&t, wake_up, w->task);
            timer_arm_cycles(&t, clock_cycles() + r % 100'000);
            task_park();
            timer_cancel(&t);
            break;
        }
        case 4:
            for (uint64_t n = r % 2000; n > 0; n--)
                cpu_pause();
            break;
        }
        struct sched_attr now = task_sched(w->task);
        EXPECT(now.kind <= SCHED_RR);
    }
    __atomic_fetch_add(w->done, 1, __ATOMIC_RELEASE);
}

static void chaos(void)
{
    constexpr uint32_t count = 32;
    static struct worker workers[count];
    static uint32_t done;
    for (uint32_t i = 0; i < count; i++) {
        workers[i] = (struct worker){.seed = i * 77 + 1, .friend = &workers[(i + 1) % count]};
        workers[i].done = &done;
        must(work_create(&workers[i], &workers[i].task));
    }
    for (uint32_t i = 0; i < count; i++)
        task_start(workers[i].task);
    // Real-time tasks may have all CPUs to themselves for long.
    must(task_set_sched(task_current(), (struct sched_attr){.kind = SCHED_FIFO, .priority = 99}));
    struct timer t;
    timer_init(&t, wake_up, task_current());
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) != count) {
        timer_arm_cycles(&t, clock_cycles() + 10'000'000);
        task_park();
        timer_cancel(&t);
    }
    for (uint32_t i = 0; i < count; i++)
        task_put(workers[i].task);
}

// ---- being moved --------------------------------------------------------------------------------

struct watcher {
    struct task *task; // atomic
    const bool *stop;
    uint32_t *done;
};

// What the running task reads of its CPU is its own CPU's, wherever between two instructions it is
// moved to another: which task runs, and that this one holds no run queue.
TASK_DEFINE(watch, struct watcher, w)
{
    while (!__atomic_load_n(w->stop, __ATOMIC_RELAXED)) {
        EXPECT(task_current() == __atomic_load_n(&w->task, __ATOMIC_RELAXED));
        for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
            EXPECT(!run_queue_is_mine(cpu));
    }
    __atomic_fetch_add(w->done, 1, __ATOMIC_RELEASE);
}

static void being_moved(void)
{
    constexpr uint32_t count = 6;
    static struct watcher watchers[count];
    static uint32_t done;
    static bool stop;
    uint64_t seed = 1;
    for (uint32_t i = 0; i < count; i++) {
        watchers[i] = (struct watcher){nullptr, &stop, &done};
        must(watch_create(&watchers[i], &watchers[i].task));
        task_start(watchers[i].task);
    }
    for (uint32_t moves = 0; moves < 20'000; moves++) {
        struct task *task = watchers[next_random(&seed) % count].task;
        must(task_set_sched(task, on_cpu((uint32_t)next_random(&seed))));
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    wait_until(&done, count);
    for (uint32_t i = 0; i < count; i++)
        task_put(watchers[i].task);
}

const struct ktest ktest_smp[] = {
    {"preemption", preemption}, {"being_moved", being_moved},
    {"timers", timers},         {"sleep_and_wake", sleep_and_wake},
    {"clocks", clocks},         {"date", date},
    {"chaos", chaos},           {},
};
