// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/fs/inode.h"

HEAP_DEFINE(inode, struct inode);

// The longest file: page indices and offsets stay far from where they would wrap.
constexpr uint64_t SIZE_MAX_OF_FILE = 1ull << 43;

// Of inode.writers: one execution. Writers count below.
constexpr uint32_t EXECUTING = 1u << 16;

static uint64_t last_nr; // atomic

static int64_t now(void) { return (int64_t)clock_real_ns(); }

enum err inode_create_over(const struct inode_request *r, struct cspan bytes, struct inode **out)
{
    struct inode *i = inode_new();
    enum err err = i != nullptr ? ERR_OK : ERR_NOMEM;
    if (err == ERR_OK && (r->mode & MODE_TYPE) == MODE_FILE)
        err = vm_object_create_over(bytes, &i->data);
    if (err != ERR_OK) {
        inode_delete(i);
        return err;
    }
    refcount_init(&i->refs);
    i->nr = atomic_add(&last_nr, 1) + 1;
    i->type = r->mode & MODE_TYPE;
    i->rdev = r->rdev;
    i->born = now();
    inode_write_lock(i);
    i->mode = r->mode & ~MODE_TYPE;
    i->uid = r->uid;
    i->gid = r->gid;
    i->times = (struct inode_times){i->born, i->born, i->born};
    inode_write_unlock(i);
    *out = i;
    return ERR_OK;
}

enum err inode_create(const struct inode_request *r, struct inode **out)
{
    return inode_create_over(r, (struct cspan){}, out);
}

enum err inode_create_link(const struct inode_request *r, struct cspan target, struct inode **out)
{
    struct inode *i;
    enum err err = inode_create(r, &i);
    if (err != ERR_OK)
        return err;
    i->target_len = cspan_len(target);
    struct span to = SPAN_OF(i->target.bytes);
    if (i->target_len > span_len(to)) {
        err = byte_array_resize(&i->long_target, i->target_len);
        if (err != ERR_OK) {
            inode_put(i);
            return err;
        }
        to = byte_array_span(&i->long_target);
    }
    span_copy(to, target);
    *out = i;
    return ERR_OK;
}

void inode_get(struct inode *i) { refcount_get(&i->refs); }

void inode_put(struct inode *i)
{
    if (!refcount_put(&i->refs))
        return;
    if (i->data != nullptr)
        vm_object_put(i->data);
    byte_array_free(&i->long_target);
    inode_delete(i);
}

struct cspan inode_target(const struct inode *i)
{
    return cspan_sub(i->target_len > sizeof(i->target.bytes)
                         ? span_const(byte_array_span(&i->long_target))
                         : CSPAN_OF(i->target.bytes),
                     0, i->target_len);
}

// ---- attributes --------------------------------------------------------------------------------

struct inode_facts inode_facts(struct inode *i)
{
    inode_read_lock(i);
    struct inode_facts f = {
        .nr = i->nr,
        .size = i->data != nullptr ? vm_object_size(i->data) : i->target_len,
        .pages = i->data != nullptr ? vm_object_pages(i->data) : 0,
        .mode = i->type | i->mode,
        .uid = i->uid,
        .gid = i->gid,
        .links = i->links,
        .rdev = i->rdev,
        .times = i->times,
        .born = i->born,
    };
    inode_read_unlock(i);
    return f;
}

// Not at every read: when it has been changed since the last one, or that is a day ago (mount(8),
// "relatime").
void inode_touch_accessed(struct inode *i)
{
    constexpr int64_t DAY = 86'400'000'000'000;
    int64_t time = now();
    inode_read_lock(i);
    struct inode_times t = i->times;
    inode_read_unlock(i);
    if (t.accessed > t.modified && t.accessed > t.changed && time - t.accessed < DAY)
        return;
    inode_write_lock(i);
    i->times.accessed = time;
    inode_write_unlock(i);
}

void inode_touch_changed(struct inode *i) { i->times.changed = now(); }

void inode_touch_modified(struct inode *i)
{
    i->times.modified = now();
    i->times.changed = i->times.modified;
}

// ---- contents ----------------------------------------------------------------------------------

struct piece {
    uint8_t bytes[1024];
};

// Bytes of one page of the file, where they are; else zeroes.
static enum err read_piece(struct inode *i, uint64_t at, size_t len, struct transfer *to)
{
    struct piece piece;
    struct page *page;
    enum err err = vm_object_peek(i->data, at >> PAGE_SHIFT, &page);
    if (err == ERR_NOENT)
        return transfer_put_zeroes(to, len);
    if (err != ERR_OK)
        return err;
    page_read(page, at & PAGE_MASK, span_sub(SPAN_OF(piece.bytes), 0, len));
    page_put(page);
    return transfer_put(to, cspan_sub(CSPAN_OF(piece.bytes), 0, len));
}

// How many bytes go at once: they lie in one page.
static size_t piece_len(uint64_t at, uint64_t left)
{
    return min_u64(min_u64(PAGE_SIZE - (at & PAGE_MASK), sizeof(struct piece)), left);
}

enum err inode_read(struct inode *i, uint64_t at, struct transfer *to)
{
    enum err err = ERR_OK;
    inode_read_lock(i);
    uint64_t size = vm_object_size(i->data);
    while (err == ERR_OK && to->left > 0 && at < size) {
        size_t len = piece_len(at, min_u64(to->left, size - at));
        err = read_piece(i, at, len, to);
        at += len;
    }
    inode_read_unlock(i);
    return err;
}

static enum err write_piece(struct inode *i, uint64_t at, size_t *len, struct transfer *from)
{
    struct piece piece;
    struct span bytes = span_sub(SPAN_OF(piece.bytes), 0, *len);
    struct page *page;
    enum err err = transfer_take(from, bytes, len);
    if (err != ERR_OK)
        return err;
    if (at + *len > vm_object_size(i->data))
        vm_object_resize(i->data, at + *len);
    err = vm_object_page(i->data, at >> PAGE_SHIFT, &page);
    if (err != ERR_OK) {
        transfer_uncount(from, *len);
        return err;
    }
    page_write(page, at & PAGE_MASK, span_const(span_sub(bytes, 0, *len)));
    page_put(page);
    return ERR_OK;
}

// Who writes loses set-user-ID and, where it may be executed, set-group-ID (write(2)).
static void drop_privilege_bits(struct inode *i) REQUIRES(lc_inode)
{
    i->mode &= ~MODE_SETUID;
    if ((i->mode & MODE_GROUP_EXEC) != 0)
        i->mode &= ~MODE_SETGID;
}

enum err inode_write(struct inode *i, bool append, uint64_t *at, struct transfer *from)
{
    enum err err = ERR_OK;
    inode_write_lock(i);
    if (append)
        *at = vm_object_size(i->data);
    if (from->left > 0 && *at >= SIZE_MAX_OF_FILE)
        err = ERR_FBIG;
    uint64_t end = *at + min_u64(from->left, SIZE_MAX_OF_FILE - min_u64(*at, SIZE_MAX_OF_FILE));
    for (uint64_t next = *at; err == ERR_OK && next < end;) {
        size_t len = piece_len(next, end - next);
        err = write_piece(i, next, &len, from);
        next += len;
    }
    if (from->done > 0) {
        inode_touch_modified(i);
        drop_privilege_bits(i);
    }
    inode_write_unlock(i);
    return err;
}

enum err inode_truncate(struct inode *i, uint64_t size)
{
    if (size > SIZE_MAX_OF_FILE)
        return ERR_FBIG;
    inode_write_lock(i);
    vm_object_resize(i->data, size);
    inode_touch_modified(i);
    drop_privilege_bits(i);
    inode_write_unlock(i);
    return ERR_OK;
}

// ---- writing or executing ----------------------------------------------------------------------

static enum err open_as(struct inode *i, uint32_t one, bool (*excluded)(uint32_t))
{
    uint32_t now_open = load_acquire(&i->writers);
    do {
        if (excluded(now_open))
            return ERR_TXTBSY;
    } while (!atomic_compare_swap(&i->writers, &now_open, now_open + one));
    return ERR_OK;
}

static bool is_executed(uint32_t writers) { return writers >= EXECUTING; }
static bool is_written(uint32_t writers) { return writers % EXECUTING != 0; }

enum err inode_open_writing(struct inode *i) { return open_as(i, 1, is_executed); }
void inode_close_writing(struct inode *i) { atomic_sub(&i->writers, 1); }
enum err inode_open_executing(struct inode *i) { return open_as(i, EXECUTING, is_written); }
void inode_close_executing(struct inode *i) { atomic_sub(&i->writers, EXECUTING); }
