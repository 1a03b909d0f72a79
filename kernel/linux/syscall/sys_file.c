// SPDX-License-Identifier: Apache-2.0
// open(2), close(2), dup(2), fcntl(2), pipe(2): descriptors.
#include "kernel/linux/file/pipe.h"
#include "kernel/linux/process/limits.h"
#include "kernel/linux/process/signals.h"
#include "kernel/linux/syscall/path.h"
#include <asm/resource.h>
#include <linux/close_range.h>
#include <linux/fcntl.h>

// How many descriptors a process may have: numbers are below.
static uint64_t limit_of_files(struct thread *t)
{
    return limit_of(t->process, RLIMIT_NOFILE).soft;
}

static sysret_t add(struct thread *t, struct file *f, bool cloexec, uint64_t from)
{
    uint32_t fd;
    enum err err = descriptors_add(t->files, f, cloexec, from, limit_of_files(t), &fd);
    if (err != ERR_OK) {
        file_put(f);
        return err;
    }
    return (sysret_t)fd;
}

// ---- opening -----------------------------------------------------------------------------------

// What there is; open(2) drops what it does not know.
constexpr uint64_t OPEN_KNOWN = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND |
                                O_NONBLOCK | O_DSYNC | __O_SYNC | O_LARGEFILE | O_DIRECTORY |
                                O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH;

// Flags that are something else than was asked for are refused.
static enum err check_open(uint64_t flags, uint64_t mode)
{
    if ((flags & (FASYNC | O_DIRECT | __O_TMPFILE)) != 0)
        return (flags & __O_TMPFILE) != 0 ? ERR_OPNOTSUPP : ERR_INVAL;
    if ((flags & O_CREAT) != 0 && (flags & O_DIRECTORY) != 0 && (flags & O_PATH) == 0)
        return ERR_INVAL;
    return (mode & ~(uint64_t)MODE_BITS) != 0 ? ERR_INVAL : ERR_OK;
}

static sysret_t open_at(struct thread *t, uint64_t dirfd, uint64_t at, uint64_t flags,
                        uint64_t mode)
{
    struct path path;
    struct file *f;
    enum err err = check_open(flags, mode);
    if (err == ERR_OK)
        err = path_get(t, dirfd, at, false, &path);
    if (err != ERR_OK)
        return err;
    bool exclusive = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
    struct open_request r = {
        .walk = path_walk(&path, (flags & O_NOFOLLOW) == 0 && !exclusive),
        .flags = (uint32_t)(flags & OPEN_KNOWN),
        .make = {.mode = MODE_FILE | ((uint32_t)mode & ~places_umask(t->places))},
        .cancelled = signal_is_due,
    };
    if ((flags & O_PATH) != 0)
        r.flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    err = file_open(&r, &f);
    path_put(&path);
    if (err == ERR_INTR)
        return RESTART_CALL;
    return err == ERR_OK ? add(t, f, (flags & O_CLOEXEC) != 0, 0) : err;
}

sysret_t sys_open(struct thread *t, const struct sys_args *a)
{
    uint64_t flags = a->arg[1] & (OPEN_KNOWN | FASYNC | O_DIRECT | __O_TMPFILE);
    return open_at(t, (uint64_t)AT_FDCWD, a->arg[0], flags, a->arg[2] & MODE_BITS);
}

sysret_t sys_openat(struct thread *t, const struct sys_args *a)
{
    uint64_t flags = a->arg[2] & (OPEN_KNOWN | FASYNC | O_DIRECT | __O_TMPFILE);
    return open_at(t, a->arg[0], a->arg[1], flags, a->arg[3] & MODE_BITS);
}

sysret_t sys_creat(struct thread *t, const struct sys_args *a)
{
    return open_at(t, (uint64_t)AT_FDCWD, a->arg[0], O_CREAT | O_WRONLY | O_TRUNC,
                   a->arg[1] & MODE_BITS);
}

// ---- numbers -----------------------------------------------------------------------------------

sysret_t sys_close(struct thread *t, const struct sys_args *a)
{
    return descriptors_close(t->files, (uint32_t)a->arg[0]);
}

sysret_t sys_close_range(struct thread *t, const struct sys_args *a)
{
    uint32_t first = (uint32_t)a->arg[0], last = (uint32_t)a->arg[1], flags = (uint32_t)a->arg[2];
    if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) != 0 || first > last)
        return ERR_INVAL;
    if ((flags & CLOSE_RANGE_UNSHARE) != 0 && descriptors_are_shared(t->files)) {
        struct descriptors *own;
        enum err err = descriptors_copy(t->files, &own);
        if (err != ERR_OK)
            return err;
        descriptors_put(t->files);
        t->files = own;
    }
    if ((flags & CLOSE_RANGE_CLOEXEC) != 0)
        descriptors_mark_range(t->files, first, last);
    else
        descriptors_close_range(t->files, first, last);
    return ERR_OK;
}

static sysret_t dup_from(struct thread *t, uint64_t fd, bool cloexec, uint64_t from)
{
    struct file *f;
    enum err err = descriptors_find(t->files, (uint32_t)fd, &f);
    return err == ERR_OK ? add(t, f, cloexec, from) : err;
}

static sysret_t dup_to(struct thread *t, uint64_t from, uint64_t to, bool cloexec)
{
    struct file *f;
    enum err err = descriptors_find(t->files, (uint32_t)from, &f);
    if (err != ERR_OK)
        return err;
    err = descriptors_replace(t->files, f, cloexec, (uint32_t)to, limit_of_files(t));
    if (err != ERR_OK) {
        file_put(f);
        return err;
    }
    return (sysret_t)(uint32_t)to;
}

sysret_t sys_dup(struct thread *t, const struct sys_args *a)
{
    return dup_from(t, a->arg[0], false, 0);
}

sysret_t sys_dup2(struct thread *t, const struct sys_args *a)
{
    struct file *f;
    if ((uint32_t)a->arg[0] != (uint32_t)a->arg[1])
        return dup_to(t, a->arg[0], a->arg[1], false);
    enum err err = descriptors_find(t->files, (uint32_t)a->arg[0], &f);
    if (err != ERR_OK)
        return err;
    file_put(f);
    return (sysret_t)(uint32_t)a->arg[1];
}

sysret_t sys_dup3(struct thread *t, const struct sys_args *a)
{
    if ((a->arg[2] & ~(uint64_t)O_CLOEXEC) != 0 || (uint32_t)a->arg[0] == (uint32_t)a->arg[1])
        return ERR_INVAL;
    return dup_to(t, a->arg[0], a->arg[1], (a->arg[2] & O_CLOEXEC) != 0);
}

// ---- fcntl -------------------------------------------------------------------------------------

// What F_SETFL changes.
constexpr uint32_t FLAGS_SET = O_APPEND | O_NONBLOCK | O_NOATIME;

static sysret_t set_flags(struct file *f, uint64_t flags)
{
    if ((flags & (FASYNC | O_DIRECT)) != 0)
        return ERR_INVAL;
    uint32_t now = load_acquire(&f->flags);
    while (
        !atomic_compare_swap(&f->flags, &now, (now & ~FLAGS_SET) | ((uint32_t)flags & FLAGS_SET)))
        ;
    return ERR_OK;
}

static sysret_t dup_by_fcntl(struct thread *t, const struct sys_args *a, bool cloexec)
{
    if ((uint32_t)a->arg[2] >= limit_of_files(t))
        return ERR_INVAL;
    return dup_from(t, a->arg[0], cloexec, (uint32_t)a->arg[2]);
}

static sysret_t control(struct thread *t, struct file *f, const struct sys_args *a)
{
    uint32_t fd = (uint32_t)a->arg[0], command = (uint32_t)a->arg[1];
    bool cloexec = false, path_only = (load_acquire(&f->flags) & O_PATH) != 0;
    enum err err;
    switch (command) {
    case F_DUPFD:
        return dup_by_fcntl(t, a, false);
    case F_DUPFD_CLOEXEC:
        return dup_by_fcntl(t, a, true);
    case F_GETFD:
        err = descriptors_get_cloexec(t->files, fd, &cloexec);
        return err == ERR_OK ? (cloexec ? FD_CLOEXEC : 0) : err;
    case F_SETFD:
        return descriptors_set_cloexec(t->files, fd, (a->arg[2] & FD_CLOEXEC) != 0);
    case F_GETFL:
        return load_acquire(&f->flags);
    case F_SETFL:
        return path_only ? ERR_BADF : set_flags(f, a->arg[2]);
    case F_GETPIPE_SZ:
        return path_only ? ERR_BADF : f->inode->type == MODE_FIFO ? (sysret_t)PIPE_SIZE : ERR_BADF;
    }
    return path_only ? ERR_BADF : ERR_INVAL;
}

sysret_t sys_fcntl(struct thread *t, const struct sys_args *a)
{
    struct file *f;
    enum err err = descriptors_find(t->files, (uint32_t)a->arg[0], &f);
    if (err != ERR_OK)
        return err;
    sysret_t result = control(t, f, a);
    file_put(f);
    return result;
}

// ---- pipes -------------------------------------------------------------------------------------

static sysret_t make_pipe(struct thread *t, uint64_t at, uint64_t flags)
{
    struct file *reader, *writer;
    bool cloexec = (flags & O_CLOEXEC) != 0;
    if ((flags & ~(uint64_t)(O_CLOEXEC | O_NONBLOCK)) != 0)
        return ERR_INVAL;
    enum err err = pipe_make((uint32_t)flags & O_NONBLOCK, 0, 0, &reader, &writer);
    if (err != ERR_OK)
        return err;
    sysret_t read_fd = add(t, reader, cloexec, 0);
    if (read_fd < 0) {
        file_put(writer);
        return read_fd;
    }
    sysret_t write_fd = add(t, writer, cloexec, 0);
    int32_t both[2] = {(int32_t)read_fd, (int32_t)write_fd};
    if (write_fd >= 0)
        err = mm_write(t->mm, (uaddr_t){at}, CSPAN_OF(both));
    if (write_fd >= 0 && err == ERR_OK)
        return ERR_OK;
    // Somebody else may have closed them meanwhile.
    if (descriptors_close(t->files, (uint64_t)read_fd) != ERR_OK)
        log_debug("descriptor %ld is gone", read_fd);
    if (write_fd < 0)
        return write_fd;
    if (descriptors_close(t->files, (uint64_t)write_fd) != ERR_OK)
        log_debug("descriptor %ld is gone", write_fd);
    return err;
}

sysret_t sys_pipe(struct thread *t, const struct sys_args *a) { return make_pipe(t, a->arg[0], 0); }

sysret_t sys_pipe2(struct thread *t, const struct sys_args *a)
{
    return make_pipe(t, a->arg[0], a->arg[1]);
}
