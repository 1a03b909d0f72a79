// SPDX-License-Identifier: Apache-2.0
// alarm(2), getitimer(2), timer_create(2) and their kin.
#include "kernel/linux/syscall/cpu_clock.h"
#include "kernel/linux/syscall/sys.h"
#include "kernel/linux/syscall/timespec.h"
#include "kernel/linux/timer/timer.h"
#include <asm/siginfo.h>
#include <linux/time.h>

// ---- the three that every process has ----------------------------------------------------------

sysret_t sys_alarm(struct thread *t, const struct sys_args *a)
{
    struct timer_setting new = {.value = (uint32_t)a->arg[0] * SECOND_NS}, old;
    enum err err = itimer_exchange(t->process, ITIMER_REAL, &new, &old);
    if (err != ERR_OK)
        return err;
    // Rounded, but what is left is never told as nothing.
    uint64_t seconds = (old.value + SECOND_NS / 2) / SECOND_NS;
    return (sysret_t)(old.value > 0 ? max_u64(seconds, 1) : 0);
}

// Microseconds to programs: what is left is never told as nothing.
static struct __kernel_old_itimerval itimerval_of(const struct timer_setting *s)
{
    return (struct __kernel_old_itimerval){
        .it_interval = timeval_of(s->interval),
        .it_value = timeval_of(s->value > 0 ? max_u64(s->value, 1000) : 0),
    };
}

static enum err read_timeval(const struct __kernel_old_timeval *tv, uint64_t *ns)
{
    if (tv->tv_sec < 0 || tv->tv_usec < 0 || tv->tv_usec >= 1'000'000)
        return ERR_INVAL;
    *ns = min_u64((uint64_t)tv->tv_sec, INT64_MAX / SECOND_NS) * SECOND_NS +
          (uint64_t)tv->tv_usec * 1000;
    return ERR_OK;
}

sysret_t sys_getitimer(struct thread *t, const struct sys_args *a)
{
    struct timer_setting now;
    if ((uint32_t)a->arg[0] > ITIMER_PROF)
        return ERR_INVAL;
    enum err err = itimer_exchange(t->process, (uint32_t)a->arg[0], nullptr, &now);
    if (err != ERR_OK)
        return err;
    struct __kernel_old_itimerval user = itimerval_of(&now);
    return mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(user));
}

// Nothing to set disarms (setitimer(2), "Notes").
sysret_t sys_setitimer(struct thread *t, const struct sys_args *a)
{
    struct __kernel_old_itimerval user = {};
    struct timer_setting new, old;
    enum err err = ERR_OK;
    if (a->arg[1] != 0)
        err = mm_read(t->mm, (uaddr_t){a->arg[1]}, SPAN_OF(user));
    if (err == ERR_OK)
        err = read_timeval(&user.it_value, &new.value);
    if (err == ERR_OK)
        err = read_timeval(&user.it_interval, &new.interval);
    if (err == ERR_OK && (uint32_t)a->arg[0] > ITIMER_PROF)
        err = ERR_INVAL;
    if (err == ERR_OK)
        err = itimer_exchange(t->process, (uint32_t)a->arg[0], &new, &old);
    if (err != ERR_OK || a->arg[2] == 0)
        return err;
    user = itimerval_of(&old);
    return mm_write(t->mm, (uaddr_t){a->arg[2]}, CSPAN_OF(user));
}

// ---- those that it makes -----------------------------------------------------------------------

// struct sigevent, as far as the kernel looks at it.
struct timer_event {
    uint64_t value;
    int32_t signal, how, tid, hole;
};
constexpr size_t EVENT_SIZE = 64;

static enum err read_event(struct thread *t, uint64_t at, struct timer_event *e)
{
    // All of the structure has to be there.
    uint8_t bytes[EVENT_SIZE];
    struct cspan from = CSPAN_OF(bytes);
    enum err err = mm_read(t->mm, (uaddr_t){at}, SPAN_OF(bytes));
    if (err == ERR_OK)
        *e = (struct timer_event){
            .value = cspan_u64(from, 0),
            .signal = (int32_t)cspan_u32(from, 8),
            .how = (int32_t)cspan_u32(from, 12),
            .tid = (int32_t)cspan_u32(from, 16),
        };
    return err;
}

// With a reference to the thread whom it is for, if there is one.
static enum err read_notice(struct thread *t, uint64_t at, struct timer_notice *n)
{
    struct timer_event e;
    *n = (struct timer_notice){.signal = SIGALRM};
    if (at == 0)
        return ERR_OK;
    enum err err = read_event(t, at, &e);
    if (err != ERR_OK)
        return err;
    if (e.how == SIGEV_NONE) {
        n->signal = 0;
        return ERR_OK;
    }
    // SIGEV_THREAD is the C library's, which asks for a signal to a thread of its own.
    bool to_thread = e.how == (SIGEV_SIGNAL | SIGEV_THREAD_ID);
    if ((!to_thread && e.how != SIGEV_SIGNAL && e.how != SIGEV_THREAD) || e.signal < 1 ||
        e.signal > (int32_t)SIGNAL_MAX)
        return ERR_INVAL;
    *n = (struct timer_notice){.signal = (uint32_t)e.signal, .has_value = true, .value = e.value};
    if (!to_thread)
        return ERR_OK;
    n->to = e.tid > 0 ? thread_find((uint64_t)e.tid) : nullptr;
    if (n->to != nullptr && n->to->process == t->process)
        return ERR_OK;
    if (n->to != nullptr)
        thread_put(n->to);
    return ERR_INVAL;
}

static sysret_t make(struct thread *t, enum timer_clock clock, struct thread *of,
                     const struct sys_args *a)
{
    struct timer_notice notice;
    int32_t id;
    enum err err = read_notice(t, a->arg[1], &notice);
    if (err != ERR_OK)
        return err;
    err = timer_make(t->process, clock, of, &notice, &id);
    if (notice.to != nullptr)
        thread_put(notice.to);
    if (err != ERR_OK)
        return err;
    err = mm_write(t->mm, (uaddr_t){a->arg[2]}, CSPAN_OF(id));
    if (err != ERR_OK && timer_delete(t->process, id) != ERR_OK)
        log_debug("timer %d: another thread has deleted it", id);
    return err;
}

// Of processor times, the caller's process's and its threads'.
static sysret_t make_by_cpu(struct thread *t, const struct sys_args *a)
{
    struct cpu_clock c;
    if (!cpu_clock_find(t, (uint32_t)a->arg[0], &c))
        return ERR_INVAL;
    sysret_t result = ERR_INVAL;
    if (c.thread != nullptr)
        result = make(t, TIMER_THREAD_CPU, c.thread, a);
    else if (c.process == t->process)
        result = make(t, TIMER_PROCESS_CPU, nullptr, a);
    cpu_clock_put(&c);
    return result;
}

sysret_t sys_timer_create(struct thread *t, const struct sys_args *a)
{
    switch ((uint32_t)a->arg[0]) {
    case CLOCK_REALTIME:
    case CLOCK_TAI:
        return make(t, TIMER_REAL, nullptr, a);
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
        return make(t, TIMER_MONO, nullptr, a);
    // Clocks that do not tell when a time has come, and those that would wake a machine up.
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_BOOTTIME_ALARM:
        return ERR_OPNOTSUPP;
    }
    return make_by_cpu(t, a);
}

static struct __kernel_itimerspec itimerspec_of(const struct timer_setting *s)
{
    return (struct __kernel_itimerspec){
        .it_interval = timespec_of(s->interval),
        .it_value = timespec_of(s->value),
    };
}

sysret_t sys_timer_settime(struct thread *t, const struct sys_args *a)
{
    struct timer_setting new, old;
    // struct itimerspec: the interval comes first.
    if (a->arg[2] == 0)
        return ERR_INVAL;
    enum err err = timespec_read(t, a->arg[2], &new.interval);
    if (err == ERR_OK)
        err = timespec_read(t, a->arg[2] + sizeof(struct __kernel_timespec), &new.value);
    if (err == ERR_OK)
        err = timer_exchange(t->process, (int32_t)a->arg[0], (a->arg[1] & TIMER_ABSTIME) != 0, &new,
                             &old);
    if (err != ERR_OK || a->arg[3] == 0)
        return err;
    struct __kernel_itimerspec user = itimerspec_of(&old);
    return mm_write(t->mm, (uaddr_t){a->arg[3]}, CSPAN_OF(user));
}

sysret_t sys_timer_gettime(struct thread *t, const struct sys_args *a)
{
    struct timer_setting left;
    enum err err = timer_left(t->process, (int32_t)a->arg[0], &left);
    if (err != ERR_OK)
        return err;
    struct __kernel_itimerspec user = itimerspec_of(&left);
    return mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(user));
}

sysret_t sys_timer_getoverrun(struct thread *t, const struct sys_args *a)
{
    uint32_t count;
    enum err err = timer_overrun(t->process, (int32_t)a->arg[0], &count);
    return err == ERR_OK ? (sysret_t)count : err;
}

sysret_t sys_timer_delete(struct thread *t, const struct sys_args *a)
{
    return timer_delete(t->process, (int32_t)a->arg[0]);
}
