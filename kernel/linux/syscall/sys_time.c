// SPDX-License-Identifier: Apache-2.0
// clock_gettime(2), nanosleep(2) and the like; getrandom(2).
#include "kernel/linux/process/signals.h"
#include "kernel/linux/syscall/sys.h"
#include "kernel/linux/syscall/timespec.h"
#include <linux/random.h>
#include <linux/time.h>
#include <linux/time_types.h>

// The atomic time's distance from UTC is unknown without a table: as on Linux, where nobody has set
// it, it is 0.
static bool read_clock(uint64_t clock, uint64_t *ns)
{
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
    return false;
}

static struct __kernel_timespec timespec_of(uint64_t ns)
{
    return (struct __kernel_timespec){
        .tv_sec = (int64_t)(ns / SECOND_NS),
        .tv_nsec = (int64_t)(ns % SECOND_NS),
    };
}

sysret_t sys_clock_gettime(struct thread *t, const struct sys_args *a)
{
    uint64_t ns;
    if (!read_clock((uint32_t)a->arg[0], &ns))
        return ERR_INVAL;
    struct __kernel_timespec ts = timespec_of(ns);
    return mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(ts));
}

sysret_t sys_clock_getres(struct thread *t, const struct sys_args *a)
{
    uint64_t ns;
    if (!read_clock((uint32_t)a->arg[0], &ns))
        return ERR_INVAL;
    struct __kernel_timespec ts = timespec_of(1);
    return a->arg[1] == 0 ? ERR_OK : mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(ts));
}

sysret_t sys_gettimeofday(struct thread *t, const struct sys_args *a)
{
    uint64_t ns = clock_real_ns();
    struct __kernel_old_timeval tv = {
        .tv_sec = (int64_t)(ns / SECOND_NS),
        .tv_usec = (int64_t)(ns % SECOND_NS / 1000),
    };
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
    t->rest_deadline = until;
    t->rest_at = rest_at;
    enum err err = rest_at == 0 ? ERR_OK : mm_write(t->mm, (uaddr_t){rest_at}, CSPAN_OF(rest));
    return err == ERR_OK ? (sysret_t)RESTART_REST : err;
}

sysret_t sys_restart_syscall(struct thread *t, const struct sys_args *)
{
    return t->rest_deadline == 0 ? ERR_INTR : sleep_for(t, t->rest_deadline, t->rest_at);
}

sysret_t sys_nanosleep(struct thread *t, const struct sys_args *a)
{
    uint64_t ns;
    enum err err = timespec_read(t, a->arg[0], &ns);
    return err == ERR_OK ? sleep_for(t, clock_mono_ns() + ns, a->arg[1]) : err;
}

sysret_t sys_clock_nanosleep(struct thread *t, const struct sys_args *a)
{
    uint64_t clock = (uint32_t)a->arg[0], flags = (uint32_t)a->arg[1], ns, now;
    // Nobody can sleep by these (clock_nanosleep(2), "ENOTSUP").
    if (clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE ||
        clock == CLOCK_MONOTONIC_RAW)
        return ERR_OPNOTSUPP;
    if ((clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME &&
         clock != CLOCK_TAI) ||
        (flags & ~(uint64_t)TIMER_ABSTIME) != 0 || !read_clock(clock, &now))
        return ERR_INVAL;
    enum err err = timespec_read(t, a->arg[2], &ns);
    if (err != ERR_OK)
        return err;
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
