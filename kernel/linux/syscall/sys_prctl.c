// SPDX-License-Identifier: Apache-2.0
// prctl(2). Arguments that an operation does not have must be zero only where Linux wants that.
#include "kernel/linux/process/credentials.h"
#include "kernel/linux/process/signals.h"
#include "kernel/linux/process/traits.h"
#include "kernel/linux/syscall/sys.h"
#include <linux/prctl.h>
#include <linux/securebits.h>

static enum err put_int(struct thread *t, uint64_t at, uint32_t value)
{
    return mm_write(t->mm, (uaddr_t){at}, CSPAN_OF(value));
}

static bool are_zero(const struct sys_args *a, uint32_t from)
{
    for (uint32_t i = from; i < 5; i++) {
        if (ELEM(a->arg, i) != 0)
            return false;
    }
    return true;
}

// ---- names and families ------------------------------------------------------------------------

static sysret_t set_name(struct thread *t, const struct sys_args *a)
{
    uint8_t name[sizeof(struct thread_name) - 1];
    size_t len = sizeof(name);
    enum err err = mm_read_string(t->mm, (uaddr_t){a->arg[1]}, SPAN_OF(name), &len);
    if (err != ERR_OK && err != ERR_OVERFLOW)
        return err;
    thread_set_name(t, cspan_sub(CSPAN_OF(name), 0, len));
    return ERR_OK;
}

static sysret_t get_name(struct thread *t, const struct sys_args *a)
{
    struct thread_name name = thread_name(t);
    return mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(name.bytes));
}

static sysret_t set_death_signal(struct thread *t, const struct sys_args *a)
{
    if (a->arg[1] > SIGNAL_MAX)
        return ERR_INVAL;
    thread_set_death_signal(t, (uint32_t)a->arg[1]);
    return ERR_OK;
}

static sysret_t get_death_signal(struct thread *t, const struct sys_args *a)
{
    return put_int(t, a->arg[1], thread_death_signal(t));
}

static sysret_t set_reaper(struct thread *t, const struct sys_args *a)
{
    process_set_reaper(t->process, a->arg[1] != 0);
    return ERR_OK;
}

static sysret_t get_reaper(struct thread *t, const struct sys_args *a)
{
    return put_int(t, a->arg[1], process_is_reaper(t->process));
}

static sysret_t get_tid_address(struct thread *t, const struct sys_args *a)
{
    return mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(t->clear_tid));
}

// ---- memory ------------------------------------------------------------------------------------

static sysret_t set_dumpable(struct thread *t, const struct sys_args *a)
{
    if (a->arg[1] > 1)
        return ERR_INVAL;
    mm_mark(t->mm, MM_DUMPABLE, a->arg[1] == 1);
    return ERR_OK;
}

static sysret_t get_dumpable(struct thread *t, const struct sys_args *)
{
    return mm_is_marked(t->mm, MM_DUMPABLE);
}

// Programs have no large pages anyway.
static sysret_t set_small_pages(struct thread *t, const struct sys_args *a)
{
    if (!are_zero(a, 2))
        return ERR_INVAL;
    mm_mark(t->mm, MM_NO_LARGE_PAGES, a->arg[1] != 0);
    return ERR_OK;
}

static sysret_t get_small_pages(struct thread *t, const struct sys_args *a)
{
    return are_zero(a, 1) ? (sysret_t)mm_is_marked(t->mm, MM_NO_LARGE_PAGES) : ERR_INVAL;
}

// When a thread learns of memory that fails. None is known to: there are no machine checks that a
// machine goes on after.
static sysret_t set_memory_errors(struct thread *t, const struct sys_args *a)
{
    if (!are_zero(a, 3))
        return ERR_INVAL;
    switch (a->arg[1]) {
    case PR_MCE_KILL_CLEAR:
        if (a->arg[2] != 0)
            return ERR_INVAL;
        t->traits.memory_errors = PR_MCE_KILL_DEFAULT;
        return ERR_OK;
    case PR_MCE_KILL_SET:
        if (a->arg[2] > PR_MCE_KILL_DEFAULT)
            return ERR_INVAL;
        t->traits.memory_errors = (uint32_t)a->arg[2];
        return ERR_OK;
    }
    return ERR_INVAL;
}

static sysret_t get_memory_errors(struct thread *t, const struct sys_args *a)
{
    return are_zero(a, 1) ? (sysret_t)t->traits.memory_errors : ERR_INVAL;
}

// ---- time --------------------------------------------------------------------------------------

// Sleeps end when their time has come, which no slack forbids.
static sysret_t set_slack(struct thread *t, const struct sys_args *a)
{
    t->traits.slack_ns = a->arg[1] != 0 ? a->arg[1] : t->traits.usual_slack_ns;
    return ERR_OK;
}

static sysret_t get_slack(struct thread *t, const struct sys_args *)
{
    return (sysret_t)min_u64(t->traits.slack_ns, INT64_MAX);
}

static sysret_t set_timing(struct thread *, const struct sys_args *a)
{
    return a->arg[1] == PR_TIMING_STATISTICAL ? ERR_OK : ERR_INVAL;
}

static sysret_t get_timing(struct thread *, const struct sys_args *)
{
    return PR_TIMING_STATISTICAL;
}

// The time stamp counter is everybody's.
static sysret_t set_counter(struct thread *, const struct sys_args *a)
{
    return a->arg[1] == PR_TSC_ENABLE ? ERR_OK : ERR_INVAL;
}

static sysret_t get_counter(struct thread *t, const struct sys_args *a)
{
    return put_int(t, a->arg[1], PR_TSC_ENABLE);
}

// ---- privileges --------------------------------------------------------------------------------

static sysret_t read_bounding(struct thread *t, const struct sys_args *a)
{
    if (!cap_is_known(a->arg[1]))
        return ERR_INVAL;
    return (t->cred->is.caps.bounding & cap_bit((uint32_t)a->arg[1])) != 0;
}

static sysret_t drop_bounding(struct thread *t, const struct sys_args *a)
{
    struct cred *new;
    if (!thread_has(t, CAP_SETPCAP))
        return ERR_PERM;
    if (!cap_is_known(a->arg[1]))
        return ERR_INVAL;
    enum err err = cred_copy(t->cred, &new);
    if (err != ERR_OK)
        return err;
    return thread_finish_cred(t, new, identity_drop_bounding(&new->is, (uint32_t)a->arg[1]));
}

static sysret_t change_ambient(struct thread *t, const struct sys_args *a)
{
    struct cred *new;
    enum err err = cred_copy(t->cred, &new);
    if (err != ERR_OK)
        return err;
    if (a->arg[1] == PR_CAP_AMBIENT_CLEAR_ALL)
        new->is.caps.ambient = 0;
    else if (a->arg[1] == PR_CAP_AMBIENT_LOWER)
        new->is.caps.ambient &= ~cap_bit((uint32_t)a->arg[2]);
    else
        err = identity_raise_ambient(&new->is, (uint32_t)a->arg[2]);
    return thread_finish_cred(t, new, err);
}

static sysret_t ambient(struct thread *t, const struct sys_args *a)
{
    switch (a->arg[1]) {
    case PR_CAP_AMBIENT_CLEAR_ALL:
        return are_zero(a, 2) ? change_ambient(t, a) : ERR_INVAL;
    case PR_CAP_AMBIENT_IS_SET:
        if (!cap_is_known(a->arg[2]) || !are_zero(a, 3))
            return ERR_INVAL;
        return (t->cred->is.caps.ambient & cap_bit((uint32_t)a->arg[2])) != 0;
    case PR_CAP_AMBIENT_RAISE:
    case PR_CAP_AMBIENT_LOWER:
        return cap_is_known(a->arg[2]) && are_zero(a, 3) ? change_ambient(t, a) : ERR_INVAL;
    }
    return ERR_INVAL;
}

static sysret_t set_securebits(struct thread *t, const struct sys_args *a)
{
    struct cred *new;
    enum err err = cred_copy(t->cred, &new);
    return err == ERR_OK ? thread_finish_cred(t, new, identity_set_securebits(&new->is, a->arg[1]))
                         : err;
}

static sysret_t get_securebits(struct thread *t, const struct sys_args *)
{
    return t->cred->is.securebits;
}

static sysret_t set_keep_caps(struct thread *t, const struct sys_args *a)
{
    struct cred *new;
    if (a->arg[1] > 1)
        return ERR_INVAL;
    enum err err = cred_copy(t->cred, &new);
    return err == ERR_OK ? thread_finish_cred(t, new, identity_keep_caps(&new->is, a->arg[1] == 1))
                         : err;
}

static sysret_t get_keep_caps(struct thread *t, const struct sys_args *)
{
    return (t->cred->is.securebits & SECBIT_KEEP_CAPS) != 0;
}

static sysret_t set_no_new_privileges(struct thread *t, const struct sys_args *a)
{
    if (a->arg[1] != 1 || !are_zero(a, 2))
        return ERR_INVAL;
    t->traits.no_new_privileges = true;
    return ERR_OK;
}

static sysret_t get_no_new_privileges(struct thread *t, const struct sys_args *a)
{
    return are_zero(a, 1) ? (sysret_t)t->traits.no_new_privileges : ERR_INVAL;
}

// ------------------------------------------------------------------------------------------------

struct option {
    uint32_t number;
    sys_fn *serve;
};

static const struct option options[] = {
    {PR_SET_PDEATHSIG, set_death_signal},
    {PR_GET_PDEATHSIG, get_death_signal},
    {PR_GET_DUMPABLE, get_dumpable},
    {PR_SET_DUMPABLE, set_dumpable},
    {PR_GET_KEEPCAPS, get_keep_caps},
    {PR_SET_KEEPCAPS, set_keep_caps},
    {PR_GET_TIMING, get_timing},
    {PR_SET_TIMING, set_timing},
    {PR_SET_NAME, set_name},
    {PR_GET_NAME, get_name},
    {PR_CAPBSET_READ, read_bounding},
    {PR_CAPBSET_DROP, drop_bounding},
    {PR_GET_TSC, get_counter},
    {PR_SET_TSC, set_counter},
    {PR_GET_SECUREBITS, get_securebits},
    {PR_SET_SECUREBITS, set_securebits},
    {PR_SET_TIMERSLACK, set_slack},
    {PR_GET_TIMERSLACK, get_slack},
    {PR_MCE_KILL, set_memory_errors},
    {PR_MCE_KILL_GET, get_memory_errors},
    {PR_SET_CHILD_SUBREAPER, set_reaper},
    {PR_GET_CHILD_SUBREAPER, get_reaper},
    {PR_SET_NO_NEW_PRIVS, set_no_new_privileges},
    {PR_GET_NO_NEW_PRIVS, get_no_new_privileges},
    {PR_GET_TID_ADDRESS, get_tid_address},
    {PR_SET_THP_DISABLE, set_small_pages},
    {PR_GET_THP_DISABLE, get_small_pages},
    {PR_CAP_AMBIENT, ambient},
};

sysret_t sys_prctl(struct thread *t, const struct sys_args *a)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        const struct option *o = &ELEM(options, i);
        if (o->number == (uint32_t)a->arg[0])
            return o->serve(t, a);
    }
    return ERR_INVAL;
}
