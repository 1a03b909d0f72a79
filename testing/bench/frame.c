// SPDX-License-Identifier: Apache-2.0
// What the frame's operations cost, in instructions. Run with --icount the time stamp counter
// counts them, whatever machine the emulator is on. only=NAME on the command line runs one group.
#include "kernel/frame/frame.h"

constexpr uint64_t ROUNDS = 1000;

static void report(const char *what, uint64_t begin, uint64_t end, uint64_t budget)
{
    uint64_t each = (end - begin + ROUNDS / 2) / ROUNDS;
    if (budget == 0)
        kprintf("%-44s %6lu\n", what, each);
    else
        kprintf("%-44s %6lu %6lu%s\n", what, each, budget, each > budget ? "  over" : "");
}

// What a loop costs that reads the clock at its ends: subtracted from all.
static uint64_t loop_cost;

#define MEASURE(what, budget, ...)                                                                 \
    do {                                                                                           \
        uint64_t begin = clock_cycles();                                                           \
        for (uint64_t round = 0; round < ROUNDS; round++) {                                        \
            __VA_ARGS__;                                                                           \
            __asm__ volatile("" ::: "memory");                                                     \
        }                                                                                          \
        report(what, begin + loop_cost, clock_cycles(), budget);                                   \
    } while (false)

static void measure_loop(void)
{
    uint64_t begin = clock_cycles();
    for (uint64_t round = 0; round < ROUNDS; round++)
        __asm__ volatile("" ::: "memory");
    loop_cost = clock_cycles() - begin;
}

// ---- memory ----------------------------------------------------------------------------------

struct object {
    uint64_t words[12];
};
HEAP_DEFINE(object, struct object);

static void take_page(enum page_fill fill)
{
    struct page *page;
    must(page_alloc(fill, &page));
    page_put(page);
}

static void take_space(void)
{
    struct vm_space *space;
    must(vm_space_create(&space));
    vm_space_put(space);
}

constexpr uint64_t DATA = 0x10000000;

static void map_and_unmap(struct vm_space *space)
{
    struct vm_cursor c;
    struct page *page;
    must(page_alloc(PAGE_UNINIT, &page));
    must(vm_cursor_open(space, (uaddr_t){DATA}, (uaddr_t){DATA + PAGE_SIZE}, &c));
    must(vm_cursor_map(&c, page, (struct page_prop){.perm = VM_READ}));
    must(vm_cursor_jump(&c, (uaddr_t){DATA}));
    if (vm_cursor_unmap(&c, 1) != 1)
        panic("nothing was mapped");
    vm_cursor_close(&c);
}

static void measure_memory(void)
{
    MEASURE("page, uninitialised: alloc and free", 60, take_page(PAGE_UNINIT));
    MEASURE("page, zeroed: alloc and free", 0, take_page(PAGE_ZERO));
    MEASURE("heap object of 96 bytes: new and delete", 0, object_delete(object_new()));
    MEASURE("address space: create and free", 0, take_space());
    struct vm_space *space;
    must(vm_space_create(&space));
    map_and_unmap(space);
    MEASURE("page: alloc, map, unmap and free", 0, map_and_unmap(space));
    vm_space_put(space);
}

// ---- locks -----------------------------------------------------------------------------------

static struct subject {
    struct spinlock spin;
    struct mutex mutex;
} subject;
SPINLOCK_OPS(subject_spin, struct subject, spin, lc_pmm)
SPINLOCK_IRQ_OPS(subject_irq, struct subject, spin, lc_pmm)
MUTEX_OPS(subject, struct subject, mutex, lc_mutex)

static void spin_pair(void)
{
    subject_spin_lock(&subject);
    subject_spin_unlock(&subject);
}

static void spin_irq_pair(void)
{
    uint64_t flags = subject_irq_lock_irq(&subject);
    subject_irq_unlock_irq(&subject, flags);
}

static void mutex_pair(void)
{
    subject_lock(&subject);
    subject_unlock(&subject);
}

static void on_timer(void *) {}

static void measure_locks(void)
{
    static struct timer timer;
    timer_init(&timer, on_timer, nullptr);
    MEASURE("spin lock: lock and unlock", 20, spin_pair());
    MEASURE("spin lock, interrupts off: lock and unlock", 0, spin_irq_pair());
    MEASURE("mutex: lock and unlock", 0, mutex_pair());
    MEASURE("timer: set and cancel", 0, timer_arm_cycles(&timer, ~0ull >> 1); timer_cancel(&timer));
}

// ---- tasks -----------------------------------------------------------------------------------

// Two tasks that yield to each other until it has been the other's turn often enough.
static struct turns {
    uint64_t left;
    bool mine;
} turns;

static void take_turns(bool mine)
{
    while (turns.left > 0) {
        if (turns.mine != mine) {
            turns.mine = mine;
            turns.left--;
        }
        task_yield();
    }
}

TASK_DEFINE(yield_back, struct turns, t) { take_turns(t == nullptr); }

static void yields(const char *what, uint64_t budget)
{
    struct task *task;
    must(yield_back_create(&turns, &task));
    turns.left = 10;
    task_start(task);
    take_turns(true);
    turns.left = ROUNDS;
    uint64_t begin = clock_cycles();
    take_turns(true);
    report(what, begin, clock_cycles(), budget);
    task_put(task);
    task_yield();
}

static void measure_yield(void) { yields("switch between two kernel tasks, by yield", 250); }

// The least that a policy can do: what is left is the frame's own.
static struct sched_queue list;

static uint32_t list_select(struct sched_node *, enum sched_why, uint32_t) { return 0; }
static bool list_enqueue(uint32_t, struct sched_node *task, enum sched_why)
{
    sched_queue_push(&list, task);
    return false;
}
static struct sched_node *list_pick(uint32_t) { return sched_queue_pop(&list); }
static struct sched_node *list_steal(uint32_t, uint32_t) { return nullptr; }
static void list_charge(uint32_t, struct sched_node *, uint64_t) {}
static uint64_t list_slice(uint32_t, struct sched_node *) { return 0; }
static bool list_dequeue(uint32_t, struct sched_node *task)
{
    return sched_queue_remove(&list, task);
}

static void measure_list(void)
{
    static const struct sched_ops ops = {list_select, list_enqueue, list_pick,   list_steal,
                                         list_charge, list_slice,   list_dequeue};
    sched_inject(&ops);
    yields("the same, where the policy is a list", 250);
    sched_inject(&sched_default_ops);
}

// Two tasks that wake each other and sleep.
struct partner {
    struct task *other;
    uint64_t left; // switches
};

static void play(struct partner *p)
{
    while (p->left > 0) {
        p->left--;
        task_unpark(p->other);
        task_park();
    }
}

TASK_DEFINE(ping, struct partner, p)
{
    play(p);
    task_unpark(p->other);
}

static void measure_wake(void)
{
    static struct partner there, here;
    there = (struct partner){task_current(), ROUNDS / 2};
    must(ping_create(&there, &here.other));
    here.left = ROUNDS / 2;
    task_start(here.other);
    uint64_t begin = clock_cycles();
    play(&here);
    report("switch between two kernel tasks, by waking", begin, clock_cycles(), 0);
    task_put(here.other);
    task_yield();
}

static void nothing(void *) {}

static void take_task(void)
{
    struct task *task;
    must(task_create(nothing, nullptr, &task));
    task_start(task);
    task_put(task);
    task_yield();
}

static void measure_tasks(void)
{
    take_task();
    MEASURE("task: create, run and end", 0, take_task());
}

// ---- user mode -------------------------------------------------------------------------------

constexpr uint64_t CODE = 0x400000;

static struct vm_space *space_with(struct cspan code)
{
    struct vm_space *space;
    struct vm_cursor c;
    struct page_run run;
    must(vm_space_create(&space));
    must(page_run_alloc(1, PAGE_ZERO, &run));
    must(page_run_write(&run, 0, code));
    must(vm_cursor_open(space, (uaddr_t){CODE}, (uaddr_t){CODE + PAGE_SIZE}, &c));
    must(vm_cursor_map(&c, page_run_get(&run, 0), (struct page_prop){.perm = VM_READ | VM_EXEC}));
    vm_cursor_close(&c);
    page_run_put(&run);
    task_set_space(space);
    return space;
}

static void call(struct user_context *ctx)
{
    if (user_mode_run(ctx, nullptr) != USER_SYSCALL)
        panic("the program has stopped");
    user_ctx_set_result(ctx, 0);
}

static void measure_syscall(void)
{
    static const uint8_t code[] = {0x0f, 0x05, 0xeb, 0xfc}; // 1: syscall; jmp 1b
    struct vm_space *space = space_with(CSPAN_OF(code));
    struct user_context *ctx;
    must(user_ctx_create((uaddr_t){CODE}, (uaddr_t){0}, &ctx));
    call(ctx);
    uint64_t begin = clock_cycles();
    for (uint64_t i = 0; i < ROUNDS; i++)
        call(ctx);
    // The program's own two instructions do not count.
    report("system call that does nothing", begin + 2 * ROUNDS, clock_cycles(), 120);
    user_ctx_destroy(ctx);
    task_set_space(nullptr);
    vm_space_put(space);
}

static void serve_fault(struct user_context *ctx, struct vm_space *space)
{
    struct vm_cursor c;
    struct page *page;
    if (user_mode_run(ctx, nullptr) != USER_EXCEPTION)
        panic("the program does not fault");
    uint64_t at = align_down(user_ctx_exception(ctx).address, PAGE_SIZE);
    must(page_alloc(PAGE_ZERO, &page));
    must(vm_cursor_open(space, (uaddr_t){at}, (uaddr_t){at + PAGE_SIZE}, &c));
    must(vm_cursor_map(&c, page, (struct page_prop){.perm = VM_READ | VM_WRITE}));
    vm_cursor_close(&c);
}

static void measure_fault(void)
{
    // 1: mov %al, (%rdi); add $4096, %rdi; jmp 1b
    static const uint8_t code[] = {0x88, 0x07, 0x48, 0x81, 0xc7, 0, 0x10, 0, 0, 0xeb, 0xf5};
    struct vm_space *space = space_with(CSPAN_OF(code));
    struct user_context *ctx;
    struct user_regs regs;
    must(user_ctx_create((uaddr_t){CODE}, (uaddr_t){0}, &ctx));
    user_ctx_get_regs(ctx, &regs);
    regs.rdi = DATA;
    user_ctx_set_regs(ctx, &regs);
    serve_fault(ctx, space);
    uint64_t begin = clock_cycles();
    for (uint64_t i = 0; i < ROUNDS; i++)
        serve_fault(ctx, space);
    // The store runs a second time, and two more follow it.
    report("page fault, served with a zeroed page", begin + 3 * ROUNDS, clock_cycles(), 900);
    user_ctx_destroy(ctx);
    task_set_space(nullptr);
    vm_space_put(space);
}

void kernel_main(void)
{
    clock_mono_ns(); // calibrates
    measure_loop();
    kprintf("%-44s %6s %6s\n", "instructions", "each", "budget");
    static const struct {
        const char *name;
        void (*run)(void);
    } groups[] = {
        {"syscall", measure_syscall}, {"fault", measure_fault}, {"yield", measure_yield},
        {"wake", measure_wake},       {"task", measure_tasks},  {"memory", measure_memory},
        {"locks", measure_locks},     {"list", measure_list},
    };
    struct cspan only = {};
    bool all = !cmdline_find(boot_cmdline(), SPAN_TEXT("only"), &only);
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (all || cspan_equal(only, cspan_of_string(groups[i].name)))
            groups[i].run();
    }
    power_off(0);
}
