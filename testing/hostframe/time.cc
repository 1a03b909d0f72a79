// SPDX-License-Identifier: Apache-2.0
// Clocks, timers and deferred frees. A cycle is a nanosecond. What interrupts do in a kernel is
// done by threads of hostframe's own, or on a serial machine by whoever lets others run.
#include "testing/hostframe/machine.h"
#include <algorithm>
#include <sched.h>
#include <time.h>
#include <utility>

using hostframe::state;

namespace hostframe
{

static uint64_t read_clock(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return static_cast<uint64_t>(ts.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(ts.tv_nsec);
}

uint64_t host_ns() { return read_clock(CLOCK_MONOTONIC); }

// Not zero, which stands for no time in many places. On a serial machine every look takes a while,
// so that who waits by looking gets there.
static uint64_t mono_ns()
{
    if (state->serial())
        return state->now_ns += 100;
    return host_ns() - state->started_ns + 1;
}

Interrupt::Interrupt()
{
    preempt_disable();
    block->irq_depth++;
}

Interrupt::~Interrupt()
{
    block->irq_depth--;
    preempt_enable_no_resched();
}

// ---- timers ----------------------------------------------------------------------------------

static struct timer *first_timer()
{
    return TREE_ENTRY(tree_first(&state->timers), struct timer, node);
}

// Calls the first timer if it is due. False if it is not.
static bool run_timer(std::unique_lock<std::mutex> &l, uint64_t now)
{
    struct timer *t = first_timer();
    if (t == nullptr || t->deadline > now)
        return false;
    tree_remove(&state->timers, &t->node);
    state->timer_running = t;
    auto fn = t->fn;
    void *arg = t->arg;
    l.unlock();
    {
        Interrupt i;
        fn(arg); // it may free the timer
    }
    l.lock();
    state->timer_running = nullptr;
    state->timer_changed.notify_all();
    return true;
}

// For a while at most: the library cannot add up times that are far away.
static std::chrono::nanoseconds until(uint64_t deadline)
{
    uint64_t now = mono_ns(), left = deadline > now ? deadline - now : 0;
    return std::chrono::nanoseconds(std::min<uint64_t>(left, 3'600'000'000'000));
}

static thread_local bool is_time_thread;

void time_thread()
{
    is_time_thread = true;
    try {
        std::unique_lock l(state->timer_mutex);
        while (!state->off) {
            if (run_timer(l, mono_ns()))
                continue;
            struct timer *t = first_timer();
            if (t == nullptr)
                state->timer_changed.wait(l);
            else
                state->timer_changed.wait_for(l, until(t->deadline));
        }
    } catch (const Off &) {
    }
    leave_thread();
}

// ---- deferred frees --------------------------------------------------------------------------

// Waits until every thread has been outside any reading since this began.
static void wait_for_readers()
{
    std::vector<task *> tasks;
    {
        std::lock_guard l(state->mutex);
        tasks = state->tasks;
        for (task *t : tasks)
            task_get(t);
    }
    auto reads = [](const task *t) {
        return (__atomic_load_n(&t->cpu.preempt, __ATOMIC_SEQ_CST) & ~PREEMPT_UNASKED) != 0;
    };
    for (task *t : tasks) {
        while (reads(t) && !state->off)
            sched_yield();
        task_put(t);
    }
}

static void call_deferred(struct rcu_head *head)
{
    Interrupt i;
    while (head != nullptr) {
        struct rcu_head *next = head->next;
        head->fn(head);
        head = next;
    }
}

void rcu_thread()
{
    try {
        std::unique_lock l(state->rcu_mutex);
        for (;;) {
            state->rcu_changed.wait(l, [] { return state->rcu_deferred != nullptr || state->off; });
            if (state->off)
                break;
            struct rcu_head *batch = std::exchange(state->rcu_deferred, nullptr);
            state->rcu_busy = true;
            l.unlock();
            wait_for_readers();
            stop_if_off();
            call_deferred(batch);
            l.lock();
            state->rcu_busy = false;
        }
    } catch (const Off &) {
    }
    leave_thread();
}

void wake_helpers()
{
    {
        std::lock_guard l(state->timer_mutex);
        state->timer_changed.notify_all();
    }
    std::lock_guard l(state->rcu_mutex);
    state->rcu_changed.notify_all();
}

bool anything_due()
{
    {
        std::lock_guard l(state->timer_mutex);
        if (first_timer() != nullptr || state->timer_running != nullptr)
            return true;
    }
    std::lock_guard l(state->rcu_mutex);
    return state->rcu_deferred != nullptr || state->rcu_busy;
}

// A serial machine changes tasks only where nobody reads.
void serial_interrupts()
{
    std::unique_lock l(state->timer_mutex);
    while (run_timer(l, state->now_ns))
        continue;
    l.unlock();
    std::unique_lock r(state->rcu_mutex);
    struct rcu_head *batch = std::exchange(state->rcu_deferred, nullptr);
    r.unlock();
    call_deferred(batch);
}

bool serial_jump()
{
    std::lock_guard l(state->timer_mutex);
    struct timer *t = first_timer();
    if (t != nullptr)
        state->now_ns = max_u64(state->now_ns, t->deadline);
    return t != nullptr;
}

} // namespace hostframe

// ---- the interface ---------------------------------------------------------------------------

uint64_t clock_mono_ns(void) { return hostframe::mono_ns(); }
uint64_t clock_cycles(void) { return hostframe::mono_ns(); }
uint64_t clock_cycles_to_ns(uint64_t cycles) { return cycles; }
uint64_t clock_ns_to_cycles(uint64_t ns) { return ns; }
uint64_t clock_cycles_at(uint64_t mono_ns) { return mono_ns; }

// A serial machine begins at the same moment in every run.
uint64_t clock_real_ns(void)
{
    uint64_t base = state->serial() ? 1'767'225'600'000'000'000 + hostframe::mono_ns()
                                    : hostframe::read_clock(CLOCK_REALTIME);
    return base + static_cast<uint64_t>(state->real_offset_ns.load());
}

// The counter is not the host's.
struct clock_scale clock_scale(void) { return {}; }

void clock_set_real_ns(uint64_t ns)
{
    state->real_offset_ns += static_cast<int64_t>(ns - clock_real_ns());
}

void timer_init(struct timer *t, void (*fn)(void *arg), void *arg)
{
    *t = {};
    t->fn = fn;
    t->arg = arg;
}

void timer_arm_cycles(struct timer *t, uint64_t cycles)
{
    std::lock_guard l(state->timer_mutex);
    ASSERT(!tree_is_linked(&t->node));
    t->deadline = max_u64(cycles, 1);
    struct tree_node *parent = nullptr, **link = &state->timers.root;
    while (*link != nullptr) {
        parent = *link;
        // Behind those of the same time: first armed, first called.
        bool before = t->deadline < TREE_ENTRY(parent, struct timer, node)->deadline;
        link = before ? &parent->left : &parent->right;
    }
    tree_insert(&state->timers, parent, link, &t->node);
    state->timer_changed.notify_all();
}

void timer_arm_ns(struct timer *t, uint64_t mono_ns) { timer_arm_cycles(t, mono_ns); }

bool timer_cancel(struct timer *t)
{
    std::unique_lock l(state->timer_mutex);
    for (;;) {
        if (tree_is_linked(&t->node)) {
            tree_remove(&state->timers, &t->node);
            return true;
        }
        // It may arm itself again. Its own function has nothing to wait for.
        if (state->timer_running != t || hostframe::is_time_thread || state->serial())
            return false;
        state->timer_changed.wait(l, [t] { return state->timer_running != t || state->off; });
        if (state->off) {
            l.unlock();
            hostframe::stop();
        }
    }
}

void rcu_defer(struct rcu_head *head, void (*fn)(struct rcu_head *))
{
    head->fn = fn;
    std::lock_guard l(state->rcu_mutex);
    head->next = state->rcu_deferred;
    state->rcu_deferred = head;
    state->rcu_changed.notify_all();
}
