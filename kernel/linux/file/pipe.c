// SPDX-License-Identifier: Apache-2.0
// A pipe's bytes lie in a ring of pages that come when they are first written to. lc_pipe (a
// sleeping lock) guards it: bytes are moved to and from programs under it, so that what is written
// at once stays together. Counts that waiting tasks look at are atomic.
#include "kernel/linux/file/pipe.h"
#include <asm/fcntl.h>

constexpr uint64_t RING_PAGES = PIPE_SIZE / PAGE_SIZE;

struct pipe {
    struct mutex lock;
    struct page *pages[RING_PAGES] GUARDED_BY(lc_pipe); // null: not yet. References
    uint64_t first GUARDED_BY(lc_pipe);                 // what is read next: of all bytes ever
    uint64_t used;                                      // atomic, changed under the lock
    uint32_t readers, writers;                          // atomic, changed under the lock
    uint32_t readings, writings;                        // atomic: how often it was opened for that
    struct waitq readable, writable, opened;
};
HEAP_DEFINE(pipe, struct pipe);
MUTEX_OPS(pipe, struct pipe, lock, lc_pipe)

static bool blocks(const struct file *f) { return (load_acquire(&f->flags) & O_NONBLOCK) == 0; }

// ---- bytes -------------------------------------------------------------------------------------

struct piece {
    uint8_t bytes[1024];
};

// How many of `want` bytes lie in one page of the ring at `at`, and in a piece.
static size_t piece_at(uint64_t at, uint64_t want)
{
    return min_u64(min_u64(PAGE_SIZE - (at & PAGE_MASK), sizeof(struct piece)), want);
}

static enum err take_out(struct pipe *p, struct transfer *to) REQUIRES(lc_pipe)
{
    struct piece piece;
    enum err err = ERR_OK;
    while (err == ERR_OK && p->used > 0 && to->left > 0) {
        size_t len = piece_at(p->first, min_u64(p->used, to->left));
        struct span bytes = span_sub(SPAN_OF(piece.bytes), 0, len);
        page_read(ELEM(p->pages, p->first / PAGE_SIZE % RING_PAGES), p->first & PAGE_MASK, bytes);
        err = transfer_put(to, span_const(bytes));
        if (err != ERR_OK)
            break;
        p->first += len;
        store_release(&p->used, p->used - len);
    }
    return err;
}

static enum err put_in(struct pipe *p, struct transfer *from) REQUIRES(lc_pipe)
{
    struct piece piece;
    enum err err = ERR_OK;
    while (err == ERR_OK && p->used < PIPE_SIZE && from->left > 0) {
        uint64_t at = p->first + p->used;
        size_t len = piece_at(at, min_u64(PIPE_SIZE - p->used, from->left));
        struct span bytes = span_sub(SPAN_OF(piece.bytes), 0, len);
        struct page **page = &ELEM(p->pages, at / PAGE_SIZE % RING_PAGES);
        if (*page == nullptr)
            err = page_alloc(PAGE_ZERO, page);
        if (err == ERR_OK)
            err = transfer_take(from, bytes, &len);
        if (err != ERR_OK)
            break;
        page_write(*page, at & PAGE_MASK, span_const(span_sub(bytes, 0, len)));
        store_release(&p->used, p->used + len);
    }
    return err;
}

// ---- reading and writing -----------------------------------------------------------------------

static bool has_bytes_or_end(const struct pipe *p)
{
    return load_acquire(&p->used) > 0 || load_acquire(&p->writers) == 0;
}

static enum err read_pipe(struct file *f, uint64_t, struct transfer *to, bool (*cancelled)(void))
{
    struct pipe *p = f->inode->pipe;
    struct wait_limits limits = {.cancelled = cancelled};
    enum err err = ERR_OK;
    while (err == ERR_OK && to->left > 0) {
        pipe_lock(p);
        bool empty = p->used == 0, end = p->writers == 0;
        err = take_out(p, to);
        pipe_unlock(p);
        if (to->done > 0)
            waitq_wake_all(&p->writable);
        if (to->done > 0 || end || err != ERR_OK || !empty)
            break;
        if (!blocks(f))
            return ERR_AGAIN;
        waitq_until_or(&p->readable, has_bytes_or_end(p), &limits, err);
    }
    return err;
}

// Few bytes are written all at once: there has to be room for all of them.
static uint64_t room_needed(const struct transfer *from)
{
    return from->done == 0 && from->left <= PIPE_WHOLE ? from->left : 1;
}

static bool has_room_or_end(const struct pipe *p, uint64_t need)
{
    return PIPE_SIZE - load_acquire(&p->used) >= need || load_acquire(&p->readers) == 0;
}

static enum err write_pipe(struct file *f, uint64_t *, struct transfer *from,
                           bool (*cancelled)(void))
{
    struct pipe *p = f->inode->pipe;
    struct wait_limits limits = {.cancelled = cancelled};
    enum err err = ERR_OK;
    while (err == ERR_OK && from->left > 0) {
        uint64_t need = room_needed(from), done = from->done;
        pipe_lock(p);
        if (p->readers == 0)
            err = ERR_PIPE;
        else if (PIPE_SIZE - p->used >= need)
            err = put_in(p, from);
        pipe_unlock(p);
        if (from->done > done)
            waitq_wake_all(&p->readable);
        if (err != ERR_OK || from->left == 0)
            break;
        if (!blocks(f))
            return ERR_AGAIN;
        waitq_until_or(&p->writable, has_room_or_end(p, room_needed(from)), &limits, err);
    }
    return err;
}

// ---- beginning and end -------------------------------------------------------------------------

static void free_pipe(struct pipe *p)
{
    pipe_lock(p);
    for (size_t i = 0; i < RING_PAGES; i++) {
        if (ELEM(p->pages, i) != nullptr)
            page_put(ELEM(p->pages, i));
    }
    pipe_unlock(p);
    pipe_delete(p);
}

// The inode's lock guards which pipe it has.
static void close_pipe(struct file *f)
{
    struct inode *i = f->inode;
    inode_write_lock(i);
    struct pipe *p = i->pipe;
    pipe_lock(p);
    if (file_may_read(f))
        store_release(&p->readers, p->readers - 1);
    if (file_may_write(f))
        store_release(&p->writers, p->writers - 1);
    bool last = p->readers == 0 && p->writers == 0;
    pipe_unlock(p);
    waitq_wake_all(&p->readable);
    waitq_wake_all(&p->writable);
    if (last) {
        i->pipe = nullptr;
        free_pipe(p);
    }
    inode_write_unlock(i);
}

static const struct file_ops pipe_ops = {read_pipe, write_pipe, close_pipe, false};

// The inode's pipe, which is opened for what the flags say. `*others`: how often it has been opened
// for the other side.
static enum err open_pipe(struct inode *i, uint32_t flags, struct pipe **out, uint32_t *others)
{
    uint32_t mode = flags & O_ACCMODE;
    enum err err = ERR_OK;
    inode_write_lock(i);
    if (i->pipe == nullptr && (i->pipe = pipe_new()) == nullptr)
        err = ERR_NOMEM;
    if (err == ERR_OK) {
        struct pipe *p = i->pipe;
        pipe_lock(p);
        if (mode != O_WRONLY) {
            store_release(&p->readers, p->readers + 1);
            store_release(&p->readings, p->readings + 1);
        }
        if (mode != O_RDONLY) {
            store_release(&p->writers, p->writers + 1);
            store_release(&p->writings, p->writings + 1);
        }
        *others = mode == O_RDONLY ? p->writings : p->readings;
        pipe_unlock(p);
        *out = p;
    }
    inode_write_unlock(i);
    return err;
}

enum err pipe_make(uint32_t flags, uint32_t uid, uint32_t gid, struct file **reader,
                   struct file **writer)
{
    struct inode_request r = {.mode = MODE_FIFO | 0600, .uid = uid, .gid = gid};
    struct inode *i;
    struct pipe *p;
    uint32_t others;
    enum err err = inode_create(&r, &i);
    if (err != ERR_OK)
        return err;
    err = open_pipe(i, O_RDONLY, &p, &others);
    if (err != ERR_OK)
        goto put_inode;
    err = file_make(&pipe_ops, i, nullptr, O_RDONLY | flags, reader);
    if (err != ERR_OK) {
        i->pipe = nullptr;
        free_pipe(p);
        goto put_inode;
    }
    // From here on closing the reader frees what there is.
    inode_get(i);
    err = file_make(&pipe_ops, i, nullptr, O_WRONLY | flags, writer);
    if (err != ERR_OK) {
        inode_put(i);
        file_put(*reader);
        return err;
    }
    return open_pipe(i, O_WRONLY, &p, &others);

put_inode:
    inode_put(i);
    return err;
}

uint64_t pipe_bytes(struct inode *i) { return load_acquire(&i->pipe->used); }

// ---- FIFOs -------------------------------------------------------------------------------------

// Takes back an opening that did not come to its end.
static void leave_fifo(struct inode *i, uint32_t flags)
{
    struct file f = {.inode = i, .flags = flags & O_ACCMODE};
    close_pipe(&f);
}

static bool is_met(const struct pipe *p, bool reads, uint32_t before)
{
    return reads ? load_acquire(&p->writings) != before || load_acquire(&p->writers) > 0
                 : load_acquire(&p->readings) != before || load_acquire(&p->readers) > 0;
}

// Who opens one side waits until the other has been opened since, even if that is closed again.
enum err pipe_open_fifo(struct inode *i, uint32_t flags, bool (*cancelled)(void),
                        const struct file_ops **ops)
{
    struct wait_limits limits = {.cancelled = cancelled};
    uint32_t mode = flags & O_ACCMODE, before;
    struct pipe *p;
    enum err err = open_pipe(i, flags, &p, &before);
    if (err != ERR_OK)
        return err;
    waitq_wake_all(&p->opened);
    *ops = &pipe_ops;
    bool reads = mode == O_RDONLY, waits = (flags & O_NONBLOCK) == 0;
    if (mode == O_RDWR || is_met(p, reads, before) || (reads && !waits))
        return ERR_OK;
    if (waits)
        waitq_until_or(&p->opened, is_met(p, reads, before), &limits, err);
    else
        err = ERR_NXIO;
    if (err != ERR_OK)
        leave_fifo(i, flags);
    return err;
}
