// SPDX-License-Identifier: Apache-2.0
// chmod(2), chown(2), utimensat(2), umask(2): attributes of files.
#include "kernel/linux/syscall/path.h"
#include "kernel/linux/syscall/timespec.h"
#include <linux/fcntl.h>

constexpr uint64_t HERE = (uint64_t)AT_FDCWD;

// What a descriptor refers to that is not only a path, with a reference.
static enum err inode_of(struct thread *t, uint64_t fd, struct inode **out)
{
    struct file *f;
    enum err err = descriptors_find(t->files, (uint32_t)fd, &f);
    if (err != ERR_OK)
        return err;
    if ((load_acquire(&f->flags) & O_PATH) != 0) {
        err = ERR_BADF;
    } else {
        inode_get(f->inode);
        *out = f->inode;
    }
    file_put(f);
    return err;
}

sysret_t sys_umask(struct thread *t, const struct sys_args *a)
{
    return places_set_umask(t->places, (uint32_t)a->arg[0]);
}

// ---- permissions -------------------------------------------------------------------------------

// Takes over the reference.
static enum err set_mode(struct inode *i, uint64_t mode)
{
    enum err err = i->type == MODE_LINK ? ERR_OPNOTSUPP : ERR_OK;
    if (err == ERR_OK) {
        inode_write_lock(i);
        i->mode = (uint32_t)mode & MODE_BITS;
        inode_touch_changed(i);
        inode_write_unlock(i);
    }
    inode_put(i);
    return err;
}

static sysret_t chmod_at(struct thread *t, uint64_t dirfd, uint64_t path, uint64_t mode,
                         uint64_t flags)
{
    struct inode *i;
    if ((flags & ~(uint64_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
        return ERR_INVAL;
    enum err err = path_find_inode(t, dirfd, path, (flags & AT_SYMLINK_NOFOLLOW) == 0,
                                   (flags & AT_EMPTY_PATH) != 0, &i);
    return err == ERR_OK ? set_mode(i, mode) : err;
}

sysret_t sys_chmod(struct thread *t, const struct sys_args *a)
{
    return chmod_at(t, HERE, a->arg[0], a->arg[1], 0);
}

sysret_t sys_fchmodat(struct thread *t, const struct sys_args *a)
{
    return chmod_at(t, a->arg[0], a->arg[1], a->arg[2], 0);
}

sysret_t sys_fchmod(struct thread *t, const struct sys_args *a)
{
    struct inode *i;
    enum err err = inode_of(t, a->arg[0], &i);
    return err == ERR_OK ? set_mode(i, a->arg[1]) : err;
}

// ---- owners ------------------------------------------------------------------------------------

// -1 leaves one as it is. Takes over the reference.
static enum err set_owner(struct inode *i, uint32_t uid, uint32_t gid)
{
    inode_write_lock(i);
    if (uid != UINT32_MAX)
        i->uid = uid;
    if (gid != UINT32_MAX)
        i->gid = gid;
    // Nobody's program becomes another's with its rights (chown(2)).
    if (i->type != MODE_DIR) {
        i->mode &= ~MODE_SETUID;
        if ((i->mode & MODE_GROUP_EXEC) != 0)
            i->mode &= ~MODE_SETGID;
    }
    inode_touch_changed(i);
    inode_write_unlock(i);
    inode_put(i);
    return ERR_OK;
}

static sysret_t chown_at(struct thread *t, uint64_t dirfd, uint64_t path, uint64_t uid,
                         uint64_t gid, uint64_t flags)
{
    struct inode *i;
    if ((flags & ~(uint64_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
        return ERR_INVAL;
    enum err err = path_find_inode(t, dirfd, path, (flags & AT_SYMLINK_NOFOLLOW) == 0,
                                   (flags & AT_EMPTY_PATH) != 0, &i);
    return err == ERR_OK ? set_owner(i, (uint32_t)uid, (uint32_t)gid) : err;
}

sysret_t sys_chown(struct thread *t, const struct sys_args *a)
{
    return chown_at(t, HERE, a->arg[0], a->arg[1], a->arg[2], 0);
}

sysret_t sys_lchown(struct thread *t, const struct sys_args *a)
{
    return chown_at(t, HERE, a->arg[0], a->arg[1], a->arg[2], AT_SYMLINK_NOFOLLOW);
}

sysret_t sys_fchownat(struct thread *t, const struct sys_args *a)
{
    return chown_at(t, a->arg[0], a->arg[1], a->arg[2], a->arg[3], (uint32_t)a->arg[4]);
}

sysret_t sys_fchown(struct thread *t, const struct sys_args *a)
{
    struct inode *i;
    enum err err = inode_of(t, a->arg[0], &i);
    return err == ERR_OK ? set_owner(i, (uint32_t)a->arg[1], (uint32_t)a->arg[2]) : err;
}

// ---- times -------------------------------------------------------------------------------------

// Of utimensat(2).
constexpr int64_t UTIME_NOW = (1l << 30) - 1, UTIME_OMIT = (1l << 30) - 2;

struct two_times {
    struct __kernel_timespec accessed, modified;
};

// A time that is given, or now, or as it was.
static enum err pick_time(const struct __kernel_timespec *given, int64_t now, int64_t *time)
{
    constexpr int64_t SECOND = 1'000'000'000, LAST = INT64_MAX / SECOND - 1;
    if (given->tv_nsec == UTIME_OMIT)
        return ERR_OK;
    if (given->tv_nsec == UTIME_NOW) {
        *time = now;
        return ERR_OK;
    }
    if (given->tv_nsec < 0 || given->tv_nsec >= SECOND)
        return ERR_INVAL;
    int64_t s = given->tv_sec < -LAST ? -LAST : given->tv_sec > LAST ? LAST : given->tv_sec;
    *time = s * SECOND + given->tv_nsec;
    return ERR_OK;
}

// Takes over the reference.
static enum err set_times(struct inode *i, const struct two_times *new)
{
    int64_t now = (int64_t)clock_real_ns();
    inode_write_lock(i);
    struct inode_times times = i->times;
    enum err err = pick_time(&new->accessed, now, &times.accessed);
    if (err == ERR_OK)
        err = pick_time(&new->modified, now, &times.modified);
    bool nothing = new->accessed.tv_nsec == UTIME_OMIT &&new->modified.tv_nsec == UTIME_OMIT;
    if (err == ERR_OK && !nothing) {
        i->times = times;
        inode_touch_changed(i);
    }
    inode_write_unlock(i);
    inode_put(i);
    return err;
}

sysret_t sys_utimensat(struct thread *t, const struct sys_args *a)
{
    struct two_times new = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
    uint64_t flags = (uint32_t)a->arg[3];
    struct inode *i;
    enum err err = ERR_OK;
    if ((flags & ~(uint64_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
        return ERR_INVAL;
    if (a->arg[2] != 0)
        err = mm_read(t->mm, (uaddr_t){a->arg[2]}, SPAN_OF(new));
    if (err != ERR_OK)
        return err;
    // Without a path it is what the descriptor refers to (utimensat(2), "C library/kernel ABI").
    err = a->arg[1] == 0 && (int32_t)a->arg[0] != AT_FDCWD
              ? (flags != 0 ? ERR_INVAL : inode_of(t, a->arg[0], &i))
              : path_find_inode(t, a->arg[0], a->arg[1], (flags & AT_SYMLINK_NOFOLLOW) == 0,
                                (flags & AT_EMPTY_PATH) != 0, &i);
    return err == ERR_OK ? set_times(i, &new) : err;
}
