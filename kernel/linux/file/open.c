// SPDX-License-Identifier: Apache-2.0
// open(2) of what has a name.
#include "kernel/linux/file/file.h"
#include "kernel/linux/file/pipe.h"
#include "kernel/linux/fs/change.h"
#include <asm/fcntl.h>

// ---- regular files -----------------------------------------------------------------------------

static enum err read_regular(struct file *f, uint64_t at, struct transfer *to, bool (*)(void))
{
    enum err err = inode_read(f->inode, at, to);
    if (to->done > 0 && (load_acquire(&f->flags) & O_NOATIME) == 0)
        inode_touch_accessed(f->inode);
    return err;
}

static enum err write_regular(struct file *f, uint64_t *at, struct transfer *from, bool (*)(void))
{
    return inode_write(f->inode, (load_acquire(&f->flags) & O_APPEND) != 0, at, from);
}

static void close_regular(struct file *f)
{
    if (file_may_write(f))
        inode_close_writing(f->inode);
}

static const struct file_ops regular = {read_regular, write_regular, close_regular, true};

// Directories, and what is open by name only.
static const struct file_ops nothing = {};

// ---- opening -----------------------------------------------------------------------------------

// What lasts of the flags (fcntl(2), F_GETFL).
constexpr uint32_t LASTING = O_ACCMODE | O_APPEND | O_NONBLOCK | O_DSYNC | __O_SYNC | O_DIRECTORY |
                             O_NOFOLLOW | O_NOATIME | O_PATH | O_LARGEFILE | FASYNC;

static bool writes(uint32_t flags) { return (flags & O_ACCMODE) != O_RDONLY; }

static enum err open_regular(struct inode *i, uint32_t flags, bool made,
                             const struct file_ops **ops)
{
    enum err err = writes(flags) ? inode_open_writing(i) : ERR_OK;
    if (err == ERR_OK && (flags & O_TRUNC) != 0 && !made)
        err = inode_truncate(i, 0);
    *ops = &regular;
    return err;
}

static enum err open_by_type(struct inode *i, const struct open_request *r, bool made,
                             const struct file_ops **ops)
{
    uint32_t flags = r->flags;
    switch (i->type) {
    case MODE_FILE:
        return open_regular(i, flags, made, ops);
    case MODE_DIR:
        *ops = &nothing;
        return writes(flags) || (flags & O_CREAT) != 0 ? ERR_ISDIR : ERR_OK;
    case MODE_CHAR:
        *ops = device_ops(i->rdev);
        return *ops == nullptr ? ERR_NXIO : ERR_OK;
    case MODE_FIFO:
        return pipe_open_fifo(i, flags, r->cancelled, ops);
    case MODE_LINK:
        return ERR_LOOP; // O_NOFOLLOW
    }
    return ERR_NXIO;
}

static enum err open_entry(struct entry *e, const struct open_request *r, bool made,
                           struct file **out)
{
    struct inode *i = entry_inode(e);
    const struct file_ops *ops = &nothing;
    enum err err = ERR_OK;
    if ((r->flags & O_DIRECTORY) != 0 && i->type != MODE_DIR)
        return ERR_NOTDIR;
    if ((r->flags & O_PATH) == 0)
        err = open_by_type(i, r, made, &ops);
    if (err != ERR_OK)
        return err;
    inode_get(i);
    err = file_make(ops, i, e, r->flags & LASTING, out);
    if (err != ERR_OK) {
        struct file none = {.inode = i, .flags = r->flags};
        if (ops->close != nullptr)
            ops->close(&none);
        inode_put(i);
    }
    return err;
}

enum err file_open(const struct open_request *r, struct file **out)
{
    struct entry *e;
    bool made = false, makes = (r->flags & (O_CREAT | O_PATH)) == O_CREAT;
    enum err err =
        makes ? change_find_or_make(&r->walk, &r->make, (r->flags & O_EXCL) != 0, &e, &made)
              : walk_find(&r->walk, &e);
    if (err != ERR_OK)
        return err;
    err = open_entry(e, r, made, out);
    if (err != ERR_OK)
        entry_put(e);
    return err;
}
