// SPDX-License-Identifier: Apache-2.0
// A kernel with a scheduling policy of its own: strict turns on two CPUs. Six tasks that never give
// way by themselves are made to by the timer. Shows who had the first turns on each CPU.
#include "kernel/frame/frame.h"

constexpr char FIRST_NAME = 'a';
constexpr uint32_t TASKS = 6, LANES = 2;
constexpr size_t TURNS = 12;                // that are noted on each CPU
constexpr uint64_t TURN_CYCLES = 2'000'000; // how long a turn may last

// One CPU's tasks, changed inside the policy's functions only: there that CPU's run queue is
// locked.
struct lane {
    struct sched_queue main; // kernel_main, which goes before all others
    struct sched_queue ready;
    bool open;            // all its tasks have come: turns begin
    uint8_t turns[TURNS]; // who had them
    size_t noted;
};

static struct lane left, right;

static uint32_t lanes_noted;  // atomic: whose notes are complete
static uint32_t ended;        // atomic: tasks
static struct waitq some_end; // kernel_main waits for them

static struct lane *lane_of(uint32_t cpu) { return cpu == 0 ? &left : &right; }

// ---- the policy ------------------------------------------------------------------------------

// A task's label is its name, and every second one goes to the second CPU. kernel_main has none.
static uint32_t turns_select(struct sched_node *task, enum sched_why, uint32_t)
{
    struct sched_attr attr = sched_node_attr(task);
    return attr.label == 0 ? 0 : (attr.label - FIRST_NAME) % LANES;
}

// Behind all others, whyever it comes. Nobody has to give way: each turn has an end.
static bool turns_enqueue(uint32_t cpu, struct sched_node *task, enum sched_why)
{
    struct lane *l = lane_of(cpu);
    if (!sched_queue_push(sched_node_attr(task).label == 0 ? &l->main : &l->ready, task))
        panic("a task is queued twice");
    return false;
}

static void note_turn(struct lane *l, uint8_t name)
{
    if (l->noted == TURNS)
        return;
    l->turns[l->noted++] = name;
    if (l->noted == TURNS)
        atomic_add(&lanes_noted, 1);
}

static struct sched_node *turns_pick(uint32_t cpu)
{
    struct lane *l = lane_of(cpu);
    struct sched_node *next = sched_queue_pop(&l->main);
    l->open = l->open || sched_queue_count(&l->ready) == TASKS / LANES;
    if (next != nullptr || !l->open)
        return next;
    next = sched_queue_pop(&l->ready);
    if (next != nullptr)
        note_turn(l, (uint8_t)sched_node_attr(next).label);
    return next;
}

// Each CPU keeps its tasks.
static struct sched_node *turns_steal(uint32_t, uint32_t) { return nullptr; }

static void turns_charge(uint32_t, struct sched_node *, uint64_t) {}

static uint64_t turns_slice(uint32_t, struct sched_node *) { return TURN_CYCLES; }

static bool turns_dequeue(uint32_t cpu, struct sched_node *task)
{
    struct lane *l = lane_of(cpu);
    return sched_queue_remove(&l->ready, task) || sched_queue_remove(&l->main, task);
}

static const struct sched_ops strict_turns = {
    .select = turns_select,
    .enqueue = turns_enqueue,
    .pick = turns_pick,
    .steal = turns_steal,
    .charge = turns_charge,
    .slice = turns_slice,
    .dequeue = turns_dequeue,
};

// ---- the tasks -------------------------------------------------------------------------------

struct spinner {
    uint64_t rounds;
};
HEAP_DEFINE(spinner, struct spinner);

// Spins until every CPU has seen enough turns: which no CPU would if its first task kept it.
TASK_DEFINE(spin, struct spinner, s)
{
    while (load_acquire(&lanes_noted) < 2)
        s->rounds++;
    spinner_delete(s);
    atomic_add(&ended, 1);
    waitq_wake_all(&some_end);
}

static void start_spinner(char name)
{
    struct spinner *s = spinner_new();
    struct task *task;
    if (s == nullptr)
        panic("out of memory");
    must(spin_create(s, &task));
    struct sched_attr attr = task_sched(task);
    attr.label = (uint16_t)name;
    must(task_set_sched(task, attr));
    task_start(task);
    task_put(task);
}

static void print_turns(uint32_t cpu, const struct lane *l)
{
    kprintf("round_robin: turns on CPU %u: ", cpu);
    console_write(CSPAN_OF(l->turns));
    kprintf("\n");
}

void kernel_main(void)
{
    uint32_t cpus = cpuset_size(cpuset_all());
    if (cpus != 2) {
        kprintf("round_robin: runs on two CPUs (--smp 2), not on %u\n", cpus);
        power_off(1);
    }
    sched_queue_init(&left.main, 0);
    sched_queue_init(&left.ready, 0);
    sched_queue_init(&right.main, 1);
    sched_queue_init(&right.ready, 1);
    sched_inject(&strict_turns);
    for (uint32_t i = 0; i < TASKS; i++)
        start_spinner((char)(FIRST_NAME + i));
    waitq_until(&some_end, load_acquire(&ended) == TASKS);
    print_turns(0, &left);
    print_turns(1, &right);
    power_off(0);
}
