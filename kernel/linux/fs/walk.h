// SPDX-License-Identifier: Apache-2.0
// From a path to an entry (path_resolution(7)).
#pragma once
#include "kernel/linux/fs/entry.h"

C_BEGIN

struct walk {
    struct entry *root, *start; // references stay the caller's
    struct cspan path;          // without a zero
    bool follow;                // the last component too, if it is a symbolic link
};

// Where a path leads: a name in a directory, and what is there. References stay the tree's.
struct walk_place {
    struct entry *dir;
    struct cspan name;   // of the last component, in the path or in a link's target; "." and ".."
                         // are none: then it is empty
    struct entry *entry; // null: there is none
    bool slash;          // something followed that makes it a directory
};

// Walks as far as the last component, which need not be there. ERR_NOENT: a component before it is
// not, or the path is empty. ERR_NOTDIR: one is no directory. ERR_LOOP: too many symbolic links.
// ERR_NAMETOOLONG.
enum err walk_to(const struct walk *w, struct walk_place *out) REQUIRES_SHARED(lc_names);

// The entry, which has to be there. ERR_NOTDIR: a slash follows what is no directory.
enum err walk_to_entry(const struct walk *w, struct entry **out) REQUIRES_SHARED(lc_names);

// The same with a reference.
enum err walk_find(const struct walk *w, struct entry **out);

C_END
