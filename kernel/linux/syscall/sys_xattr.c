// SPDX-License-Identifier: Apache-2.0
// Extended attributes (xattr(7)): files have none, and can be given none.
#include "kernel/linux/syscall/path.h"
#include <linux/fcntl.h>

// What a call about a file's attributes comes to, once the file is found.
static sysret_t of_path(struct thread *t, uint64_t path, bool follow, sysret_t result)
{
    struct inode *i;
    enum err err = path_find_inode(t, (uint64_t)AT_FDCWD, path, follow, false, &i);
    if (err != ERR_OK)
        return err;
    inode_put(i);
    return result;
}

static sysret_t of_descriptor(struct thread *t, uint64_t fd, sysret_t result)
{
    struct file *f;
    enum err err = descriptors_find(t->files, (uint32_t)fd, &f);
    if (err != ERR_OK)
        return err;
    bool path_only = (load_acquire(&f->flags) & O_PATH) != 0;
    file_put(f);
    return path_only ? ERR_BADF : result;
}

sysret_t sys_setxattr(struct thread *t, const struct sys_args *a)
{
    return of_path(t, a->arg[0], true, ERR_OPNOTSUPP);
}

sysret_t sys_lsetxattr(struct thread *t, const struct sys_args *a)
{
    return of_path(t, a->arg[0], false, ERR_OPNOTSUPP);
}

sysret_t sys_fsetxattr(struct thread *t, const struct sys_args *a)
{
    return of_descriptor(t, a->arg[0], ERR_OPNOTSUPP);
}

sysret_t sys_getxattr(struct thread *t, const struct sys_args *a)
{
    return of_path(t, a->arg[0], true, ERR_OPNOTSUPP);
}

sysret_t sys_lgetxattr(struct thread *t, const struct sys_args *a)
{
    return of_path(t, a->arg[0], false, ERR_OPNOTSUPP);
}

sysret_t sys_fgetxattr(struct thread *t, const struct sys_args *a)
{
    return of_descriptor(t, a->arg[0], ERR_OPNOTSUPP);
}

// A list without any takes no room.
sysret_t sys_listxattr(struct thread *t, const struct sys_args *a)
{
    return of_path(t, a->arg[0], true, 0);
}

sysret_t sys_llistxattr(struct thread *t, const struct sys_args *a)
{
    return of_path(t, a->arg[0], false, 0);
}

sysret_t sys_flistxattr(struct thread *t, const struct sys_args *a)
{
    return of_descriptor(t, a->arg[0], 0);
}

sysret_t sys_removexattr(struct thread *t, const struct sys_args *a)
{
    return of_path(t, a->arg[0], true, ERR_OPNOTSUPP);
}

sysret_t sys_lremovexattr(struct thread *t, const struct sys_args *a)
{
    return of_path(t, a->arg[0], false, ERR_OPNOTSUPP);
}

sysret_t sys_fremovexattr(struct thread *t, const struct sys_args *a)
{
    return of_descriptor(t, a->arg[0], ERR_OPNOTSUPP);
}
