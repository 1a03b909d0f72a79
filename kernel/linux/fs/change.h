// SPDX-License-Identifier: Apache-2.0
// What changes the tree of names: open(2) with O_CREAT, mkdir(2), mknod(2), symlink(2), link(2),
// unlink(2), rmdir(2), rename(2). Errors are these pages'. Task context; may sleep. Takes lc_names.
#pragma once
#include "kernel/linux/fs/walk.h"

C_BEGIN

// Enters a new file, whose reference stays the caller's. ERR_EXIST: something is there.
enum err change_add(const struct walk *w, struct inode *i);

// Finds a file or, if there is none, makes a regular one. `*entry` is a reference; `*made`: it is
// new. With `only_new` ERR_EXIST if there is one.
enum err change_find_or_make(const struct walk *w, const struct inode_request *r, bool only_new,
                             struct entry **entry, bool *made);

// Another name for a file that is no directory; the reference stays the caller's.
enum err change_link(struct inode *i, const struct walk *w);

enum err change_unlink(const struct walk *w);
enum err change_rmdir(const struct walk *w);

enum change_rename_kind : int {
    RENAME_OVER, // what has the new name goes
    RENAME_NEW,  // nothing has it
    RENAME_SWAP, // both are there, and change places
};
enum err change_rename(const struct walk *from, const struct walk *to,
                       enum change_rename_kind kind);

C_END
