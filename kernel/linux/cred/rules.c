// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/cred/rules.h"
#include <linux/securebits.h>

static bool is_one_of(uint32_t id, const struct cred_ids *ids)
{
    return id == ids->real || id == ids->effective || id == ids->saved;
}

static bool all_are(uint32_t id, const struct cred_ids *ids)
{
    return id == ids->real && id == ids->effective && id == ids->saved;
}

static bool is_part(uint64_t set, uint64_t of) { return (set & ~of) == 0; }

static bool has_bit(const struct identity *i, uint32_t securebit)
{
    return (i->securebits & securebit) != 0;
}

// ---- identifiers -------------------------------------------------------------------------------
// Those of users and of groups change by the same rules, each with its capability.

static enum err set_id(struct cred_ids *ids, uint32_t id, bool any)
{
    if (id == ID_NONE)
        return ERR_INVAL;
    if (any)
        ids->real = ids->saved = id;
    else if (id != ids->real && id != ids->saved)
        return ERR_PERM;
    ids->effective = ids->files = id;
    return ERR_OK;
}

// The saved one goes along when a real one is set, or an effective one that the real one is not.
static enum err set_two(struct cred_ids *ids, struct cred_ids wanted, bool any)
{
    struct cred_ids old = *ids;
    bool sets_real = wanted.real != ID_NONE, sets_effective = wanted.effective != ID_NONE;
    if (sets_real && wanted.real != old.real && wanted.real != old.effective && !any)
        return ERR_PERM;
    if (sets_effective && !is_one_of(wanted.effective, &old) && !any)
        return ERR_PERM;
    if (sets_real)
        ids->real = wanted.real;
    if (sets_effective)
        ids->effective = wanted.effective;
    if (sets_real || (sets_effective && wanted.effective != old.real))
        ids->saved = ids->effective;
    ids->files = ids->effective;
    return ERR_OK;
}

static bool may_be(uint32_t id, const struct cred_ids *ids, bool any)
{
    return id == ID_NONE || any || is_one_of(id, ids);
}

static enum err set_three(struct cred_ids *ids, struct cred_ids wanted, bool any)
{
    if (!may_be(wanted.real, ids, any) || !may_be(wanted.effective, ids, any) ||
        !may_be(wanted.saved, ids, any))
        return ERR_PERM;
    if (wanted.real != ID_NONE)
        ids->real = wanted.real;
    if (wanted.effective != ID_NONE)
        ids->effective = wanted.effective;
    if (wanted.saved != ID_NONE)
        ids->saved = wanted.saved;
    ids->files = ids->effective;
    return ERR_OK;
}

static enum err set_files(struct cred_ids *ids, uint32_t id, bool any)
{
    if (id == ID_NONE || (!any && !is_one_of(id, ids) && id != ids->files))
        return ERR_PERM;
    ids->files = id;
    return ERR_OK;
}

// ---- what users' identifiers do to capabilities ------------------------------------------------

static bool is_root(const struct cred_ids *ids)
{
    return ids->real == 0 || ids->effective == 0 || ids->saved == 0;
}

static void leave_root(struct identity *i, const struct cred_ids *old)
{
    if (has_bit(i, SECBIT_NO_SETUID_FIXUP))
        return;
    struct cred_caps *c = &i->caps;
    if (is_root(old) && !is_root(&i->uid)) {
        if (!has_bit(i, SECBIT_KEEP_CAPS))
            c->permitted = c->effective = 0;
        c->ambient = 0;
    }
    if (old->effective == 0 && i->uid.effective != 0)
        c->effective = 0;
    if (old->effective != 0 && i->uid.effective == 0)
        c->effective = c->permitted;
}

// Those that concern files.
constexpr uint64_t CAPS_FILES = 1ull << CAP_CHOWN | 1ull << CAP_MKNOD | 1ull << CAP_DAC_OVERRIDE |
                                1ull << CAP_DAC_READ_SEARCH | 1ull << CAP_FOWNER |
                                1ull << CAP_FSETID | 1ull << CAP_LINUX_IMMUTABLE |
                                1ull << CAP_MAC_OVERRIDE;

static void leave_root_for_files(struct identity *i, uint32_t old)
{
    if (has_bit(i, SECBIT_NO_SETUID_FIXUP))
        return;
    struct cred_caps *c = &i->caps;
    if (old == 0 && i->uid.files != 0)
        c->effective &= ~CAPS_FILES;
    if (old != 0 && i->uid.files == 0)
        c->effective |= c->permitted & CAPS_FILES;
}

enum err identity_set_uid(struct identity *i, struct cred_ids wanted)
{
    struct cred_ids old = i->uid;
    enum err err = set_id(&i->uid, wanted.effective, identity_has(i, CAP_SETUID));
    leave_root(i, &old);
    return err;
}

enum err identity_set_reuid(struct identity *i, struct cred_ids wanted)
{
    struct cred_ids old = i->uid;
    enum err err = set_two(&i->uid, wanted, identity_has(i, CAP_SETUID));
    leave_root(i, &old);
    return err;
}

enum err identity_set_resuid(struct identity *i, struct cred_ids wanted)
{
    struct cred_ids old = i->uid;
    enum err err = set_three(&i->uid, wanted, identity_has(i, CAP_SETUID));
    leave_root(i, &old);
    return err;
}

enum err identity_set_fsuid(struct identity *i, struct cred_ids wanted)
{
    uint32_t old = i->uid.files;
    enum err err = set_files(&i->uid, wanted.files, identity_has(i, CAP_SETUID));
    leave_root_for_files(i, old);
    return err;
}

enum err identity_set_gid(struct identity *i, struct cred_ids wanted)
{
    return set_id(&i->gid, wanted.effective, identity_has(i, CAP_SETGID));
}

enum err identity_set_regid(struct identity *i, struct cred_ids wanted)
{
    return set_two(&i->gid, wanted, identity_has(i, CAP_SETGID));
}

enum err identity_set_resgid(struct identity *i, struct cred_ids wanted)
{
    return set_three(&i->gid, wanted, identity_has(i, CAP_SETGID));
}

enum err identity_set_fsgid(struct identity *i, struct cred_ids wanted)
{
    return set_files(&i->gid, wanted.files, identity_has(i, CAP_SETGID));
}

// ---- capabilities ------------------------------------------------------------------------------

enum err identity_set_caps(struct identity *i, const struct cred_caps *wanted)
{
    struct cred_caps *c = &i->caps;
    if (!identity_has(i, CAP_SETPCAP) &&
        !is_part(wanted->inheritable, c->inheritable | c->permitted))
        return ERR_PERM;
    if (!is_part(wanted->inheritable, c->inheritable | c->bounding) ||
        !is_part(wanted->permitted, c->permitted) || !is_part(wanted->effective, wanted->permitted))
        return ERR_PERM;
    c->effective = wanted->effective;
    c->permitted = wanted->permitted;
    c->inheritable = wanted->inheritable;
    c->ambient &= c->permitted & c->inheritable;
    return ERR_OK;
}

enum err identity_drop_bounding(struct identity *i, uint32_t cap)
{
    if (!identity_has(i, CAP_SETPCAP))
        return ERR_PERM;
    i->caps.bounding &= ~cap_bit(cap);
    return ERR_OK;
}

enum err identity_raise_ambient(struct identity *i, uint32_t cap)
{
    struct cred_caps *c = &i->caps;
    if (!is_part(cap_bit(cap), c->permitted & c->inheritable) ||
        has_bit(i, SECBIT_NO_CAP_AMBIENT_RAISE))
        return ERR_PERM;
    c->ambient |= cap_bit(cap);
    return ERR_OK;
}

// A bit's lock is the next one. What is locked stays, and so do locks.
enum err identity_set_securebits(struct identity *i, uint64_t bits)
{
    uint64_t locks = i->securebits & SECURE_ALL_LOCKS, changed = i->securebits ^ bits;
    if ((locks >> 1 & changed) != 0 || (locks & ~bits) != 0 ||
        !is_part(bits, SECURE_ALL_BITS | SECURE_ALL_LOCKS) || !identity_has(i, CAP_SETPCAP))
        return ERR_PERM;
    i->securebits = (uint32_t)bits;
    return ERR_OK;
}

enum err identity_keep_caps(struct identity *i, bool keep)
{
    if (has_bit(i, SECBIT_KEEP_CAPS_LOCKED))
        return ERR_PERM;
    i->securebits &= ~(uint32_t)SECBIT_KEEP_CAPS;
    if (keep)
        i->securebits |= SECBIT_KEEP_CAPS;
    return ERR_OK;
}

// Root's programs have all that may be had, even if only the real user is root.
static uint64_t gained(const struct identity *i, bool *effective)
{
    *effective = false;
    if (has_bit(i, SECBIT_NOROOT) || (i->uid.real != 0 && i->uid.effective != 0))
        return 0;
    *effective = i->uid.effective == 0;
    return i->caps.bounding | i->caps.inheritable;
}

bool identity_exec(struct identity *i, bool no_new_privileges)
{
    struct cred_caps *c = &i->caps;
    bool effective;
    // As if its file had set them.
    bool differs = i->uid.effective != i->uid.real || i->gid.effective != i->gid.real;
    uint64_t permitted = gained(i, &effective);
    if (no_new_privileges && (differs || !is_part(permitted, c->permitted))) {
        i->uid.effective = i->uid.real;
        i->gid.effective = i->gid.real;
        permitted &= c->permitted;
    }
    i->uid.saved = i->uid.files = i->uid.effective;
    i->gid.saved = i->gid.files = i->gid.effective;
    if (differs)
        c->ambient = 0;
    c->permitted = permitted | c->ambient;
    c->effective = effective ? c->permitted : c->ambient;
    i->securebits &= ~(uint32_t)SECBIT_KEEP_CAPS;
    return differs || (i->uid.real != 0 && (effective || !is_part(c->permitted, c->ambient)));
}

bool identity_is_other(const struct identity *from, const struct identity *to)
{
    return from->uid.effective != to->uid.effective || from->gid.effective != to->gid.effective ||
           from->uid.files != to->uid.files || from->gid.files != to->gid.files ||
           !is_part(to->caps.permitted, from->caps.permitted);
}

// ---- permissions -------------------------------------------------------------------------------

bool identity_may_signal(const struct identity *by, const struct identity *to)
{
    return by->uid.effective == to->uid.saved || by->uid.effective == to->uid.real ||
           by->uid.real == to->uid.saved || by->uid.real == to->uid.real ||
           identity_has(by, CAP_KILL);
}

bool identity_owns(const struct identity *by, const struct identity *of)
{
    return by->uid.effective == of->uid.effective || by->uid.effective == of->uid.real;
}

bool identity_owns_nice(const struct identity *by, const struct identity *of)
{
    return identity_owns(by, of) || identity_has(by, CAP_SYS_NICE);
}

bool identity_may_limit(const struct identity *by, const struct identity *of)
{
    return (all_are(by->uid.real, &of->uid) && all_are(by->gid.real, &of->gid)) ||
           identity_has(by, CAP_SYS_RESOURCE);
}

bool identity_may_look(const struct identity *by, const struct identity *of, bool dumpable)
{
    if (identity_has(by, CAP_SYS_PTRACE))
        return true;
    return all_are(by->uid.real, &of->uid) && all_are(by->gid.real, &of->gid) && dumpable &&
           is_part(of->caps.permitted, by->caps.permitted);
}
