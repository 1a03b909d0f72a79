// SPDX-License-Identifier: Apache-2.0
// Paths that programs give (path_resolution(7)). The room's own.
#pragma once
#include "kernel/linux/file/descriptors.h"
#include "kernel/linux/syscall/sys.h"

C_BEGIN

struct path_text {
    uint8_t bytes[PATH_SIZE_MAX];
};

struct path {
    struct path_text *text; // its own
    size_t len;
    struct entry *root, *start; // references
    struct file *file;          // what the path begins at, if it is empty; null. A reference
};

// Reads a path from the program's memory. It begins at the working directory if `dirfd` is
// AT_FDCWD, else at a directory that is open. With `empty_is_fd` an empty path is what `dirfd`
// refers to. ERR_BADF, ERR_NOTDIR, ERR_NAMETOOLONG, ERR_NOENT (it is empty), ERR_FAULT, ERR_NOMEM.
enum err path_get(struct thread *t, uint64_t dirfd, uint64_t at, bool empty_is_fd,
                  struct path *out);
void path_put(struct path *p);

struct walk path_walk(const struct path *p, bool follow);

// The file that a path names, with a reference. Errors as walk_find.
enum err path_inode(const struct path *p, bool follow, struct inode **out);

// Both steps.
enum err path_find_inode(struct thread *t, uint64_t dirfd, uint64_t at, bool follow,
                         bool empty_is_fd, struct inode **out);

C_END
