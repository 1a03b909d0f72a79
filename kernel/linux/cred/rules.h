// SPDX-License-Identifier: Apache-2.0
// The rules of credentials: which changes a thread may make to its own, and what it may do to
// others. Pure. There are no user namespaces: a capability is good for everything.
#pragma once
#include "kernel/linux/cred/cred.h"
#include <linux/capability.h>

C_BEGIN

constexpr uint64_t CAPS_ALL = (1ull << (CAP_LAST_CAP + 1)) - 1;

static inline uint64_t cap_bit(uint32_t cap) { return 1ull << cap; }
static inline bool cap_is_known(uint64_t cap) { return cap <= CAP_LAST_CAP; }

// Whether it can be used now: it is effective.
static inline bool identity_has(const struct identity *i, uint32_t cap)
{
    return (i->caps.effective & cap_bit(cap)) != 0;
}

// ---- changes -----------------------------------------------------------------------------------
// If one is refused, `*i` has undefined values: callers work on a copy.

// setuid(2) and setgid(2) (`wanted.effective`), setreuid(2) and setregid(2) (`real`, `effective`),
// setresuid(2) and setresgid(2) (`saved` too), setfsuid(2) and setfsgid(2) (`files`). ID_NONE is an
// identifier that stays, but an error for the first two. With a user's, capabilities change as
// capabilities(7) has it ("Effect of user ID changes on capabilities"). ERR_PERM. ERR_INVAL.
typedef enum err identity_rule(struct identity *i, struct cred_ids wanted);
identity_rule identity_set_uid, identity_set_reuid, identity_set_resuid, identity_set_fsuid;
identity_rule identity_set_gid, identity_set_regid, identity_set_resgid, identity_set_fsgid;

// capset(2): the effective, permitted and inheritable ones of `wanted`. ERR_PERM.
enum err identity_set_caps(struct identity *i, const struct cred_caps *wanted);

// Of prctl(2): PR_CAPBSET_DROP, PR_CAP_AMBIENT_RAISE, PR_SET_SECUREBITS, PR_SET_KEEPCAPS. ERR_PERM.
enum err identity_drop_bounding(struct identity *i, uint32_t cap);
enum err identity_raise_ambient(struct identity *i, uint32_t cap);
enum err identity_set_securebits(struct identity *i, uint64_t bits);
enum err identity_keep_caps(struct identity *i, bool keep);

// execve(2) of a file without identifiers or capabilities of its own (capabilities(7),
// "Transformation of capabilities during execve()"). True: the program is to be careful
// (AT_SECURE).
bool identity_exec(struct identity *i, bool no_new_privileges);

// Whether a process that was `from` has other rights as `to`, and so is not to be looked into any
// more by those that might before (prctl(2), PR_SET_DUMPABLE).
bool identity_is_other(const struct identity *from, const struct identity *to);

// ---- permissions -------------------------------------------------------------------------------

// A signal (kill(2)), but for those that all of a session, or of a process, may send.
bool identity_may_signal(const struct identity *by, const struct identity *to);

// Whose scheduling is changed (sched(7)): without CAP_SYS_NICE, and by setpriority(2).
bool identity_owns(const struct identity *by, const struct identity *of);
bool identity_owns_nice(const struct identity *by, const struct identity *of);

// Limits (prlimit(2)).
bool identity_may_limit(const struct identity *by, const struct identity *of);

// Looking into a process (ptrace(2), "Ptrace access mode checking", PTRACE_MODE_READ_REALCREDS).
bool identity_may_look(const struct identity *by, const struct identity *of, bool dumpable);

C_END
