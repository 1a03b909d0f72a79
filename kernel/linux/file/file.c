// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/file/file.h"
#include <asm/fcntl.h>
#include <linux/fs.h>

HEAP_DEFINE(file, struct file);

// Offsets are signed in the interface.
constexpr uint64_t OFFSET_MAX = INT64_MAX;

enum err file_make(const struct file_ops *ops, struct inode *i, struct entry *e, uint32_t flags,
                   struct file **out)
{
    struct file *f = file_new();
    if (f == nullptr)
        return ERR_NOMEM;
    refcount_init(&f->refs);
    f->ops = ops;
    f->inode = i;
    f->entry = e;
    f->flags = flags;
    *out = f;
    return ERR_OK;
}

void file_get(struct file *f) { refcount_get(&f->refs); }

void file_put(struct file *f)
{
    if (!refcount_put(&f->refs))
        return;
    if (f->ops->close != nullptr)
        f->ops->close(f);
    inode_put(f->inode);
    entry_put(f->entry);
    file_delete(f);
}

static uint32_t mode_of(const struct file *f)
{
    uint32_t flags = load_acquire(&f->flags);
    return (flags & O_PATH) != 0 ? (uint32_t)O_PATH : flags & O_ACCMODE;
}

bool file_may_read(const struct file *f) { return mode_of(f) == O_RDONLY || mode_of(f) == O_RDWR; }

bool file_may_write(const struct file *f) { return mode_of(f) == O_WRONLY || mode_of(f) == O_RDWR; }

static enum err check_read(const struct file *f)
{
    if (!file_may_read(f))
        return ERR_BADF;
    return f->inode->type == MODE_DIR ? ERR_ISDIR : f->ops->read == nullptr ? ERR_INVAL : ERR_OK;
}

static enum err check_write(const struct file *f)
{
    return !file_may_write(f) ? ERR_BADF : f->ops->write == nullptr ? ERR_INVAL : ERR_OK;
}

static enum err check_at(const struct file *f, uint64_t at, uint64_t len)
{
    if (!f->ops->seeks)
        return ERR_SPIPE;
    return at > OFFSET_MAX || len > OFFSET_MAX - at ? ERR_INVAL : ERR_OK;
}

enum err file_read(struct file *f, struct transfer *to, bool (*cancelled)(void))
{
    enum err err = check_read(f);
    if (err != ERR_OK)
        return err;
    if (!f->ops->seeks)
        return f->ops->read(f, 0, to, cancelled);
    file_lock(f);
    uint64_t done = to->done;
    err = f->ops->read(f, f->at, to, cancelled);
    f->at += to->done - done;
    file_unlock(f);
    return err;
}

enum err file_read_at(struct file *f, uint64_t at, struct transfer *to)
{
    enum err err = check_at(f, at, to->left);
    if (err == ERR_OK)
        err = check_read(f);
    return err == ERR_OK ? f->ops->read(f, at, to, nullptr) : err;
}

enum err file_write(struct file *f, struct transfer *from, bool (*cancelled)(void))
{
    uint64_t nowhere = 0;
    enum err err = check_write(f);
    if (err != ERR_OK)
        return err;
    if (!f->ops->seeks)
        return f->ops->write(f, &nowhere, from, cancelled);
    file_lock(f);
    uint64_t at = f->at, done = from->done;
    err = f->ops->write(f, &at, from, cancelled);
    if (from->done > done)
        f->at = at + (from->done - done);
    file_unlock(f);
    return err;
}

enum err file_write_at(struct file *f, uint64_t at, struct transfer *from)
{
    enum err err = check_at(f, at, from->left);
    if (err == ERR_OK)
        err = check_write(f);
    return err == ERR_OK ? f->ops->write(f, &at, from, nullptr) : err;
}

// Where a seek counts from. Holes are not told apart: all up to the end is data.
static enum err seek_base(struct file *f, uint32_t whence, int64_t by, int64_t *base)
    REQUIRES(lc_file)
{
    int64_t size = f->inode->type == MODE_FILE ? (int64_t)vm_object_size(f->inode->data) : 0;
    switch (whence) {
    case SEEK_SET:
        *base = 0;
        return ERR_OK;
    case SEEK_CUR:
        *base = (int64_t)f->at;
        return ERR_OK;
    case SEEK_END:
        *base = size;
        return ERR_OK;
    case SEEK_DATA:
    case SEEK_HOLE:
        if (f->inode->type != MODE_FILE)
            return ERR_INVAL;
        *base = whence == SEEK_DATA ? 0 : size - by;
        return by < 0 || by >= size ? ERR_NXIO : ERR_OK;
    }
    return ERR_INVAL;
}

enum err file_seek(struct file *f, int64_t by, uint32_t whence, uint64_t *at)
{
    int64_t base;
    if (!f->ops->seeks && f->inode->type != MODE_DIR)
        return ERR_SPIPE;
    file_lock(f);
    enum err err = seek_base(f, whence, by, &base);
    if (err == ERR_OK && by > INT64_MAX - base)
        err = ERR_OVERFLOW;
    if (err == ERR_OK && by < -base)
        err = ERR_INVAL;
    if (err == ERR_OK)
        *at = f->at = (uint64_t)(base + by);
    file_unlock(f);
    return err;
}
