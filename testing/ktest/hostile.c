// SPDX-License-Identifier: Apache-2.0
// Scheduling policies that do everything wrong. They may starve tasks; what they must not be able
// to do is have one run on two CPUs, after its end, or outside its affinity.
//
// Words of the command line: policy=NAME, one of those below; seed=N; misdeeds=N, after which the
// policy is honest, so that the test comes to its end.
#include "kernel/frame/base/cmdline.h"
#include "kernel/frame/boot/boot.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/sched/container.h"
#include "kernel/frame/smp/call.h"
#include "kernel/frame/task/task.h"
#include "kernel/frame/time/clock.h"
#include "kernel/frame/time/timer.h"
#include "testing/ktest/ktest.h"

enum misdeed : uint32_t {
    PICK_NOBODY = 1,  // though somebody is ready
    PICK_ANYBODY = 2, // running here or elsewhere, waiting, ended, freed, never started
    PICK_TWICE = 4,   // leaves whom it picks in the queue
    STEAL_ANYBODY = 8,
    HIDE = 16,       // puts the task nowhere, or where nobody looks
    ANY_CPU = 32,    // select says any number
    OTHER_CPUS = 64, // works on another CPU's queue
    LIE = 128,       // of what enqueue, dequeue and slice answer
};

static const struct {
    const char *name;
    uint32_t misdeeds;
} policies[] = {
    {"honest", 0},
    {"lazy", PICK_NOBODY},
    {"forgetful", HIDE},
    {"stale", PICK_ANYBODY},
    {"repeating", PICK_TWICE},
    {"thief", STEAL_ANYBODY},
    {"lost", ANY_CPU | OTHER_CPUS},
    {"liar", LIE},
    {"everything", ~0u},
};

static uint32_t misdeeds; // of the policy
static uint32_t budget;   // atomic: how many are left
static uint64_t chance;   // atomic
static uint64_t turn;     // atomic
static struct sched_tree queues[CPUS_MAX], limbo[CPUS_MAX];

// Everybody who was ever seen, those that have ended too.
constexpr uint32_t KNOWN_MAX = 512;
static struct sched_node *known[KNOWN_MAX]; // atomic
static uint32_t known_next;                 // atomic

static uint64_t random_number(void)
{
    uint64_t x = __atomic_add_fetch(&chance, 0x9e3779b97f4a7c15, __ATOMIC_RELAXED);
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

// Every other time, as long as the policy does that and has not done enough.
static bool misbehaves(uint32_t how)
{
    if ((misdeeds & how) == 0 || random_number() % 2 == 0)
        return false;
    uint32_t left = __atomic_load_n(&budget, __ATOMIC_RELAXED);
    while (left > 0) {
        if (__atomic_compare_exchange_n(&budget, &left, left - 1, true, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            return true;
    }
    return false;
}

static void remember(struct sched_node *n)
{
    for (uint32_t i = 0; i < KNOWN_MAX; i++) {
        struct sched_node *free = nullptr;
        if (__atomic_compare_exchange_n(&known[i], &free, n, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED) ||
            free == n)
            return;
    }
    panic("more tasks than this test has");
}

// Null now and then.
static struct sched_node *anybody(void)
{
    return __atomic_load_n(&known[random_number() % 64], __ATOMIC_RELAXED);
}

// In turn, so that nobody stays hidden.
static struct sched_node *next_known(void)
{
    uint32_t i = __atomic_fetch_add(&known_next, 1, __ATOMIC_RELAXED) % KNOWN_MAX;
    struct sched_node *n = __atomic_load_n(&known[i], __ATOMIC_RELAXED);
    if (n == nullptr)
        __atomic_store_n(&known_next, 0, __ATOMIC_RELAXED);
    return n;
}

static uint32_t select(struct sched_node *n, enum sched_why, uint32_t waker)
{
    remember(n);
    if (misbehaves(ANY_CPU))
        return (uint32_t)random_number();
    return random_number() % 2 == 0 ? waker : (uint32_t)(random_number() % cpu_count());
}

static bool enqueue(uint32_t cpu, struct sched_node *n, enum sched_why)
{
    uint64_t key = __atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED);
    remember(n);
    bool answer = !misbehaves(LIE);
    if (misbehaves(OTHER_CPUS)) {
        uint32_t other = (cpu + 1) % CPUS_MAX;
        EXPECT(!sched_tree_insert(&queues[other], n, key, key));
        EXPECT(sched_tree_pop(&queues[other]) == nullptr);
    }
    if (!misbehaves(HIDE))
        sched_tree_insert(&queues[cpu], n, key, key);
    else if (random_number() % 2 == 0)
        sched_tree_insert(&limbo[cpu], n, key, key);
    return answer;
}

static struct sched_node *pick(uint32_t cpu)
{
    if (misbehaves(PICK_NOBODY))
        return nullptr;
    if (misbehaves(PICK_ANYBODY))
        return anybody();
    if (misbehaves(PICK_TWICE))
        return sched_tree_first(&queues[cpu]);
    struct sched_node *n = sched_tree_pop(&queues[cpu]);
    return n != nullptr ? n : next_known();
}

static struct sched_node *steal(uint32_t from, uint32_t)
{
    if (misbehaves(STEAL_ANYBODY))
        return anybody();
    struct sched_node *n = sched_tree_pop(&queues[from]);
    return n != nullptr ? n : next_known();
}

static void charge(uint32_t, struct sched_node *n, uint64_t) { remember(n); }

static uint64_t slice(uint32_t, struct sched_node *)
{
    static const uint64_t lies[] = {1, 100, 1ull << 62, ~0ull};
    return misbehaves(LIE) ? lies[random_number() % 4] : 500'000;
}

static bool dequeue(uint32_t cpu, struct sched_node *n)
{
    if (misbehaves(LIE))
        return random_number() % 2 == 0;
    bool was = sched_tree_remove(&queues[cpu], n);
    return misbehaves(LIE) ? !was : was;
}

static const struct sched_ops hostile_ops = {
    .select = select,
    .enqueue = enqueue,
    .pick = pick,
    .steal = steal,
    .charge = charge,
    .slice = slice,
    .dequeue = dequeue,
};

// ---- those that it schedules -------------------------------------------------------------------

// The first workers choose where they run by themselves; for the rest anybody does.
constexpr uint32_t WORKERS = 16, MOVERS = 8, GENERATIONS = 3, STEPS = 40;

struct worker {
    struct task *task;
    uint64_t steps; // that it has done: also in a variable of its own
    uint32_t generation;
    bool over; // atomic: it has ended, or is about to
};

static struct worker workers[WORKERS];
static uint32_t ended; // atomic

static void wake_up(void *task) { task_unpark(task); }

static void park_until(uint64_t cycles)
{
    struct timer t;
    timer_init(&t, wake_up, task_current());
    timer_arm_cycles(&t, cycles);
    task_park();
    timer_cancel(&t);
}

// Where it may run is where it runs.
static void move(void)
{
    uint32_t cpu = (uint32_t)(random_number() % cpu_count());
    struct sched_attr attr = task_sched(task_current());
    attr.affinity = cpuset_of(cpu);
    must(task_set_sched(task_current(), attr));
    preempt_disable();
    EXPECT(cpu_this()->id == cpu);
    preempt_enable();
    attr.affinity = cpuset_all();
    must(task_set_sched(task_current(), attr));
}

TASK_DEFINE(work, struct worker, w)
{
    for (uint64_t i = 0; i < STEPS; i++) {
        // If it ran twice, each of the two would count for both.
        EXPECT(!__atomic_load_n(&w->over, __ATOMIC_RELAXED));
        EXPECT(w->steps == i);
        w->steps++;
        uint64_t r = random_number();
        switch (r % 5) {
        case 0:
            task_yield();
            break;
        case 1:
            park_until(clock_cycles() + r % 100'000);
            break;
        case 2:
            if (w - workers < MOVERS)
                move();
            else
                cpu_pause();
            break;
        case 3:
            for (uint64_t n = r % 3000; n > 0; n--)
                cpu_pause();
            break;
        case 4: {
            task_unpark(workers[r / 5 % WORKERS].task);
            struct task *whom = workers[MOVERS + r / 5 % (WORKERS - MOVERS)].task;
            struct sched_attr attr = task_sched(whom);
            attr.affinity = cpuset_of((uint32_t)(r / 100 % cpu_count()));
            must(task_set_sched(whom, attr));
            break;
        }
        }
    }
    __atomic_store_n(&w->over, true, __ATOMIC_RELAXED);
    __atomic_fetch_add(&ended, 1, __ATOMIC_RELEASE);
}

// CPUs that have gone to sleep over a policy's answer look again.
static struct timer alarm;
static void wake_cpus(void *)
{
    struct cpuset left = cpuset_all();
    for (uint32_t cpu; cpuset_take(&left, &cpu);) {
        if (cpu != cpu_this()->id)
            smp_reschedule(cpu);
    }
    timer_arm_cycles(&alarm, clock_cycles() + 1'000'000);
}

static void start_generation(uint32_t g)
{
    for (uint32_t i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.generation = g};
        must(work_create(&workers[i], &workers[i].task));
    }
    for (uint32_t i = 0; i < WORKERS; i++)
        task_start(workers[i].task);
    while (__atomic_load_n(&ended, __ATOMIC_ACQUIRE) != (g + 1) * WORKERS)
        park_until(clock_cycles() + 200'000);
    for (uint32_t i = 0; i < WORKERS; i++)
        task_put(workers[i].task);
}

static uint64_t word(struct cspan name, uint64_t value)
{
    cmdline_find_u64(boot_cmdline(), name, &value);
    return value;
}

static void hostile(void)
{
    struct cspan name = {};
    bool found = false;
    cmdline_find(boot_cmdline(), SPAN_TEXT("policy"), &name);
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        if (cspan_equal(name, cspan_of_string(policies[i].name))) {
            misdeeds = policies[i].misdeeds;
            found = true;
        }
    }
    EXPECT(found);
    chance = word(SPAN_TEXT("seed"), 1);
    budget = (uint32_t)word(SPAN_TEXT("misdeeds"), 5000);
    for (uint32_t cpu = 0; cpu < CPUS_MAX; cpu++) {
        sched_tree_init(&queues[cpu], cpu);
        sched_tree_init(&limbo[cpu], cpu);
    }
    timer_init(&alarm, wake_cpus, nullptr);
    timer_arm_cycles(&alarm, clock_cycles() + 1'000'000);
    sched_inject(&hostile_ops);
    for (uint32_t g = 0; g < GENERATIONS; g++)
        start_generation(g);
    bool alone = cpu_count() == 1 && misdeeds == STEAL_ANYBODY;
    EXPECT(misdeeds == 0 || alone || budget < word(SPAN_TEXT("misdeeds"), 5000));
    timer_cancel(&alarm);
}

// Outside of a policy's functions its containers are nobody's, whatever CPU they are given.
static void no_queue_held(void)
{
    static struct sched_tree tree;
    for (uint32_t cpu = 0; cpu < CPUS_MAX; cpu++)
        sched_tree_init(&queues[cpu], cpu);
    sched_inject(&hostile_ops);
    task_yield();
    EXPECT(known[0] != nullptr);
    for (uint64_t cpu = 0; cpu <= UINT32_MAX; cpu = cpu < CPUS_MAX ? cpu + 1 : 2 * cpu + 1) {
        sched_tree_init(&tree, (uint32_t)cpu);
        EXPECT(!sched_tree_insert(&tree, known[0], 0, 0));
    }
    sched_tree_init(&tree, UINT32_MAX);
    EXPECT(!sched_tree_insert(&tree, known[0], 0, 0));
}

const struct ktest ktest_hostile[] = {
    {"hostile", hostile},
    {"no_queue_held", no_queue_held},
    {},
};
