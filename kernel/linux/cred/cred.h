// SPDX-License-Identifier: Apache-2.0
// Credentials (credentials(7), capabilities(7)): who a thread is, and what it may do for that. They
// do not change once they are a thread's: who wants others makes a copy.
//
// Any context that may use the heap; nothing here sleeps.
#pragma once
#include "kernel/frame/frame.h"
#include "kernel/linux/cred/groups.h"

C_BEGIN

// An identifier that nobody has: (uid_t)-1.
constexpr uint32_t ID_NONE = UINT32_MAX;

// Identifiers of a user, or of a group. Root's are 0.
struct cred_ids {
    uint32_t real, effective, saved;
    uint32_t files; // for access to files: as `effective`, unless setfsuid(2) has set it
};

// Sets of capabilities: bit n is capability n.
struct cred_caps {
    uint64_t permitted, effective, inheritable, bounding, ambient;
};

// All but the groups: what rules go by (rules.h).
struct identity {
    struct cred_ids uid, gid;
    struct cred_caps caps;
    uint32_t securebits; // SECBIT_NOROOT and so on
};

struct cred {
    struct refcount refs;
    struct identity is;
    struct groups *groups; // a reference; null: none
};

// The first process's: root with every capability. With one reference. ERR_NOMEM.
enum err cred_make_first(struct cred **out);

// A copy that its maker may change until it is a thread's. With one reference. ERR_NOMEM.
enum err cred_copy(const struct cred *from, struct cred **out);

void cred_get(struct cred *c);
void cred_put(struct cred *c);

// Whether a file's group is its own, or one of its supplementary ones.
bool cred_is_in_group(const struct cred *c, uint32_t gid);

C_END
