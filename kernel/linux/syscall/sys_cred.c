// SPDX-License-Identifier: Apache-2.0
// getuid(2), setuid(2), getgroups(2), capget(2) and their kin.
#include "kernel/linux/process/credentials.h"
#include "kernel/linux/syscall/sys.h"

// ---- asking ------------------------------------------------------------------------------------

sysret_t sys_getuid(struct thread *t, const struct sys_args *) { return t->cred->is.uid.real; }
sysret_t sys_geteuid(struct thread *t, const struct sys_args *)
{
    return t->cred->is.uid.effective;
}
sysret_t sys_getgid(struct thread *t, const struct sys_args *) { return t->cred->is.gid.real; }
sysret_t sys_getegid(struct thread *t, const struct sys_args *)
{
    return t->cred->is.gid.effective;
}

static sysret_t tell_three(struct thread *t, const struct sys_args *a, struct cred_ids ids)
{
    enum err err = mm_write(t->mm, (uaddr_t){a->arg[0]}, CSPAN_OF(ids.real));
    if (err == ERR_OK)
        err = mm_write(t->mm, (uaddr_t){a->arg[1]}, CSPAN_OF(ids.effective));
    if (err == ERR_OK)
        err = mm_write(t->mm, (uaddr_t){a->arg[2]}, CSPAN_OF(ids.saved));
    return err;
}

sysret_t sys_getresuid(struct thread *t, const struct sys_args *a)
{
    return tell_three(t, a, t->cred->is.uid);
}

sysret_t sys_getresgid(struct thread *t, const struct sys_args *a)
{
    return tell_three(t, a, t->cred->is.gid);
}

// ---- changing ----------------------------------------------------------------------------------

static sysret_t change(struct thread *t, identity_rule *rule, struct cred_ids wanted)
{
    struct cred *new;
    enum err err = cred_copy(t->cred, &new);
    return err == ERR_OK ? thread_finish_cred(t, new, rule(&new->is, wanted)) : err;
}

sysret_t sys_setuid(struct thread *t, const struct sys_args *a)
{
    return change(t, identity_set_uid, (struct cred_ids){.effective = (uint32_t)a->arg[0]});
}

sysret_t sys_setgid(struct thread *t, const struct sys_args *a)
{
    return change(t, identity_set_gid, (struct cred_ids){.effective = (uint32_t)a->arg[0]});
}

static struct cred_ids wanted(const struct sys_args *a)
{
    return (struct cred_ids){
        .real = (uint32_t)a->arg[0],
        .effective = (uint32_t)a->arg[1],
        .saved = (uint32_t)a->arg[2],
    };
}

sysret_t sys_setreuid(struct thread *t, const struct sys_args *a)
{
    return change(t, identity_set_reuid, wanted(a));
}

sysret_t sys_setregid(struct thread *t, const struct sys_args *a)
{
    return change(t, identity_set_regid, wanted(a));
}

sysret_t sys_setresuid(struct thread *t, const struct sys_args *a)
{
    return change(t, identity_set_resuid, wanted(a));
}

sysret_t sys_setresgid(struct thread *t, const struct sys_args *a)
{
    return change(t, identity_set_resgid, wanted(a));
}

// These say what it was, whether it has been changed or not (setfsuid(2), "Return value").
sysret_t sys_setfsuid(struct thread *t, const struct sys_args *a)
{
    uint32_t before = t->cred->is.uid.files;
    sysret_t result =
        change(t, identity_set_fsuid, (struct cred_ids){.files = (uint32_t)a->arg[0]});
    return result == ERR_NOMEM ? result : before;
}

sysret_t sys_setfsgid(struct thread *t, const struct sys_args *a)
{
    uint32_t before = t->cred->is.gid.files;
    sysret_t result =
        change(t, identity_set_fsgid, (struct cred_ids){.files = (uint32_t)a->arg[0]});
    return result == ERR_NOMEM ? result : before;
}

// ---- supplementary groups ----------------------------------------------------------------------

sysret_t sys_getgroups(struct thread *t, const struct sys_args *a)
{
    const struct groups *g = t->cred->groups;
    uint32_t count = groups_count(g);
    int32_t room = (int32_t)a->arg[0];
    if (room < 0 || (room != 0 && (uint32_t)room < count))
        return ERR_INVAL;
    for (uint32_t i = 0; room != 0 && i < count; i++) {
        uint32_t id = groups_at(g, i);
        enum err err = mm_write(t->mm, (uaddr_t){a->arg[1] + i * sizeof(id)}, CSPAN_OF(id));
        if (err != ERR_OK)
            return err;
    }
    return count;
}

static enum err read_groups(struct thread *t, uint64_t at, uint32_t count, struct groups **out)
{
    struct groups *g;
    enum err err = groups_make(count, &g);
    if (err != ERR_OK)
        return err;
    for (uint32_t i = 0; err == ERR_OK && i < count; i++) {
        uint32_t id;
        err = mm_read(t->mm, (uaddr_t){at + i * sizeof(id)}, SPAN_OF(id));
        if (err == ERR_OK && id == ID_NONE)
            err = ERR_INVAL;
        if (err == ERR_OK)
            groups_set(g, i, id);
    }
    if (err != ERR_OK) {
        groups_put(g);
        return err;
    }
    groups_sort(g);
    *out = g;
    return ERR_OK;
}

sysret_t sys_setgroups(struct thread *t, const struct sys_args *a)
{
    uint32_t count = (uint32_t)a->arg[0];
    struct groups *g;
    struct cred *new;
    if (!thread_has(t, CAP_SETGID))
        return ERR_PERM;
    if (count > GROUPS_MAX)
        return ERR_INVAL;
    enum err err = read_groups(t, a->arg[1], count, &g);
    if (err != ERR_OK)
        return err;
    err = cred_copy(t->cred, &new);
    if (err != ERR_OK) {
        groups_put(g);
        return err;
    }
    if (new->groups != nullptr)
        groups_put(new->groups);
    new->groups = g;
    return thread_finish_cred(t, new, ERR_OK);
}

// ---- capabilities ------------------------------------------------------------------------------

struct cap_header {
    uint32_t version;
    int32_t pid;
};

// A program's words: the sets' low halves, and the high ones behind.
struct cap_words {
    struct {
        uint32_t effective, permitted, inheritable;
    } half[2];
};

// How many halves a version has. If there is no such version, the program learns of the newest.
static enum err read_header(struct thread *t, uint64_t at, struct cap_header *h, uint32_t *halves)
{
    static const uint32_t newest = _LINUX_CAPABILITY_VERSION_3;
    enum err err = mm_read(t->mm, (uaddr_t){at}, SPAN_OF(h->version));
    if (err != ERR_OK)
        return err;
    switch (h->version) {
    case _LINUX_CAPABILITY_VERSION_1:
        *halves = 1;
        break;
    case _LINUX_CAPABILITY_VERSION_2:
    case _LINUX_CAPABILITY_VERSION_3:
        *halves = 2;
        break;
    default:
        err = mm_write(t->mm, (uaddr_t){at}, CSPAN_OF(newest));
        return err == ERR_OK ? ERR_INVAL : err;
    }
    return mm_read(t->mm, (uaddr_t){at + sizeof(h->version)}, SPAN_OF(h->pid));
}

static uint64_t join(uint32_t low, uint32_t high) { return low | (uint64_t)high << 32; }

sysret_t sys_capget(struct thread *t, const struct sys_args *a)
{
    struct cap_header h;
    uint32_t halves;
    enum err err = read_header(t, a->arg[0], &h, &halves);
    // Without a place for them, it is the version that is asked for.
    if (a->arg[1] == 0 && (err == ERR_OK || err == ERR_INVAL))
        return ERR_OK;
    if (err != ERR_OK)
        return err;
    if (h.pid < 0)
        return ERR_INVAL;
    struct cred *c = cred_find(h.pid == 0 ? t->tid : (uint64_t)h.pid);
    if (c == nullptr)
        return ERR_SRCH;
    struct cred_caps caps = c->is.caps;
    cred_put(c);
    struct cap_words words = {{
        {(uint32_t)caps.effective, (uint32_t)caps.permitted, (uint32_t)caps.inheritable},
        {(uint32_t)(caps.effective >> 32), (uint32_t)(caps.permitted >> 32),
         (uint32_t)(caps.inheritable >> 32)},
    }};
    size_t size = halves * sizeof(words.half[0]);
    return mm_write(t->mm, (uaddr_t){a->arg[1]}, cspan_sub(CSPAN_OF(words), 0, size));
}

sysret_t sys_capset(struct thread *t, const struct sys_args *a)
{
    struct cap_header h;
    uint32_t halves;
    struct cap_words words = {};
    struct cred *new;
    enum err err = read_header(t, a->arg[0], &h, &halves);
    if (err != ERR_OK)
        return err;
    if (h.pid != 0 && (uint64_t)h.pid != t->tid)
        return ERR_PERM;
    struct span to = span_sub(SPAN_OF(words), 0, halves * sizeof(words.half[0]));
    err = mm_read(t->mm, (uaddr_t){a->arg[1]}, to);
    if (err == ERR_OK)
        err = cred_copy(t->cred, &new);
    if (err != ERR_OK)
        return err;
    struct cred_caps caps = {
        .effective = CAPS_ALL & join(words.half[0].effective, words.half[1].effective),
        .permitted = CAPS_ALL & join(words.half[0].permitted, words.half[1].permitted),
        .inheritable = CAPS_ALL & join(words.half[0].inheritable, words.half[1].inheritable),
    };
    return thread_finish_cred(t, new, identity_set_caps(&new->is, &caps));
}
