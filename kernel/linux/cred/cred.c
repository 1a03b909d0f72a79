// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/cred/cred.h"
#include "kernel/linux/cred/rules.h"

HEAP_DEFINE(cred, struct cred);

static struct cred *make(const struct identity *is, struct groups *groups)
{
    struct cred *c = cred_new();
    if (c == nullptr)
        return nullptr;
    refcount_init(&c->refs);
    // Part by part: all at once would be an instruction that services may not have.
    c->is.uid = is->uid;
    c->is.gid = is->gid;
    c->is.caps = is->caps;
    c->is.securebits = is->securebits;
    c->groups = groups;
    if (groups != nullptr)
        groups_get(groups);
    return c;
}

enum err cred_make_first(struct cred **out)
{
    struct identity root = {
        .caps = {.permitted = CAPS_ALL, .effective = CAPS_ALL, .bounding = CAPS_ALL}};
    *out = make(&root, nullptr);
    return *out != nullptr ? ERR_OK : ERR_NOMEM;
}

enum err cred_copy(const struct cred *from, struct cred **out)
{
    *out = make(&from->is, from->groups);
    return *out != nullptr ? ERR_OK : ERR_NOMEM;
}

void cred_get(struct cred *c) { refcount_get(&c->refs); }

void cred_put(struct cred *c)
{
    if (!refcount_put(&c->refs))
        return;
    if (c->groups != nullptr)
        groups_put(c->groups);
    cred_delete(c);
}

bool cred_is_in_group(const struct cred *c, uint32_t gid)
{
    return gid == c->is.gid.files || groups_have(c->groups, gid);
}
