// SPDX-License-Identifier: Apache-2.0
// futex(2), futex_waitv(2).
#include "kernel/linux/futex/futex.h"
#include "kernel/linux/futex/pi.h"
#include "kernel/linux/process/signals.h"
#include "kernel/linux/syscall/sys.h"
#include "kernel/linux/syscall/timespec.h"
#include <linux/futex.h>
#include <linux/time.h>

// A call's arguments, by the names of its man page.
struct futex_args {
    struct futex_word word, word2;
    uint32_t command, value, value2, value3;
    bool real_time;
};

static struct futex_args decode(struct thread *t, const struct sys_args *a)
{
    uint32_t op = (uint32_t)a->arg[1];
    bool shared = (op & FUTEX_PRIVATE_FLAG) == 0;
    return (struct futex_args){
        .word = {t->mm, {a->arg[0]}, shared},
        .word2 = {t->mm, {a->arg[4]}, shared},
        .command = op & (uint32_t)FUTEX_CMD_MASK,
        .value = (uint32_t)a->arg[2],
        .value2 = (uint32_t)a->arg[3],
        .value3 = (uint32_t)a->arg[5],
        .real_time = (op & FUTEX_CLOCK_REALTIME) != 0,
    };
}

// FUTEX_WAIT's timeout is a duration, the others' are times. `at` is where it is; 0: there is none.
static enum err decode_timeout(struct thread *t, uint64_t at, bool real_time, bool lasts,
                               struct wait_limits *limits)
{
    uint64_t ns, mono = clock_mono_ns();
    *limits = (struct wait_limits){.cancelled = signal_is_due};
    if (at == 0)
        return ERR_OK;
    enum err err = timespec_read(t, at, &ns);
    if (err != ERR_OK)
        return err;
    uint64_t now = real_time ? clock_real_ns() : mono;
    uint64_t left = lasts ? ns : ns > now ? ns - now : 0;
    limits->deadline_ns = max_u64(mono + left, 1);
    return ERR_OK;
}

// A signal that no handler catches has it go on, up to the same time.
static sysret_t wait_within(struct thread *t, struct futex_word word, uint32_t value, uint32_t bits,
                            const struct wait_limits *limits)
{
    enum err err = futex_wait(word, value, bits, limits);
    if (err != ERR_INTR)
        return err;
    if (limits->deadline_ns == 0)
        return RESTART_CALL;
    t->rest = (struct call_rest){.kind = REST_FUTEX,
                                 .deadline_ns = limits->deadline_ns,
                                 .at = word.at.raw,
                                 .value = value,
                                 .bits = bits,
                                 .shared = word.shared};
    return RESTART_REST;
}

sysret_t sys_futex_rest(struct thread *t, const struct call_rest *rest)
{
    struct futex_word word = {t->mm, {rest->at}, rest->shared};
    struct wait_limits limits = {.deadline_ns = rest->deadline_ns, .cancelled = signal_is_due};
    return wait_within(t, word, rest->value, rest->bits, &limits);
}

static sysret_t wait(struct thread *t, const struct futex_args *f, uint64_t timeout, uint32_t bits)
{
    struct wait_limits limits;
    enum err err = decode_timeout(t, timeout, f->real_time, f->command == FUTEX_WAIT, &limits);
    return err == ERR_OK ? wait_within(t, f->word, f->value, bits, &limits) : err;
}

static sysret_t wake(const struct futex_args *f, uint32_t bits)
{
    uint32_t woken;
    // As on Linux, 0 wakes one.
    enum err err = futex_wake(f->word, f->value > 0 ? f->value : 1, bits, &woken);
    return err == ERR_OK ? (sysret_t)woken : err;
}

// Counts are signed to the caller.
static bool is_negative(uint32_t count) { return (int32_t)count < 0; }

static sysret_t requeue(const struct futex_args *f, const uint32_t *expected)
{
    uint32_t woken, moved;
    if (is_negative(f->value) || is_negative(f->value2))
        return ERR_INVAL;
    enum err err = futex_requeue(f->word, f->word2, f->value, f->value2, expected, &woken, &moved);
    // FUTEX_REQUEUE counts those that it woke only (futex(2), "Return value").
    return err == ERR_OK ? (sysret_t)(woken + (expected != nullptr ? moved : 0)) : err;
}

static sysret_t wake_op(const struct futex_args *f)
{
    uint32_t woken;
    enum err err = futex_wake_op(f->word, f->word2, f->value, f->value2, f->value3, &woken);
    return err == ERR_OK ? (sysret_t)woken : err;
}

// ---- locks that lend priority ------------------------------------------------------------------

// The calls that give up their locks' turn at a signal are made again, up to the same time.
static sysret_t or_again(enum err err) { return err == ERR_INTR ? (sysret_t)RESTART_ALWAYS : err; }

static sysret_t lock_pi(struct thread *t, const struct futex_args *f, uint64_t timeout, bool poll)
{
    struct wait_limits limits = {};
    bool real_time = f->real_time || f->command == FUTEX_LOCK_PI;
    enum err err = poll ? ERR_OK : decode_timeout(t, timeout, real_time, false, &limits);
    return err == ERR_OK ? or_again(futex_pi_lock(f->word, t->pi, poll, &limits)) : err;
}

static sysret_t wait_requeue_pi(struct thread *t, const struct futex_args *f, uint64_t timeout)
{
    struct wait_limits limits;
    enum err err = decode_timeout(t, timeout, f->real_time, false, &limits);
    if (err == ERR_OK)
        err = futex_pi_wait_requeue(f->word, f->value, f->word2, t->pi, &limits);
    return or_again(err);
}

static sysret_t requeue_pi(const struct futex_args *f)
{
    uint32_t done;
    if (f->value != 1 || is_negative(f->value2) || f->word.at.raw == f->word2.at.raw)
        return ERR_INVAL;
    enum err err = futex_pi_requeue(f->word, f->word2, f->value3, f->value2, &done);
    return err == ERR_OK ? (sysret_t)done : err;
}

// ------------------------------------------------------------------------------------------------

static bool may_be_real_time(uint32_t command)
{
    return command == FUTEX_WAIT_BITSET || command == FUTEX_WAIT_REQUEUE_PI ||
           command == FUTEX_LOCK_PI2;
}

sysret_t sys_futex(struct thread *t, const struct sys_args *a)
{
    struct futex_args f = decode(t, a);
    if (f.real_time && !may_be_real_time(f.command))
        return ERR_NOSYS;
    switch (f.command) {
    case FUTEX_WAIT:
        return wait(t, &f, a->arg[3], FUTEX_ANY);
    case FUTEX_WAIT_BITSET:
        return wait(t, &f, a->arg[3], f.value3);
    case FUTEX_WAKE:
        return wake(&f, FUTEX_ANY);
    case FUTEX_WAKE_BITSET:
        return wake(&f, f.value3);
    case FUTEX_REQUEUE:
        return requeue(&f, nullptr);
    case FUTEX_CMP_REQUEUE:
        return requeue(&f, &f.value3);
    case FUTEX_WAKE_OP:
        return wake_op(&f);
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
        return lock_pi(t, &f, a->arg[3], false);
    case FUTEX_TRYLOCK_PI:
        return lock_pi(t, &f, 0, true);
    case FUTEX_UNLOCK_PI:
        return futex_pi_unlock(f.word, t->pi);
    case FUTEX_WAIT_REQUEUE_PI:
        return wait_requeue_pi(t, &f, a->arg[3]);
    case FUTEX_CMP_REQUEUE_PI:
        return requeue_pi(&f);
    }
    // As on Linux since 2.6.26, FUTEX_FD too.
    return ERR_NOSYS;
}

// ---- futex_waitv (Documentation/userspace-api/futex2.rst of Linux) -----------------------------

static_assert(FUTEX_SEVERAL_MAX == FUTEX_WAITV_MAX);

static enum err add_waiter(struct thread *t, struct futex_several *s, uint64_t at)
{
    struct futex_waitv v;
    enum err err = mm_read(t->mm, (uaddr_t){at}, SPAN_OF(v));
    if (err != ERR_OK)
        return err;
    // Words are of 32 bits, so far.
    if ((v.flags & ~(uint32_t)FUTEX_PRIVATE_FLAG) != FUTEX_32 || v.__reserved != 0 ||
        v.val > UINT32_MAX)
        return ERR_INVAL;
    struct futex_word word = {t->mm, {v.uaddr}, (v.flags & FUTEX_PRIVATE_FLAG) == 0};
    return futex_several_add(s, word, (uint32_t)v.val);
}

sysret_t sys_futex_waitv(struct thread *t, const struct sys_args *a)
{
    uint32_t count = (uint32_t)a->arg[1], clock = (uint32_t)a->arg[4], index;
    struct wait_limits limits = {.cancelled = signal_is_due};
    struct futex_several *s;
    if ((uint32_t)a->arg[2] != 0 || count == 0 || count > FUTEX_WAITV_MAX || a->arg[0] == 0)
        return ERR_INVAL;
    if (a->arg[3] != 0 && clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME)
        return ERR_INVAL;
    enum err err = decode_timeout(t, a->arg[3], clock == CLOCK_REALTIME, false, &limits);
    if (err == ERR_OK)
        err = futex_several_create(&s);
    if (err != ERR_OK)
        return err;
    for (uint32_t i = 0; err == ERR_OK && i < count; i++)
        err = add_waiter(t, s, a->arg[0] + i * sizeof(struct futex_waitv));
    if (err == ERR_OK)
        err = futex_several_wait(s, &limits, &index);
    futex_several_destroy(s);
    return err == ERR_OK ? (sysret_t)index : err == ERR_INTR ? (sysret_t)RESTART_CALL : err;
}
