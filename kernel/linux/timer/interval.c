// SPDX-License-Identifier: Apache-2.0
// From the frame's timers, which come in interrupt context, to signals, which a task sends.
#include "kernel/linux/timer/interval.h"
#include "kernel/linux/process/signals.h"
#include "kernel/linux/process/usage.h"

// Processor time is looked at no more often than this.
constexpr uint64_t CPU_LOOK_NS = 1'000'000;

// The task's priority: before ordinary programs, which would make timers late.
constexpr uint8_t PRIORITY = 50;

struct timers timers;

TLIST_DEFINE(due_list, struct interval_timer, due);

// Those whose time has come, the last first. Interrupts put them there, which takes no lock;
// whoever has lc_timers takes all of them.
static struct come {
    struct interval_timer *last; // atomic
    struct waitq wake;
} come;

static struct due_list due GUARDED_BY(lc_timers);

TIMER_DEFINE(interval_timer_come, struct interval_timer, timer, x)
{
    x->before = load_acquire(&come.last);
    while (!atomic_compare_swap(&come.last, &x->before, x))
        ;
    waitq_wake_all(&come.wake);
}

// Moves them to the list of those that are due.
static void collect(void) REQUIRES(lc_timers)
{
    struct interval_timer *none = nullptr, *before;
    for (struct interval_timer *x = atomic_swap(&come.last, none); x != nullptr; x = before) {
        before = x->before;
        due_list_push_front(&due, x);
    }
}

void interval_init(struct interval_timer *x) { interval_timer_come_init(x); }

uint64_t interval_now(struct interval_timer *x)
{
    switch (x->clock) {
    case TIMER_REAL:
        return clock_real_ns();
    case TIMER_MONO:
        return clock_mono_ns();
    case TIMER_PROCESS_CPU:
        return usage_of_process(x->process).cpu_ns;
    case TIMER_THREAD_CPU:
        return usage_of_thread(x->of).cpu_ns;
    }
    return 0;
}

// How long it may take at least until so much of the clock's time has passed.
static uint64_t shortest(struct interval_timer *x, uint64_t left)
{
    switch (x->clock) {
    case TIMER_REAL:
    case TIMER_MONO:
        return left;
    case TIMER_PROCESS_CPU:
        left /= max_u64(process_thread_count(x->process), 1);
        [[fallthrough]];
    case TIMER_THREAD_CPU:
        return max_u64(left, CPU_LOOK_NS);
    }
    return left;
}

void interval_arm(struct interval_timer *x)
{
    if (x->next == 0)
        return;
    uint64_t now = interval_now(x), left = x->next > now ? x->next - now : 0;
    uint64_t mono = clock_mono_ns(), wait = shortest(x, left);
    timer_arm_ns(&x->timer, wait < UINT64_MAX - mono ? mono + wait : UINT64_MAX);
}

void interval_disarm(struct interval_timer *x)
{
    timer_cancel(&x->timer);
    collect();
    if (due_list_has(x))
        due_list_remove(x);
}

uint64_t interval_forward(struct interval_timer *x, uint64_t now)
{
    if (x->interval == 0 || x->next == 0) {
        x->next = 0;
        return 0;
    }
    uint64_t over = now > x->next ? (now - x->next) / x->interval : 0;
    x->next += (over + 1) * x->interval;
    return over;
}

// ---- when its time has come --------------------------------------------------------------------

static struct signal_info info_of(const struct interval_timer *x)
{
    struct signal_info info = siginfo_timer(x->notice.signal, x->code, (uint32_t)x->id,
                                            x->notice.has_value ? x->notice.value : x->id);
    info.timer = x->waits;
    return info;
}

// A timer of setitimer(2) goes on at once, one of timer_create(2) when its signal has been taken.
static void serve(struct interval_timer *x) REQUIRES(lc_timers)
{
    uint64_t now = interval_now(x);
    if (x->next == 0 || x->notice.signal == 0)
        return;
    if (now < x->next) {
        interval_arm(x);
        return;
    }
    if (x->code == SI_TIMER)
        x->waits = ++timers.last_signal;
    struct signal_info info = info_of(x);
    if (signal_send_timer(x->process, x->notice.to, &info) && x->code == SI_TIMER)
        return;
    x->waits = 0;
    interval_forward(x, now);
    interval_arm(x);
}

TASK_DEFINE(timekeeper, struct timers, all)
{
    for (;;) {
        waitq_until(&come.wake, load_acquire(&come.last) != nullptr);
        timers_lock(all);
        collect();
        for (struct interval_timer *x; (x = due_list_pop_front(&due)) != nullptr;)
            serve(x);
        timers_unlock(all);
    }
}

enum err interval_start(void)
{
    struct task *task;
    if (timers.started)
        return ERR_OK;
    enum err err = timekeeper_create(&timers, &task);
    if (err != ERR_OK)
        return err;
    must(task_set_sched(task, (struct sched_attr){.kind = SCHED_FIFO, .priority = PRIORITY}));
    task_start(task);
    task_put(task);
    timers.started = true;
    return ERR_OK;
}
