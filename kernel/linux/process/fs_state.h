// SPDX-License-Identifier: Apache-2.0
// What a thread goes by when it names and makes files; several may have it together (CLONE_FS).
#pragma once
#include "kernel/frame/frame.h"

C_BEGIN

struct fs_state {
    struct refcount refs;
    uint64_t serial; // its own number; constant
    uint32_t umask;  // permissions that new files do not get (umask(2)); atomic
};

// That of `from`, or a copy of it; null: as the first process has it. ERR_NOMEM.
enum err fs_state_make(struct fs_state *from, bool share, struct fs_state **out);
void fs_state_put(struct fs_state *s);

C_END
