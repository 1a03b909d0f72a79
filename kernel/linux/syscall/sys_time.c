// SPDX-License-Identifier: Apache-2.0
// clock_gettime(2), nanosleep(2) and the like; getrandom(2).
#include "kernel/linux/process/signals.h"
#include "kernel/linux/process/usage.h"
#include "kernel/linux/syscall/cpu_clock.h"
#include "kernel/linux/syscall/sys.h"
#include "kernel/linux/syscall/timespec.h"
#include "kernel/linux/vdso/vdso.h"
#include <linux/random.h>
#include <linux/time.h>

// The atomic time's distance from UTC is unknown without a table: as on Linux, where nobody has set
// it, it is 0.
static bool read_clock(struct thread *t, uint32_t clock, uint64_t *ns)
{
    struct cpu_clock c;
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
        *ns = clock_real_ns();
        return true;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        *ns = clock_mono_ns();
        return true;
    }
    if (!cpu_clock_find(t, clock, &c))
        return false;
    *ns = cpu_clock_read(&c);
    cpu_clock_put(&c);
    return true;
}

sysret_t sys_clock_gettime(struct thread *t, const struct sys_args *a)
{
    uint64_t ns;
    if (!read_clock(t, (uint32_t)a->arg[0], &ns))
        return ERR_INVAL;
    vdso_clock_asked();
    struct __kernel_timespec ts = timespec_of(ns);
    return mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(ts));
}

sysret_t sys_clock_getres(struct thread *t, const struct sys_args *a)
{
    uint64_t ns;
    if (!read_clock(t, (uint32_t)a->arg[0], &ns))
        return ERR_INVAL;
    struct __kernel_timespec ts = timespec_of(1);
    return a->arg[1] == 0 ? ERR_OK : mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(ts));
}

sysret_t sys_gettimeofday(struct thread *t, const struct sys_args *a)
{
    uint64_t ns = clock_real_ns();
    vdso_clock_asked();
    struct __kernel_old_timeval tv = timeval_of(ns);
    static const struct timezone utc;
    enum err err = ERR_OK;
    if (a->arg[0] != 0)
        err = mm_write(t->mm, (uaddr_t){a->arg[0]}, CSPAN_OF(tv));
    if (err == ERR_OK && a->arg[1] != 0)
        err = mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(utc));
    return err;
}

sysret_t sys_time(struct thread *t, const struct sys_args *a)
{
    int64_t seconds = (int64_t)(clock_real_ns() / SECOND_NS);
    vdso_clock_asked();
    enum err err = ERR_OK;
    if (a->arg[0] != 0)
        err = mm_write(t->mm, (uaddr_t){a->arg[0]}, CSPAN_OF(seconds));
    return err == ERR_OK ? seconds : err;
}

enum err timespec_read(struct thread *t, uint64_t at, uint64_t *ns)
{
    struct __kernel_timespec ts;
    enum err err = mm_read(t->mm, (uaddr_t){at}, SPAN_OF(ts));
    if (err != ERR_OK)
        return err;
    if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= (int64_t)SECOND_NS)
        return ERR_INVAL;
    uint64_t seconds = min_u64((uint64_t)ts.tv_sec, UINT64_MAX / SECOND_NS / 2);
    *ns = seconds * SECOND_NS + (uint64_t)ts.tv_nsec;
    return ERR_OK;
}

// Processor time is looked at no more often than this.
constexpr uint64_t CPU_LOOK_NS = 1'000'000;

// False: a signal came before.
static bool sleep_until(uint64_t mono_ns)
{
    struct waitq nobody = {};
    struct wait_limits limits = {.deadline_ns = max_u64(mono_ns, 1), .cancelled = signal_is_due};
    enum err err;
    waitq_until_or(&nobody, clock_mono_ns() >= mono_ns, &limits, err);
    return err != ERR_INTR;
}

// What is left is told at once; without a handler restart_syscall(2) goes on.
static sysret_t sleep_for(struct thread *t, uint64_t until, uint64_t rest_at)
{
    if (sleep_until(until))
        return 0;
    uint64_t now = clock_mono_ns();
    struct __kernel_timespec rest = timespec_of(until > now ? until - now : 0);
    t->rest = (struct call_rest){.kind = REST_SLEEP, .deadline_ns = until, .at = rest_at};
    enum err err = rest_at == 0 ? ERR_OK : mm_write(t->mm, (uaddr_t){rest_at}, CSPAN_OF(rest));
    return err == ERR_OK ? (sysret_t)RESTART_REST : err;
}

sysret_t sys_restart_syscall(struct thread *t, const struct sys_args *)
{
    struct call_rest rest = t->rest;
    switch (rest.kind) {
    case REST_NONE:
        return ERR_INTR;
    case REST_SLEEP:
        return sleep_for(t, rest.deadline_ns, rest.at);
    case REST_FUTEX:
        return sys_futex_rest(t, &rest);
    }
    return ERR_INTR;
}

sysret_t sys_nanosleep(struct thread *t, const struct sys_args *a)
{
    uint64_t ns;
    enum err err = timespec_read(t, a->arg[0], &ns);
    return err == ERR_OK ? sleep_for(t, clock_mono_ns() + ns, a->arg[1]) : err;
}

// Sleeps until the process has used so much processor time; others of its threads have to.
static sysret_t sleep_by_cpu(struct thread *t, bool absolute, uint64_t ns, uint64_t rest_at)
{
    uint64_t used = usage_of_process(t->process).cpu_ns, until = absolute ? ns : used + ns;
    for (; used < until; used = usage_of_process(t->process).cpu_ns) {
        uint64_t wait = (until - used) / max_u64(process_thread_count(t->process), 1);
        if (!sleep_until(clock_mono_ns() + max_u64(wait, CPU_LOOK_NS)))
            break;
    }
    if (used >= until)
        return 0;
    // As on Linux, a rest that is made again begins at what is left.
    struct __kernel_timespec rest = timespec_of(until - used);
    enum err err =
        absolute || rest_at == 0 ? ERR_OK : mm_write(t->mm, (uaddr_t){rest_at}, CSPAN_OF(rest));
    return err == ERR_OK ? (sysret_t)RESTART_NOHAND : err;
}

sysret_t sys_clock_nanosleep(struct thread *t, const struct sys_args *a)
{
    uint32_t clock = (uint32_t)a->arg[0], flags = (uint32_t)a->arg[1];
    uint64_t ns, now;
    // Nobody can sleep by these (clock_nanosleep(2), "ENOTSUP").
    if (clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE ||
        clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_THREAD_CPUTIME_ID)
        return ERR_OPNOTSUPP;
    if ((clock != CLOCK_PROCESS_CPUTIME_ID && clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC &&
         clock != CLOCK_BOOTTIME && clock != CLOCK_TAI) ||
        (flags & ~(uint32_t)TIMER_ABSTIME) != 0 || !read_clock(t, clock, &now))
        return ERR_INVAL;
    enum err err = timespec_read(t, a->arg[2], &ns);
    if (err != ERR_OK)
        return err;
    if (clock == CLOCK_PROCESS_CPUTIME_ID)
        return sleep_by_cpu(t, (flags & TIMER_ABSTIME) != 0, ns, a->arg[3]);
    if ((flags & TIMER_ABSTIME) == 0)
        return sleep_for(t, clock_mono_ns() + ns, a->arg[3]);
    uint64_t left = ns > now ? ns - now : 0;
    return sleep_until(clock_mono_ns() + left) ? (sysret_t)0 : (sysret_t)RESTART_NOHAND;
}

constexpr uint64_t GETRANDOM_FLAGS = GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE;

// The generator is ready from the start, so that no flag changes anything.
sysret_t sys_getrandom(struct thread *t, const struct sys_args *a)
{
    uint64_t at = a->arg[0], len = min_u64(a->arg[1], INT32_MAX), flags = (uint32_t)a->arg[2];
    if ((flags & ~GETRANDOM_FLAGS) != 0 ||
        (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
        return ERR_INVAL;
    uint64_t done = 0;
    while (done < len) {
        uint8_t random[256];
        struct span piece = span_sub(SPAN_OF(random), 0, min_u64(sizeof(random), len - done));
        entropy_fill(piece);
        enum err err = mm_write(t->mm, (uaddr_t){at + done}, span_const(piece));
        if (err != ERR_OK)
            return done > 0 ? (sysret_t)done : err;
        done += span_len(piece);
    }
    return (sysret_t)done;
}
