// SPDX-License-Identifier: Apache-2.0
// Reading cpio archives of the "newc" kind (cpio(5), "New ASCII Format"). The archive is untrusted:
// whatever it holds, what this hands out lies within it. Pure.
#pragma once
#include "kernel/frame/frame.h"

C_BEGIN

struct cpio_member {
    struct cspan name; // without its zero
    struct cspan data;
    uint32_t mode, uid, gid, links, mtime;
    uint32_t ino, dev_major, dev_minor, rdev_major, rdev_minor;
};

bool cpio_begins(struct cspan archive);

// The member at `*at`, which moves behind it. ERR_NOENT: there is none any more. ERR_INVAL: what is
// there is none. Several archives one behind the other are one.
enum err cpio_next(struct cspan archive, size_t *at, struct cpio_member *out);

C_END
