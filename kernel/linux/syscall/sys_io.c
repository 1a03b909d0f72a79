// SPDX-License-Identifier: Apache-2.0
// read(2), write(2), readv(2), pread(2) and their kin; lseek(2), ftruncate(2), getdents(2).
#include "kernel/linux/file/pipe.h"
#include "kernel/linux/process/signals.h"
#include "kernel/linux/syscall/path.h"
#include <asm/ioctls.h>
#include <asm/siginfo.h>
#include <linux/fcntl.h>

// What a transfer comes to: a call that a signal has ended is made again, and who writes where
// nobody reads is told by a signal too.
static sysret_t finish(struct thread *t, struct file *f, const struct transfer *x, enum err err)
{
    file_put(f);
    if (err == ERR_PIPE) {
        struct signal_info info = siginfo_sent(SIGPIPE, SI_USER, t->process->pid, 0);
        if (signal_send_thread(t, &info) != ERR_OK)
            log_debug("thread %lu: no memory for SIGPIPE", t->tid);
    }
    sysret_t result = transfer_result(x, err);
    return result == ERR_INTR ? (sysret_t)RESTART_CALL : result;
}

static enum err find(struct thread *t, uint64_t fd, struct file **f)
{
    return descriptors_find(t->files, (uint32_t)fd, f);
}

sysret_t sys_read(struct thread *t, const struct sys_args *a)
{
    struct transfer x = {};
    struct file *f;
    enum err err = find(t, a->arg[0], &f);
    if (err != ERR_OK)
        return err;
    err = !file_may_read(f) ? ERR_BADF : transfer_over(t->mm, a->arg[1], a->arg[2], &x);
    if (err == ERR_OK)
        err = file_read(f, &x, signal_is_due);
    return finish(t, f, &x, err);
}

sysret_t sys_write(struct thread *t, const struct sys_args *a)
{
    struct transfer x = {};
    struct file *f;
    enum err err = find(t, a->arg[0], &f);
    if (err != ERR_OK)
        return err;
    err = !file_may_write(f) ? ERR_BADF : transfer_over(t->mm, a->arg[1], a->arg[2], &x);
    if (err == ERR_OK)
        err = file_write(f, &x, signal_is_due);
    return finish(t, f, &x, err);
}

sysret_t sys_readv(struct thread *t, const struct sys_args *a)
{
    struct transfer x = {};
    struct file *f;
    enum err err = find(t, a->arg[0], &f);
    if (err != ERR_OK)
        return err;
    err = !file_may_read(f) ? ERR_BADF : transfer_over_parts(t->mm, a->arg[1], a->arg[2], &x);
    if (err == ERR_OK)
        err = file_read(f, &x, signal_is_due);
    return finish(t, f, &x, err);
}

sysret_t sys_writev(struct thread *t, const struct sys_args *a)
{
    struct transfer x = {};
    struct file *f;
    enum err err = find(t, a->arg[0], &f);
    if (err != ERR_OK)
        return err;
    err = !file_may_write(f) ? ERR_BADF : transfer_over_parts(t->mm, a->arg[1], a->arg[2], &x);
    if (err == ERR_OK)
        err = file_write(f, &x, signal_is_due);
    return finish(t, f, &x, err);
}

// ---- at a place --------------------------------------------------------------------------------

static enum err check_place(const struct file *f, uint64_t at)
{
    return (int64_t)at < 0 ? ERR_INVAL : !f->ops->seeks ? ERR_SPIPE : ERR_OK;
}

static sysret_t move_at(struct thread *t, const struct sys_args *a, bool parts, bool write)
{
    struct transfer x = {};
    struct file *f;
    enum err err = find(t, a->arg[0], &f);
    if (err != ERR_OK)
        return err;
    err = check_place(f, a->arg[3]);
    if (err == ERR_OK && !(write ? file_may_write(f) : file_may_read(f)))
        err = ERR_BADF;
    if (err == ERR_OK)
        err = parts ? transfer_over_parts(t->mm, a->arg[1], a->arg[2], &x)
                    : transfer_over(t->mm, a->arg[1], a->arg[2], &x);
    if (err == ERR_OK)
        err = write ? file_write_at(f, a->arg[3], &x) : file_read_at(f, a->arg[3], &x);
    return finish(t, f, &x, err);
}

sysret_t sys_pread64(struct thread *t, const struct sys_args *a)
{
    return move_at(t, a, false, false);
}

sysret_t sys_pwrite64(struct thread *t, const struct sys_args *a)
{
    return move_at(t, a, false, true);
}

sysret_t sys_preadv(struct thread *t, const struct sys_args *a)
{
    return move_at(t, a, true, false);
}

sysret_t sys_pwritev(struct thread *t, const struct sys_args *a)
{
    return move_at(t, a, true, true);
}

sysret_t sys_lseek(struct thread *t, const struct sys_args *a)
{
    struct file *f;
    uint64_t at;
    enum err err = find(t, a->arg[0], &f);
    if (err != ERR_OK)
        return err;
    err = (load_acquire(&f->flags) & O_PATH) != 0
              ? ERR_BADF
              : file_seek(f, (int64_t)a->arg[1], (uint32_t)a->arg[2], &at);
    file_put(f);
    return err == ERR_OK ? (sysret_t)at : err;
}

// ---- lengths -----------------------------------------------------------------------------------

sysret_t sys_ftruncate(struct thread *t, const struct sys_args *a)
{
    struct file *f;
    if ((int64_t)a->arg[1] < 0)
        return ERR_INVAL;
    enum err err = find(t, a->arg[0], &f);
    if (err != ERR_OK)
        return err;
    bool path_only = (load_acquire(&f->flags) & O_PATH) != 0;
    err = path_only                                           ? ERR_BADF
          : f->inode->type != MODE_FILE || !file_may_write(f) ? ERR_INVAL
                                                              : inode_truncate(f->inode, a->arg[1]);
    file_put(f);
    return err;
}

sysret_t sys_truncate(struct thread *t, const struct sys_args *a)
{
    struct inode *i;
    if ((int64_t)a->arg[1] < 0)
        return ERR_INVAL;
    enum err err = path_find_inode(t, (uint64_t)AT_FDCWD, a->arg[0], true, false, &i);
    if (err != ERR_OK)
        return err;
    err = i->type == MODE_DIR ? ERR_ISDIR : i->type != MODE_FILE ? ERR_INVAL : ERR_OK;
    if (err == ERR_OK)
        err = inode_open_writing(i);
    if (err == ERR_OK) {
        err = inode_truncate(i, a->arg[1]);
        inode_close_writing(i);
    }
    inode_put(i);
    return err;
}

// Nothing lies anywhere else than where it is.
sysret_t sys_fsync(struct thread *t, const struct sys_args *a)
{
    struct file *f;
    enum err err = find(t, a->arg[0], &f);
    if (err != ERR_OK)
        return err;
    bool path_only = (load_acquire(&f->flags) & O_PATH) != 0;
    bool stored = f->inode->type == MODE_FILE || f->inode->type == MODE_DIR;
    file_put(f);
    return path_only ? ERR_BADF : stored ? ERR_OK : ERR_INVAL;
}

sysret_t sys_fdatasync(struct thread *t, const struct sys_args *a) { return sys_fsync(t, a); }
sysret_t sys_sync(struct thread *, const struct sys_args *) { return ERR_OK; }

// ---- directories, and what else ----------------------------------------------------------------

static sysret_t get_entries(struct thread *t, const struct sys_args *a, bool old)
{
    struct transfer x = {};
    struct file *f;
    enum err err = find(t, a->arg[0], &f);
    if (err != ERR_OK)
        return err;
    err = transfer_over(t->mm, a->arg[1], (uint32_t)a->arg[2], &x);
    if (err == ERR_OK)
        err = directory_read(f, old, &x);
    return finish(t, f, &x, err);
}

sysret_t sys_getdents(struct thread *t, const struct sys_args *a)
{
    return get_entries(t, a, true);
}

sysret_t sys_getdents64(struct thread *t, const struct sys_args *a)
{
    return get_entries(t, a, false);
}

// How much there is to read (ioctl_tty(2), FIONREAD).
static enum err bytes_to_read(struct thread *t, struct file *f, uint64_t at)
{
    int32_t count;
    if (f->inode->type == MODE_FIFO) {
        count = (int32_t)pipe_bytes(f->inode);
    } else if (f->inode->type == MODE_FILE) {
        uint64_t size = vm_object_size(f->inode->data);
        file_lock(f);
        count = (int32_t)(size - min_u64(size, f->at));
        file_unlock(f);
    } else {
        return ERR_NOTTY;
    }
    return mm_write(t->mm, (uaddr_t){at}, CSPAN_OF(count));
}

static enum err set_blocking(struct thread *t, struct file *f, uint64_t at)
{
    int32_t on;
    enum err err = mm_read(t->mm, (uaddr_t){at}, SPAN_OF(on));
    if (err != ERR_OK)
        return err;
    if (on != 0)
        atomic_or(&f->flags, (uint32_t)O_NONBLOCK);
    else
        atomic_and(&f->flags, ~(uint32_t)O_NONBLOCK);
    return ERR_OK;
}

sysret_t sys_ioctl(struct thread *t, const struct sys_args *a)
{
    struct file *f;
    enum err err = find(t, a->arg[0], &f);
    if (err != ERR_OK)
        return err;
    bool path_only = (load_acquire(&f->flags) & O_PATH) != 0;
    switch (path_only ? 0 : (uint32_t)a->arg[1]) {
    case FIONREAD:
        err = bytes_to_read(t, f, a->arg[2]);
        break;
    case FIONBIO:
        err = set_blocking(t, f, a->arg[2]);
        break;
    case FIOCLEX:
    case FIONCLEX:
        err = descriptors_set_cloexec(t->files, (uint32_t)a->arg[0], a->arg[1] == FIOCLEX);
        break;
    default:
        err = path_only ? ERR_BADF : ERR_NOTTY;
    }
    file_put(f);
    return err;
}
