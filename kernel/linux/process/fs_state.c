// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/process/fs_state.h"

// As the first process of Linux has it.
constexpr uint32_t UMASK = 0022;

HEAP_DEFINE(fs_state, struct fs_state);

static uint64_t serials; // atomic

enum err fs_state_make(struct fs_state *from, bool share, struct fs_state **out)
{
    if (share) {
        refcount_get(&from->refs);
        *out = from;
        return ERR_OK;
    }
    struct fs_state *s = fs_state_new();
    if (s == nullptr)
        return ERR_NOMEM;
    refcount_init(&s->refs);
    s->serial = atomic_add(&serials, 1);
    s->umask = from != nullptr ? load_acquire(&from->umask) : UMASK;
    *out = s;
    return ERR_OK;
}

void fs_state_put(struct fs_state *s)
{
    if (refcount_put(&s->refs))
        fs_state_delete(s);
}
