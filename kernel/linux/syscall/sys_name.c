// SPDX-License-Identifier: Apache-2.0
// Names: mkdir(2), unlink(2), rename(2), link(2), symlink(2), mknod(2), chdir(2) and the like.
#include "kernel/linux/fs/change.h"
#include "kernel/linux/syscall/path.h"
#include <linux/fcntl.h>
#include <linux/fs.h>

constexpr uint64_t HERE = (uint64_t)AT_FDCWD;

// ---- new ones ----------------------------------------------------------------------------------

static enum err add(struct thread *t, uint64_t dirfd, uint64_t at, struct inode *i)
{
    struct path path;
    enum err err = path_get(t, dirfd, at, false, &path);
    if (err != ERR_OK)
        return err;
    struct walk walk = path_walk(&path, false);
    err = change_add(&walk, i);
    path_put(&path);
    return err;
}

static enum err make(struct thread *t, uint64_t dirfd, uint64_t at, uint32_t type, uint64_t mode,
                     uint64_t rdev)
{
    struct inode_request r = {
        .mode = type | ((uint32_t)mode & MODE_BITS & ~places_umask(t->places)),
        .rdev = (uint32_t)rdev,
    };
    struct inode *i;
    enum err err = inode_create(&r, &i);
    if (err != ERR_OK)
        return err;
    err = add(t, dirfd, at, i);
    inode_put(i);
    return err;
}

sysret_t sys_mkdir(struct thread *t, const struct sys_args *a)
{
    return make(t, HERE, a->arg[0], MODE_DIR, a->arg[1] & 01777, 0);
}

sysret_t sys_mkdirat(struct thread *t, const struct sys_args *a)
{
    return make(t, a->arg[0], a->arg[1], MODE_DIR, a->arg[2] & 01777, 0);
}

static sysret_t make_node(struct thread *t, uint64_t dirfd, uint64_t at, uint64_t mode,
                          uint64_t rdev)
{
    switch (mode & MODE_TYPE) {
    case 0:
    case MODE_FILE:
        return make(t, dirfd, at, MODE_FILE, mode, 0);
    case MODE_CHAR:
    case MODE_BLOCK:
        return make(t, dirfd, at, (uint32_t)mode & MODE_TYPE, mode, rdev);
    case MODE_FIFO:
    case MODE_SOCKET:
        return make(t, dirfd, at, (uint32_t)mode & MODE_TYPE, mode, 0);
    case MODE_DIR:
        return ERR_PERM;
    }
    return ERR_INVAL;
}

sysret_t sys_mknod(struct thread *t, const struct sys_args *a)
{
    return make_node(t, HERE, a->arg[0], a->arg[1], a->arg[2]);
}

sysret_t sys_mknodat(struct thread *t, const struct sys_args *a)
{
    return make_node(t, a->arg[0], a->arg[1], a->arg[2], a->arg[3]);
}

static sysret_t make_link(struct thread *t, uint64_t target_at, uint64_t dirfd, uint64_t at)
{
    static const struct inode_request r = {.mode = MODE_LINK | 0777};
    struct path target;
    struct inode *i;
    enum err err = path_get(t, HERE, target_at, false, &target);
    if (err != ERR_OK)
        return err;
    err = inode_create_link(&r, cspan_sub(CSPAN_OF(target.text->bytes), 0, target.len), &i);
    if (err == ERR_OK) {
        err = add(t, dirfd, at, i);
        inode_put(i);
    }
    path_put(&target);
    return err;
}

sysret_t sys_symlink(struct thread *t, const struct sys_args *a)
{
    return make_link(t, a->arg[0], HERE, a->arg[1]);
}

sysret_t sys_symlinkat(struct thread *t, const struct sys_args *a)
{
    return make_link(t, a->arg[0], a->arg[1], a->arg[2]);
}

static sysret_t link_at(struct thread *t, uint64_t from_fd, uint64_t from, uint64_t to_fd,
                        uint64_t to, uint64_t flags)
{
    struct inode *i;
    struct path path;
    if ((flags & ~(uint64_t)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) != 0)
        return ERR_INVAL;
    enum err err = path_find_inode(t, from_fd, from, (flags & AT_SYMLINK_FOLLOW) != 0,
                                   (flags & AT_EMPTY_PATH) != 0, &i);
    if (err != ERR_OK)
        return err;
    err = path_get(t, to_fd, to, false, &path);
    if (err == ERR_OK) {
        struct walk walk = path_walk(&path, false);
        err = change_link(i, &walk);
        path_put(&path);
    }
    inode_put(i);
    return err;
}

sysret_t sys_link(struct thread *t, const struct sys_args *a)
{
    return link_at(t, HERE, a->arg[0], HERE, a->arg[1], 0);
}

sysret_t sys_linkat(struct thread *t, const struct sys_args *a)
{
    return link_at(t, a->arg[0], a->arg[1], a->arg[2], a->arg[3], (uint32_t)a->arg[4]);
}

// ---- names that go -----------------------------------------------------------------------------

static sysret_t remove_at(struct thread *t, uint64_t dirfd, uint64_t at, bool dir)
{
    struct path path;
    enum err err = path_get(t, dirfd, at, false, &path);
    if (err != ERR_OK)
        return err;
    struct walk walk = path_walk(&path, false);
    err = dir ? change_rmdir(&walk) : change_unlink(&walk);
    path_put(&path);
    return err;
}

sysret_t sys_unlink(struct thread *t, const struct sys_args *a)
{
    return remove_at(t, HERE, a->arg[0], false);
}

sysret_t sys_rmdir(struct thread *t, const struct sys_args *a)
{
    return remove_at(t, HERE, a->arg[0], true);
}

sysret_t sys_unlinkat(struct thread *t, const struct sys_args *a)
{
    uint32_t flags = (uint32_t)a->arg[2];
    if ((flags & ~(uint32_t)AT_REMOVEDIR) != 0)
        return ERR_INVAL;
    return remove_at(t, a->arg[0], a->arg[1], flags != 0);
}

static sysret_t rename_at(struct thread *t, const struct sys_args *a, uint32_t flags)
{
    struct path from, to;
    if ((flags & ~(uint32_t)(RENAME_NOREPLACE | RENAME_EXCHANGE)) != 0 ||
        flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
        return ERR_INVAL;
    enum err err = path_get(t, a->arg[0], a->arg[1], false, &from);
    if (err != ERR_OK)
        return err;
    err = path_get(t, a->arg[2], a->arg[3], false, &to);
    if (err == ERR_OK) {
        struct walk old = path_walk(&from, false), new = path_walk(&to, false);
        err = change_rename(&old, &new,
                            flags == RENAME_NOREPLACE  ? RENAME_NEW
                            : flags == RENAME_EXCHANGE ? RENAME_SWAP
                                                       : RENAME_OVER);
        path_put(&to);
    }
    path_put(&from);
    return err;
}

sysret_t sys_rename(struct thread *t, const struct sys_args *a)
{
    struct sys_args all = {{HERE, a->arg[0], HERE, a->arg[1]}};
    return rename_at(t, &all, 0);
}

sysret_t sys_renameat(struct thread *t, const struct sys_args *a) { return rename_at(t, a, 0); }

sysret_t sys_renameat2(struct thread *t, const struct sys_args *a)
{
    return rename_at(t, a, (uint32_t)a->arg[4]);
}

// ---- links and directories ---------------------------------------------------------------------

static sysret_t read_link(struct thread *t, uint64_t dirfd, uint64_t path, uint64_t to,
                          uint64_t size)
{
    struct inode *i;
    if ((int32_t)size <= 0)
        return ERR_INVAL;
    enum err err = path_find_inode(t, dirfd, path, false, true, &i);
    if (err != ERR_OK)
        return err;
    size_t len = i->type == MODE_LINK ? min_u64((uint32_t)size, i->target_len) : 0;
    err = i->type == MODE_LINK ? mm_write(t->mm, (uaddr_t){to}, cspan_sub(inode_target(i), 0, len))
                               : ERR_INVAL;
    inode_put(i);
    return err == ERR_OK ? (sysret_t)len : err;
}

sysret_t sys_readlink(struct thread *t, const struct sys_args *a)
{
    return read_link(t, HERE, a->arg[0], a->arg[1], a->arg[2]);
}

sysret_t sys_readlinkat(struct thread *t, const struct sys_args *a)
{
    return read_link(t, a->arg[0], a->arg[1], a->arg[2], a->arg[3]);
}

static enum err find_dir(struct thread *t, uint64_t at, struct entry **out)
{
    struct path path;
    enum err err = path_get(t, HERE, at, false, &path);
    if (err != ERR_OK)
        return err;
    struct walk walk = path_walk(&path, true);
    err = walk_find(&walk, out);
    path_put(&path);
    if (err == ERR_OK && entry_inode(*out)->type != MODE_DIR) {
        entry_put(*out);
        err = ERR_NOTDIR;
    }
    return err;
}

sysret_t sys_chdir(struct thread *t, const struct sys_args *a)
{
    struct entry *dir;
    enum err err = find_dir(t, a->arg[0], &dir);
    if (err == ERR_OK)
        places_set_working(t->places, dir);
    return err;
}

sysret_t sys_chroot(struct thread *t, const struct sys_args *a)
{
    struct entry *dir;
    enum err err = find_dir(t, a->arg[0], &dir);
    if (err == ERR_OK)
        places_set_root(t->places, dir);
    return err;
}

sysret_t sys_fchdir(struct thread *t, const struct sys_args *a)
{
    struct file *f;
    enum err err = descriptors_find(t->files, (uint32_t)a->arg[0], &f);
    if (err != ERR_OK)
        return err;
    if (f->inode->type == MODE_DIR) {
        entry_get(f->entry);
        places_set_working(t->places, f->entry);
    } else {
        err = ERR_NOTDIR;
    }
    file_put(f);
    return err;
}

// A working directory that the root is not above is told apart (getcwd(3)).
static enum err working_path(struct thread *t, struct path_text *text, size_t *len)
{
    struct entry *root = places_root(t->places), *working = places_working(t->places);
    struct span all = SPAN_OF(text->bytes), path = span_sub(all, 0, span_len(all) - 1);
    bool reached;
    enum err err = entry_path(working, root, path, len, &reached);
    if (err == ERR_OK && !reached) {
        struct cspan mark = SPAN_TEXT("(unreachable)");
        size_t start = span_len(path) - *len;
        if (start < cspan_len(mark))
            err = ERR_NAMETOOLONG;
        else
            *len += span_copy(span_sub(path, start - cspan_len(mark), cspan_len(mark)), mark);
    }
    span_put_u8(all, span_len(all) - 1, 0);
    entry_put(working);
    entry_put(root);
    return err;
}

HEAP_DEFINE(cwd_text, struct path_text);

sysret_t sys_getcwd(struct thread *t, const struct sys_args *a)
{
    struct path_text *text = cwd_text_new();
    size_t len;
    if (text == nullptr)
        return ERR_NOMEM;
    enum err err = working_path(t, text, &len);
    len++; // with its zero
    if (err == ERR_OK && len > a->arg[1])
        err = ERR_RANGE;
    if (err == ERR_OK)
        err = mm_write(t->mm, (uaddr_t){a->arg[0]},
                       cspan_sub(CSPAN_OF(text->bytes), sizeof(text->bytes) - len, len));
    cwd_text_delete(text);
    return err == ERR_OK ? (sysret_t)len : err;
}
