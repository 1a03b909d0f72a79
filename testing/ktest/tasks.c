// SPDX-License-Identifier: Apache-2.0
// Tasks take turns, end, and leave nothing behind.
#include "kernel/frame/base/elem.h"
#include "kernel/frame/pmm/page.h"
#include "kernel/frame/task/task.h"
#include "kernel/frame/time/clock.h"
#include "testing/ktest/ktest.h"

struct turns {
    unsigned steps, order[64];
    unsigned ended; // atomic: whoever sees it sees the steps too
};

struct runner {
    struct turns *turns;
    unsigned id, rounds;
};

TASK_DEFINE(run_rounds, struct runner, r)
{
    for (unsigned i = 0; i < r->rounds; i++) {
        r->turns->order[r->turns->steps++] = r->id;
        task_yield();
    }
    __atomic_fetch_add(&r->turns->ended, 1, __ATOMIC_RELEASE);
}

static unsigned ended(const struct turns *t)
{
    return __atomic_load_n(&t->ended, __ATOMIC_ACQUIRE);
}

static void start_as(struct runner *r, struct sched_attr attr)
{
    struct task *task;
    must(run_rounds_create(r, &task));
    must(task_set_sched(task, attr));
    task_start(task);
    task_put(task);
}

static void start(struct runner *r)
{
    start_as(r, (struct sched_attr){.kind = SCHED_FAIR, .weight = SCHED_WEIGHT_DEFAULT});
}

// Equal real-time tasks on one CPU take turns, and nobody else has one.
static void round_robin(void)
{
    static struct turns turns;
    static struct runner runners[3];
    struct sched_attr here = {.kind = SCHED_RR, .priority = 2, .affinity = cpuset_of(0)};
    must(task_set_sched(task_current(), here)); // nobody begins before all have started
    here.priority = 1;
    for (unsigned i = 0; i < 3; i++) {
        runners[i] = (struct runner){&turns, i, 4};
        start_as(&runners[i], here);
    }
    EXPECT(turns.steps == 0);
    here.kind = SCHED_FAIR;
    here.weight = SCHED_WEIGHT_DEFAULT;
    must(task_set_sched(task_current(), here));
    while (ended(&turns) < 3)
        task_yield();
    EXPECT(turns.steps == 12);
    for (unsigned i = 0; i < 12; i++)
        EXPECT(turns.order[i] == i % 3);
}

static void run_many(unsigned count)
{
    static struct turns turns;
    static struct runner runner;
    for (unsigned i = 0; i < count; i++) {
        turns = (struct turns){};
        runner = (struct runner){&turns, 0, 3};
        start(&runner);
        while (ended(&turns) == 0)
            task_yield();
    }
    // Whoever exits is freed by the next to run on its CPU.
    while (task_count() > 1)
        task_yield();
}

void stock_up(void)
{
    static struct task *tasks[1000];
    static struct runner runner;
    for (size_t i = 0; i < COUNT_OF(tasks); i++)
        must(run_rounds_create(&runner, &tasks[i]));
    for (size_t i = 0; i < COUNT_OF(tasks); i++)
        task_put(tasks[i]);
}

static void memory_comes_back(void)
{
    stock_up();
    run_many(1000); // tables that stay
    uint64_t before = free_pages();
    run_many(1000);
    EXPECT(free_pages() == before);
}

// What a task has used is told before another is queued beside it, so that the two are compared as
// they are. Both are on one CPU.
static struct sched_ops noting; // the default policy, and these
static uint64_t noted;          // cycles that were charged until somebody was queued

static void note_charge(uint32_t cpu, struct sched_node *running, uint64_t cycles)
{
    noted += cycles;
    sched_default_ops.charge(cpu, running, cycles);
}

static bool note_enqueue(uint32_t cpu, struct sched_node *task, enum sched_why why)
{
    if (why == SCHED_WOKEN)
        EXPECT(noted >= 1'000'000);
    return sched_default_ops.enqueue(cpu, task, why);
}

static void park_once(void *) { task_park(); }

static void charged_before_others_come(void)
{
    struct task *task;
    noting = sched_default_ops;
    noting.charge = note_charge;
    noting.enqueue = note_enqueue;
    sched_inject(&noting);
    must(task_create(park_once, nullptr, &task));
    task_start(task);
    task_yield();
    noted = 0;
    for (uint64_t begin = clock_cycles(); clock_cycles() - begin < 1'000'000;)
        ;
    task_unpark(task);
    task_put(task);
    EXPECT(free_pages() > 0 && noted > 0);
}

// A task that is made and never started goes away with its reference.
static void never_started(void)
{
    static struct runner runner;
    struct task *task;
    run_many(1000);
    uint64_t before = free_pages();
    for (unsigned i = 0; i < 100; i++) {
        must(run_rounds_create(&runner, &task));
        task_put(task);
    }
    EXPECT(free_pages() == before);
}

static void out_of_memory(void)
{
    static struct task *tasks[20000];
    static struct runner runner;
    run_many(1);
    uint64_t before = free_pages();
    size_t n = 0;
    while (n < sizeof(tasks) / sizeof(tasks[0]) && run_rounds_create(&runner, &tasks[n]) == ERR_OK)
        n++;
    EXPECT(n > 10 && n < sizeof(tasks) / sizeof(tasks[0]));
    // Page tables of the stacks' addresses stay, one for each 2 MiB (a stack has at most 8 pages),
    // and so do the tasks' slabs (a task is at most 400 bytes).
    uint64_t tables = n * 8 / 512 + 1 + n / 10;
    while (n > 0)
        task_put(tasks[--n]);
    EXPECT(before - free_pages() <= tables);
    run_many(10);
}

static void start_twice(void)
{
    static struct turns turns;
    static struct runner runner = {&turns, 0, 1};
    struct task *task;
    must(run_rounds_create(&runner, &task));
    task_start(task);
    task_start(task);
}

static void all_end(void) { task_exit(); }

const struct ktest ktest_tasks[] = {
    {"round_robin", round_robin},
    {"charged_before_others_come", charged_before_others_come},
    {"memory_comes_back", memory_comes_back},
    {"never_started", never_started},
    {"out_of_memory", out_of_memory},
    {"start_twice", start_twice},
    {"all_end", all_end},
    {},
};
