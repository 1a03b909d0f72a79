// SPDX-License-Identifier: Apache-2.0
// Tasks take turns, end, and leave nothing behind.
#include "kernel/frame/pmm/page.h"
#include "kernel/frame/task/task.h"
#include "testing/ktest/ktest.h"

struct turns {
    unsigned steps, order[64];
    unsigned ended;
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
    r->turns->ended++;
}

static void start(struct runner *r)
{
    struct task *task;
    must(run_rounds_create(r, &task));
    task_start(task);
    task_put(task);
}

static void round_robin(void)
{
    static struct turns turns;
    static struct runner runners[3];
    for (unsigned i = 0; i < 3; i++) {
        runners[i] = (struct runner){&turns, i, 4};
        start(&runners[i]);
    }
    while (turns.ended < 3)
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
        while (turns.ended == 0)
            task_yield();
        task_yield(); // whoever exits is freed by the next to run
    }
}

static void memory_comes_back(void)
{
    run_many(1); // tables and slabs that stay
    uint64_t before = pmm_stats().free;
    run_many(1000);
    EXPECT(pmm_stats().free == before);
}

// A task that is made and never started goes away with its reference.
static void never_started(void)
{
    static struct runner runner;
    struct task *task;
    run_many(1);
    uint64_t before = pmm_stats().free;
    for (unsigned i = 0; i < 100; i++) {
        must(run_rounds_create(&runner, &task));
        task_put(task);
    }
    EXPECT(pmm_stats().free == before);
}

static void out_of_memory(void)
{
    static struct task *tasks[20000];
    static struct runner runner;
    run_many(1);
    uint64_t before = pmm_stats().free;
    size_t n = 0;
    while (n < sizeof(tasks) / sizeof(tasks[0]) && run_rounds_create(&runner, &tasks[n]) == ERR_OK)
        n++;
    EXPECT(n > 10 && n < sizeof(tasks) / sizeof(tasks[0]));
    // Page tables of the stacks' addresses stay: one for each 2 MiB. A stack has at most 8 pages.
    uint64_t tables = n * 8 / 512 + 1;
    while (n > 0)
        task_put(tasks[--n]);
    EXPECT(before - pmm_stats().free <= tables);
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
    {"memory_comes_back", memory_comes_back},
    {"never_started", never_started},
    {"out_of_memory", out_of_memory},
    {"start_twice", start_twice},
    {"all_end", all_end},
    {},
};
