// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/timer/timer.h"
#include "kernel/linux/timer/interval.h"
#include <linux/time.h>

HEAP_DEFINE(interval_timer, struct interval_timer);
TTREE_DEFINE(timers_by_id, struct interval_timer, by_id, id);

// As many as a process may have waiting signals on Linux, where no limit is set (getrlimit(2)).
constexpr uint32_t TIMERS_MAX = 4096;
constexpr uint32_t ITIMERS = 3;

struct process_timers {
    struct timers_by_id by_id;
    uint32_t count;
    int32_t last_id;
    struct interval_timer itimers[ITIMERS]; // by ITIMER_REAL and so on
};
HEAP_DEFINE(process_timers, struct process_timers);

// ---- a process's -------------------------------------------------------------------------------

static void init_itimers(struct process *p, struct process_timers *all)
{
    static const struct {
        enum timer_clock clock;
        uint32_t signal;
    } kinds[ITIMERS] = {
        [ITIMER_REAL] = {TIMER_MONO, SIGALRM},
        [ITIMER_VIRTUAL] = {TIMER_PROCESS_CPU, SIGVTALRM},
        [ITIMER_PROF] = {TIMER_PROCESS_CPU, SIGPROF},
    };
    for (uint32_t i = 0; i < ITIMERS; i++) {
        struct interval_timer *x = &ELEM(all->itimers, i);
        interval_init(x);
        x->process = p;
        x->clock = ELEM(kinds, i).clock;
        x->code = SI_KERNEL;
        x->notice = (struct timer_notice){.signal = ELEM(kinds, i).signal, .has_value = true};
    }
}

// Its timers, made when they are asked for the first time. ERR_NOMEM.
static enum err timers_of(struct process *p, struct process_timers **out) REQUIRES(lc_timers)
{
    *out = p->timers;
    if (*out != nullptr)
        return ERR_OK;
    enum err err = interval_start();
    if (err != ERR_OK)
        return err;
    *out = process_timers_new();
    if (*out == nullptr)
        return ERR_NOMEM;
    init_itimers(p, *out);
    p->timers = *out;
    return ERR_OK;
}

static struct interval_timer *find(struct process *p, uint64_t id) REQUIRES(lc_timers)
{
    return p->timers != nullptr ? timers_by_id_find(&p->timers->by_id, id) : nullptr;
}

static void release(struct interval_timer *x) REQUIRES(lc_timers)
{
    interval_disarm(x);
    timers_by_id_remove(&x->process->timers->by_id, x);
    x->process->timers->count--;
    if (x->of != nullptr)
        thread_put(x->of);
    if (x->notice.to != nullptr)
        thread_put(x->notice.to);
    interval_timer_delete(x);
}

static void release_made(struct process_timers *all) REQUIRES(lc_timers)
{
    for (struct interval_timer *x; (x = timers_by_id_first(&all->by_id)) != nullptr;)
        release(x);
}

void timers_forget_made(struct process *p)
{
    timers_lock(&timers);
    if (p->timers != nullptr)
        release_made(p->timers);
    timers_unlock(&timers);
}

void timers_end(struct process *p)
{
    timers_lock(&timers);
    struct process_timers *all = p->timers;
    if (all != nullptr) {
        release_made(all);
        for (uint32_t i = 0; i < ITIMERS; i++)
            interval_disarm(&ELEM(all->itimers, i));
        p->timers = nullptr;
        process_timers_delete(all);
    }
    timers_unlock(&timers);
}

// ---- setting -----------------------------------------------------------------------------------

// How long it is until it comes next. One whose time has come is about to, but for one that tells
// nobody, which has then come.
static struct timer_setting left(struct interval_timer *x) REQUIRES(lc_timers)
{
    struct timer_setting s = {.interval = x->interval};
    uint64_t now = interval_now(x), next = x->next;
    if (next == 0)
        return s;
    bool silent = x->notice.signal == 0;
    if (next <= now && x->interval != 0 && (silent || x->waits != 0))
        next += ((now - next) / x->interval + 1) * x->interval;
    // What has come once and waits to be taken comes no more.
    bool over = next <= now && (silent || x->waits != 0);
    s.value = over ? 0 : next > now ? next - now : 1;
    return s;
}

static void set(struct interval_timer *x, bool absolute, const struct timer_setting *new)
    REQUIRES(lc_timers)
{
    uint64_t now = interval_now(x);
    interval_disarm(x);
    x->interval = new->value != 0 ? new->interval : 0;
    x->waits = 0;
    x->overruns = 0;
    x->next = new->value == 0 || absolute ? new->value : now + min_u64(new->value, INT64_MAX);
    if (x->notice.signal != 0)
        interval_arm(x);
}

enum err itimer_exchange(struct process *p, uint32_t which, const struct timer_setting *new,
                         struct timer_setting *old)
{
    struct process_timers *all;
    timers_lock(&timers);
    enum err err = timers_of(p, &all);
    if (err == ERR_OK) {
        struct interval_timer *x = &ELEM(all->itimers, which);
        *old = left(x);
        if (new != nullptr)
            set(x, false, new);
    }
    timers_unlock(&timers);
    return err;
}

static enum err insert(struct process_timers *all, struct interval_timer *x) REQUIRES(lc_timers)
{
    if (all->count >= TIMERS_MAX)
        return ERR_AGAIN;
    while (timers_by_id_find(&all->by_id, (uint64_t)all->last_id) != nullptr)
        all->last_id = all->last_id == INT32_MAX ? 0 : all->last_id + 1;
    x->id = (uint64_t)all->last_id;
    all->last_id = all->last_id == INT32_MAX ? 0 : all->last_id + 1;
    timers_by_id_insert(&all->by_id, x);
    all->count++;
    return ERR_OK;
}

enum err timer_make(struct process *p, enum timer_clock clock, struct thread *of,
                    const struct timer_notice *notice, int32_t *id)
{
    struct process_timers *all;
    struct interval_timer *x = interval_timer_new();
    if (x == nullptr)
        return ERR_NOMEM;
    interval_init(x);
    x->process = p;
    x->clock = clock;
    x->of = of;
    x->notice = *notice;
    x->code = SI_TIMER;
    timers_lock(&timers);
    enum err err = timers_of(p, &all);
    if (err == ERR_OK)
        err = insert(all, x);
    if (err == ERR_OK) {
        *id = (int32_t)x->id;
        if (of != nullptr)
            refcount_get(&of->refs);
        if (notice->to != nullptr)
            refcount_get(&notice->to->refs);
    }
    timers_unlock(&timers);
    if (err != ERR_OK)
        interval_timer_delete(x);
    return err;
}

enum err timer_exchange(struct process *p, int32_t id, bool absolute,
                        const struct timer_setting *new, struct timer_setting *old)
{
    timers_lock(&timers);
    struct interval_timer *x = find(p, (uint64_t)id);
    if (x != nullptr) {
        if (old != nullptr)
            *old = left(x);
        set(x, absolute, new);
    }
    timers_unlock(&timers);
    return x != nullptr ? ERR_OK : ERR_INVAL;
}

enum err timer_left(struct process *p, int32_t id, struct timer_setting *out)
{
    timers_lock(&timers);
    struct interval_timer *x = find(p, (uint64_t)id);
    if (x != nullptr)
        *out = left(x);
    timers_unlock(&timers);
    return x != nullptr ? ERR_OK : ERR_INVAL;
}

enum err timer_overrun(struct process *p, int32_t id, uint32_t *count)
{
    timers_lock(&timers);
    struct interval_timer *x = find(p, (uint64_t)id);
    if (x != nullptr)
        *count = x->overruns;
    timers_unlock(&timers);
    return x != nullptr ? ERR_OK : ERR_INVAL;
}

enum err timer_delete(struct process *p, int32_t id)
{
    timers_lock(&timers);
    struct interval_timer *x = find(p, (uint64_t)id);
    if (x != nullptr)
        release(x);
    timers_unlock(&timers);
    return x != nullptr ? ERR_OK : ERR_INVAL;
}

// Its next time, and how many there have been since the one that the signal told of.
void timer_taken(struct process *p, struct signal_info *info)
{
    timers_lock(&timers);
    struct interval_timer *x = find(p, siginfo_timer_id(info));
    // It may have been set anew since.
    if (x != nullptr && x->waits == info->timer) {
        x->waits = 0;
        x->overruns = (uint32_t)min_u64(interval_forward(x, interval_now(x)), INT32_MAX);
        interval_arm(x);
        siginfo_set_overrun(info, x->overruns);
    }
    timers_unlock(&timers);
}
