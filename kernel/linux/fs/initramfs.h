// SPDX-License-Identifier: Apache-2.0
// The first files: those of an archive, and devices. Once each, before there are processes.
#pragma once
#include "kernel/linux/fs/entry.h"

C_BEGIN

// Enters what a cpio archive has, which lives as long as the kernel: later members replace earlier
// ones. ERR_INVAL: it is broken at byte `*at`; what was before that is there. ERR_NOMEM.
enum err initramfs_unpack(struct cspan archive, size_t *at);

// Enters a file under a path from the root, with the directories above it. Its reference stays the
// caller's. ERR_NOMEM. ERR_NOTDIR: one above is none.
enum err initramfs_enter(struct cspan path, struct inode *i);

C_END
