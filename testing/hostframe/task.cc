// SPDX-License-Identifier: Apache-2.0
// Tasks: each a thread. On a serial machine one at a time has its turn.
#include "testing/hostframe/machine.h"
#include <new>
#include <sched.h>
#include <time.h>

using hostframe::current;
using hostframe::state;

// As the frame has them: so much counts as memory for each task.
constexpr size_t TASK_BYTES = 4 * PAGE_SIZE;

static bool attr_is_valid(const struct sched_attr *a)
{
    switch (a->kind) {
    case SCHED_FAIR:
        return a->weight >= SCHED_WEIGHT_MIN && a->weight <= SCHED_WEIGHT_MAX;
    case SCHED_FIFO:
    case SCHED_RR:
        return a->priority >= 1 && a->priority <= SCHED_PRIORITY_MAX;
    }
    return false;
}

// What guards a task's fields.
static std::mutex &mutex_of(struct task *t) { return state->serial() ? state->mutex : t->mutex; }

enum err task_create(void (*fn)(void *), void *arg, struct task **out)
{
    // An object and a stack: two allocations, each of which may be the one that fails.
    void *object =
        hostframe::live_alloc(LIVE_TASK, sizeof(struct task), sizeof(struct task), nullptr);
    if (object == nullptr)
        return ERR_NOMEM;
    void *stack = hostframe::live_alloc(LIVE_TASK, 1, TASK_BYTES, nullptr);
    if (stack == nullptr) {
        hostframe::live_free(object);
        return ERR_NOMEM;
    }
    auto *t = new (object) struct task;
    t->fn = fn;
    t->arg = arg;
    t->cpu.arch.self = static_cast<struct cpu_arch *>(stack);
    t->cpu.current = t;
    t->cpu.preempt = state->serial() ? 0 : PREEMPT_UNASKED;
    t->attr = {.kind = SCHED_FAIR,
               .priority = 0,
               .label = 0,
               .weight = SCHED_WEIGHT_DEFAULT,
               .affinity = {~0ull}};
    *out = t;
    return ERR_OK;
}

void task_get(struct task *t)
{
    uint32_t before = t->refs.fetch_add(1, std::memory_order_relaxed);
    ASSERT(before != 0 && before != UINT32_MAX);
}

void task_put(struct task *t)
{
    uint32_t before = t->refs.fetch_sub(1, std::memory_order_acq_rel);
    ASSERT(before != 0);
    if (before != 1)
        return;
    if (t->space != nullptr)
        vm_space_put(t->space);
    hostframe::live_free(t->cpu.arch.self);
    t->~task();
    hostframe::live_free(t);
}

struct task *task_current(void) { return current; }

void *task_current_argument(void (*fn)(void *))
{
    return current != nullptr && current->fn == fn ? current->arg : nullptr;
}

// ---- whose turn it is ------------------------------------------------------------------------

namespace hostframe
{

static uint64_t random_below(uint64_t n)
{
    uint64_t &x = state->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    return (x * 2685821657736338717ull >> 33) % n;
}

static bool is_ready(const task *t) { return !t->parked || t->notified; }

// The next to run; null if the machine went off. What is due meanwhile is done in this thread.
static task *choose(std::unique_lock<std::mutex> &l)
{
    for (;;) {
        l.unlock();
        serial_interrupts();
        l.lock();
        if (state->off)
            return nullptr;
        std::vector<task *> ready;
        for (task *t : state->tasks) {
            if (is_ready(t))
                ready.push_back(t);
        }
        if (!ready.empty())
            return ready[random_below(ready.size())];
        l.unlock();
        bool jumped = serial_jump();
        l.lock();
        if (!jumped)
            panic("every task sleeps, and nothing will wake any");
    }
}

static void wait_for_turn(task *self, std::unique_lock<std::mutex> &l)
{
    self->wakeup.wait(l, [self] { return state->turn == self || state->off; });
}

void serial_schedule(task *self, bool ready)
{
    std::unique_lock l(state->mutex);
    state->now_ns += 1000;
    self->used_ns += 1000;
    self->parked = !ready;
    task *next = choose(l);
    if (next != nullptr && next != self) {
        state->turn = next;
        next->wakeup.notify_all();
        wait_for_turn(self, l);
    }
    self->parked = false;
    l.unlock();
    stop_if_off();
}

// An ended task gives its turn away for good.
static void serial_pass(std::unique_lock<std::mutex> &l)
{
    task *next = state->tasks.empty() ? nullptr : choose(l);
    state->turn = next;
    if (next != nullptr)
        next->wakeup.notify_all();
}

// A task on a serial machine never leaves its turn with a lock held: who waits would for ever.
void spin_wait_for(struct spinlock *l)
{
    if (state->serial())
        panic("a task waits for a spin lock that no running task holds");
    for (;;) {
        uint32_t word = __atomic_load_n(&l->word, __ATOMIC_RELAXED);
        if ((word & SPIN_HELD) == 0 &&
            __atomic_compare_exchange_n(&l->word, &word, word | SPIN_HELD, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return;
        sched_yield();
        stop_if_off();
    }
}

bool all_parked()
{
    for (task *t : state->tasks) {
        std::lock_guard l(t->mutex);
        if (is_ready(t))
            return false;
    }
    return true;
}

static uint64_t thread_ns(clockid_t clock)
{
    struct timespec ts;
    if (clock_gettime(clock, &ts) != 0)
        return 0;
    return static_cast<uint64_t>(ts.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(ts.tv_nsec);
}

// The CPU that it may be on according to its attributes. By the task itself.
void apply_attr()
{
    task *self = current;
    if (self == nullptr || !self->attr_changed.exchange(false))
        return;
    std::lock_guard l(mutex_of(self));
    struct cpuset may = cpuset_and(self->attr.affinity, cpuset_all());
    if (!cpuset_has(may, self->cpu.id))
        self->cpu.id = cpuset_first(may);
}

static void begin(task *self)
{
    current = self;
    block = &self->cpu;
    if (state->serial()) {
        std::unique_lock l(state->mutex);
        if (state->turn == nullptr)
            state->turn = self;
        wait_for_turn(self, l);
    }
    stop_if_off();
    apply_attr();
}

static void end(task *self)
{
    vm_space_activate(nullptr);
    if (state->serial())
        self->used_ns += 1000;
    else
        self->used_ns = thread_ns(CLOCK_THREAD_CPUTIME_ID);
    self->stage = Stage::ENDED;
    bool last;
    {
        std::unique_lock l(state->mutex);
        std::erase(state->tasks, self);
        last = state->tasks.empty() && !state->off;
        if (state->serial() && !state->off)
            serial_pass(l);
    }
    if (last)
        panic("every task has ended, and none called power_off()");
    task_put(self);
    current = nullptr;
    leave_thread();
}

static void *thread_main(void *arg)
{
    auto *self = static_cast<task *>(arg);
    try {
        begin(self);
        self->fn(self->arg);
    } catch (const Off &) {
    } catch (const Exit &) {
    }
    end(self);
    return nullptr;
}

} // namespace hostframe

// ---- what a task does ------------------------------------------------------------------------

void task_start(struct task *t)
{
    Stage fresh = Stage::NEW;
    bool first = t->stage.compare_exchange_strong(fresh, Stage::STARTED);
    ASSERT(first);
    task_get(t);
    hostframe::enter_thread();
    {
        std::lock_guard l(state->mutex);
        struct cpuset may = cpuset_and(t->attr.affinity, cpuset_all());
        do
            t->cpu.id = state->next_cpu++ % cpu_count();
        while (!cpuset_has(may, t->cpu.id));
        state->tasks.push_back(t);
        if (state->off)
            __atomic_fetch_and(&t->cpu.preempt, ~PREEMPT_UNASKED, __ATOMIC_SEQ_CST);
    }
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, 1 * MIB);
    int failed = pthread_create(&t->thread, &attr, hostframe::thread_main, t);
    pthread_attr_destroy(&attr);
    if (failed != 0)
        panic("the host has no more threads");
}

enum err task_set_sched(struct task *t, struct sched_attr attr)
{
    if (cpuset_is_empty(attr.affinity))
        attr.affinity = {~0ull};
    if (!attr_is_valid(&attr) || cpuset_is_empty(cpuset_and(attr.affinity, cpuset_all())))
        return ERR_INVAL;
    {
        std::lock_guard l(mutex_of(t));
        t->attr = attr;
    }
    t->attr_changed = true;
    if (t == current)
        hostframe::apply_attr();
    return ERR_OK;
}

struct sched_attr task_sched(struct task *t)
{
    std::lock_guard l(mutex_of(t));
    return t->attr;
}

// A task is on every CPU at once, as far as others can tell.
void smp_call(struct cpuset cpus, void (*fn)(void *), void *arg)
{
    for (uint32_t cpu; cpuset_take(&cpus, &cpu);)
        fn(arg);
}

uint64_t task_used_cycles(struct task *t)
{
    clockid_t clock;
    if (state->serial() || t->stage != Stage::STARTED ||
        pthread_getcpuclockid(t->thread, &clock) != 0)
        return t->used_ns;
    return hostframe::thread_ns(clock);
}

uint64_t task_switches(void) { return current->switches; }

void task_yield(void)
{
    if (current != nullptr)
        current->switches++;
    might_sleep("task_yield");
    hostframe::apply_attr();
    if (state->serial())
        hostframe::serial_schedule(current, true);
    else
        sched_yield();
    hostframe::stop_if_off();
}

void task_park(void)
{
    might_sleep("task_park");
    task *self = current;
    ASSERT(self != nullptr);
    self->switches++;
    hostframe::apply_attr();
    if (state->serial()) {
        bool notified = self->notified;
        if (!notified)
            hostframe::serial_schedule(self, false);
        self->notified = false;
    } else {
        std::unique_lock l(self->mutex);
        self->parked = true;
        self->wakeup.wait(l, [self] { return self->notified || state->off; });
        self->parked = false;
        self->notified = false;
    }
    hostframe::stop_if_off();
}

void task_kick(struct task *t) { (void)task_unpark(t); }

bool task_unpark(struct task *t)
{
    std::lock_guard l(mutex_of(t));
    bool slept = t->parked && !t->notified;
    t->notified = true;
    if (!state->serial())
        t->wakeup.notify_one();
    return slept;
}

void task_exit(void)
{
    might_sleep("task_exit");
    throw hostframe::Exit{};
}

struct vm_space *task_space(void) { return current->space; }

uint32_t task_cpu(void) { return cpu_this()->id; }

void task_set_space(struct vm_space *space)
{
    struct task *self = current;
    ASSERT(self != nullptr);
    if (space != nullptr)
        vm_space_get(space);
    struct vm_space *old = self->space;
    self->space = space;
    vm_space_activate(space);
    if (old != nullptr)
        vm_space_put(old);
}

// Nothing is kept for new tasks.
void task_trim(void) {}

// Where preemption is switched on again. A CPU that nobody asked does not come here: a serial
// machine's are always asked, another's when it goes off.
void preempt_schedule(void)
{
    if (current == nullptr)
        return;
    hostframe::stop_if_off();
    if (state->serial() && hostframe::random_below(4) == 0)
        hostframe::serial_schedule(current, true);
}

void preempt_schedule_irq(void) { panic("there are no interrupts on a host"); }

// ---- policies --------------------------------------------------------------------------------

void sched_inject(const struct sched_ops *)
{
    panic("hostframe: the host schedules, or a serial machine's seed does; no policy has a say");
}

struct cpuset sched_idle_cpus(void) { return {0}; }

bool run_queue_is_mine(uint32_t) { return false; }
