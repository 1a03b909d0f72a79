// SPDX-License-Identifier: Apache-2.0
// futex(2).
#include "kernel/linux/futex/futex.h"
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

// FUTEX_WAIT's timeout is a duration, FUTEX_WAIT_BITSET's a time.
static enum err decode_timeout(struct thread *t, const struct futex_args *f, uint64_t at,
                               struct wait_limits *limits)
{
    uint64_t ns, mono = clock_mono_ns();
    *limits = (struct wait_limits){.cancelled = signal_is_due};
    if (at == 0)
        return ERR_OK;
    enum err err = timespec_read(t, at, &ns);
    if (err != ERR_OK)
        return err;
    uint64_t now = f->real_time ? clock_real_ns() : mono;
    uint64_t left = f->command == FUTEX_WAIT ? ns : ns > now ? ns - now : 0;
    limits->deadline_ns = max_u64(mono + left, 1);
    return ERR_OK;
}

static sysret_t wait(struct thread *t, const struct futex_args *f, uint64_t timeout, uint32_t bits)
{
    struct wait_limits limits;
    enum err err = decode_timeout(t, f, timeout, &limits);
    if (err == ERR_OK)
        err = futex_wait(f->word, f->value, bits, &limits);
    return err == ERR_INTR ? (sysret_t)(timeout == 0 ? RESTART_CALL : RESTART_NOHAND) : err;
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

sysret_t sys_futex(struct thread *t, const struct sys_args *a)
{
    struct futex_args f = decode(t, a);
    if (f.real_time && f.command != FUTEX_WAIT && f.command != FUTEX_WAIT_BITSET)
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
    }
    return ERR_NOSYS;
}
