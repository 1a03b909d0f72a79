// SPDX-License-Identifier: Apache-2.0
// stat(2), statx(2), access(2), statfs(2): what files are.
#include "kernel/linux/syscall/path.h"
#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/kdev_t.h>
#include <linux/magic.h>
#include <linux/stat.h>

constexpr uint64_t HERE = (uint64_t)AT_FDCWD;

// All files are of one file system, which is no device's.
constexpr uint32_t DEVICE_MAJOR = 0, DEVICE_MINOR = 1;

constexpr uint64_t SECOND = 1'000'000'000, SECTORS_PER_PAGE = PAGE_SIZE / 512;

// The file that a descriptor refers to, with a reference.
static enum err inode_of(struct thread *t, uint64_t fd, struct inode **out)
{
    struct file *f;
    enum err err = descriptors_find(t->files, (uint32_t)fd, &f);
    if (err != ERR_OK)
        return err;
    inode_get(f->inode);
    *out = f->inode;
    file_put(f);
    return ERR_OK;
}

// ---- stat --------------------------------------------------------------------------------------

static uint64_t seconds(int64_t time) { return (uint64_t)time / SECOND; }
static uint64_t rest_of(int64_t time) { return (uint64_t)time % SECOND; }

static enum err write_stat(struct thread *t, struct inode *i, uint64_t to)
{
    struct inode_facts f = inode_facts(i);
    struct stat s = {
        .st_dev = MKDEV(DEVICE_MAJOR, DEVICE_MINOR),
        .st_ino = f.nr,
        .st_nlink = f.links,
        .st_mode = f.mode,
        .st_uid = f.uid,
        .st_gid = f.gid,
        .st_rdev = f.rdev,
        .st_size = (int64_t)f.size,
        .st_blksize = PAGE_SIZE,
        .st_blocks = (int64_t)(f.pages * SECTORS_PER_PAGE),
        .st_atime = seconds(f.times.accessed),
        .st_atime_nsec = rest_of(f.times.accessed),
        .st_mtime = seconds(f.times.modified),
        .st_mtime_nsec = rest_of(f.times.modified),
        .st_ctime = seconds(f.times.changed),
        .st_ctime_nsec = rest_of(f.times.changed),
    };
    inode_put(i);
    return mm_write(t->mm, (uaddr_t){to}, CSPAN_OF(s));
}

static sysret_t stat_at(struct thread *t, uint64_t dirfd, uint64_t path, uint64_t to,
                        uint64_t flags)
{
    struct inode *i;
    if ((flags & ~(uint64_t)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH)) != 0)
        return ERR_INVAL;
    enum err err = path_find_inode(t, dirfd, path, (flags & AT_SYMLINK_NOFOLLOW) == 0,
                                   (flags & AT_EMPTY_PATH) != 0, &i);
    return err == ERR_OK ? write_stat(t, i, to) : err;
}

sysret_t sys_stat(struct thread *t, const struct sys_args *a)
{
    return stat_at(t, HERE, a->arg[0], a->arg[1], 0);
}

sysret_t sys_lstat(struct thread *t, const struct sys_args *a)
{
    return stat_at(t, HERE, a->arg[0], a->arg[1], AT_SYMLINK_NOFOLLOW);
}

sysret_t sys_newfstatat(struct thread *t, const struct sys_args *a)
{
    return stat_at(t, a->arg[0], a->arg[1], a->arg[2], (uint32_t)a->arg[3]);
}

sysret_t sys_fstat(struct thread *t, const struct sys_args *a)
{
    struct inode *i;
    enum err err = inode_of(t, a->arg[0], &i);
    return err == ERR_OK ? write_stat(t, i, a->arg[1]) : err;
}

// ---- statx -------------------------------------------------------------------------------------

static struct statx_timestamp stamp(int64_t time)
{
    return (struct statx_timestamp){.tv_sec = (int64_t)seconds(time),
                                    .tv_nsec = (uint32_t)rest_of(time)};
}

sysret_t sys_statx(struct thread *t, const struct sys_args *a)
{
    constexpr uint64_t FLAGS =
        AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE;
    uint64_t flags = (uint32_t)a->arg[2];
    struct inode *i;
    if ((flags & ~FLAGS) != 0 || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
        (a->arg[3] & STATX__RESERVED) != 0)
        return ERR_INVAL;
    enum err err = path_find_inode(t, a->arg[0], a->arg[1], (flags & AT_SYMLINK_NOFOLLOW) == 0,
                                   (flags & AT_EMPTY_PATH) != 0, &i);
    if (err != ERR_OK)
        return err;
    struct inode_facts f = inode_facts(i);
    struct statx s = {
        .stx_mask = STATX_BASIC_STATS | STATX_BTIME,
        .stx_blksize = PAGE_SIZE,
        .stx_nlink = f.links,
        .stx_uid = f.uid,
        .stx_gid = f.gid,
        .stx_mode = (uint16_t)f.mode,
        .stx_ino = f.nr,
        .stx_size = f.size,
        .stx_blocks = f.pages * SECTORS_PER_PAGE,
        .stx_atime = stamp(f.times.accessed),
        .stx_btime = stamp(f.born),
        .stx_ctime = stamp(f.times.changed),
        .stx_mtime = stamp(f.times.modified),
        .stx_rdev_major = MAJOR(f.rdev),
        .stx_rdev_minor = MINOR(f.rdev),
        .stx_dev_major = DEVICE_MAJOR,
        .stx_dev_minor = DEVICE_MINOR,
    };
    inode_put(i);
    return mm_write(t->mm, (uaddr_t){a->arg[4]}, CSPAN_OF(s));
}

// ---- access ------------------------------------------------------------------------------------

// As the superuser may: everything, but to execute what nobody may.
static sysret_t access_at(struct thread *t, uint64_t dirfd, uint64_t path, uint64_t mode,
                          uint64_t flags)
{
    constexpr uint64_t EXECUTE = 1, ALL = 7,
                       FLAGS = AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;
    constexpr uint32_t SOMEBODY = 0111;
    struct inode *i;
    if ((mode & ~ALL) != 0 || (flags & ~FLAGS) != 0)
        return ERR_INVAL;
    enum err err = path_find_inode(t, dirfd, path, (flags & AT_SYMLINK_NOFOLLOW) == 0,
                                   (flags & AT_EMPTY_PATH) != 0, &i);
    if (err != ERR_OK)
        return err;
    bool runs = i->type == MODE_DIR || (inode_facts(i).mode & SOMEBODY) != 0;
    inode_put(i);
    return (mode & EXECUTE) != 0 && !runs ? ERR_ACCES : ERR_OK;
}

sysret_t sys_access(struct thread *t, const struct sys_args *a)
{
    return access_at(t, HERE, a->arg[0], (uint32_t)a->arg[1], 0);
}

sysret_t sys_faccessat(struct thread *t, const struct sys_args *a)
{
    return access_at(t, a->arg[0], a->arg[1], (uint32_t)a->arg[2], 0);
}

sysret_t sys_faccessat2(struct thread *t, const struct sys_args *a)
{
    return access_at(t, a->arg[0], a->arg[1], (uint32_t)a->arg[2], (uint32_t)a->arg[3]);
}

// ---- the file system ---------------------------------------------------------------------------

static enum err write_statfs(struct thread *t, struct inode *i, uint64_t to)
{
    struct pmm_stats memory = pmm_stats();
    struct statfs s = {
        .f_type = TMPFS_MAGIC,
        .f_bsize = PAGE_SIZE,
        .f_blocks = (int64_t)memory.total,
        .f_bfree = (int64_t)memory.free,
        .f_bavail = (int64_t)memory.free,
        .f_namelen = ENTRY_NAME_MAX,
        .f_frsize = PAGE_SIZE,
    };
    inode_put(i);
    return mm_write(t->mm, (uaddr_t){to}, CSPAN_OF(s));
}

sysret_t sys_statfs(struct thread *t, const struct sys_args *a)
{
    struct inode *i;
    enum err err = path_find_inode(t, HERE, a->arg[0], true, false, &i);
    return err == ERR_OK ? write_statfs(t, i, a->arg[1]) : err;
}

sysret_t sys_fstatfs(struct thread *t, const struct sys_args *a)
{
    struct inode *i;
    enum err err = inode_of(t, a->arg[0], &i);
    return err == ERR_OK ? write_statfs(t, i, a->arg[1]) : err;
}
