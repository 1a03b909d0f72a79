// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/file/file.h"

// Of struct linux_dirent64: number, place, length, type, name. The older one has its type in its
// last byte, behind the name's zero (getdents(2)).
constexpr size_t NR_AT = 0, PLACE_AT = 8, LENGTH_AT = 16, TYPE_AT = 18, NAME_AT = 19,
                 OLD_NAME_AT = 18;

struct record {
    uint8_t bytes[NAME_AT + ENTRY_NAME_MAX + 1 + 8];
};

struct found {
    struct cspan name;
    uint64_t nr, place; // its own
    uint32_t type;
};

static size_t put_record(struct record *r, const struct found *f, uint64_t next_place, bool old)
{
    struct span all = SPAN_OF(r->bytes);
    size_t name_at = old ? OLD_NAME_AT : NAME_AT, name_len = cspan_len(f->name);
    size_t len = align_up(name_at + name_len + 1 + (old ? 1 : 0), 8);
    uint8_t type = (uint8_t)(f->type >> 12);
    span_fill(span_sub(all, 0, len), 0);
    span_put_u64(all, NR_AT, f->nr);
    span_put_u64(all, PLACE_AT, next_place);
    span_put_u16(all, LENGTH_AT, (uint16_t)len);
    span_put_u8(all, old ? len - 1 : TYPE_AT, type);
    span_copy(span_sub(all, name_at, name_len), f->name);
    return len;
}

// What is at or behind a place. False: nothing any more.
static bool find(struct entry *dir, uint64_t place, struct found *out) REQUIRES_SHARED(lc_names)
{
    struct entry *e = dir;
    if (place == 0) {
        out->name = SPAN_TEXT(".");
        out->place = 0;
    } else if (place == 1) {
        e = entry_parent(dir);
        out->name = SPAN_TEXT("..");
        out->place = 1;
    } else {
        e = entry_at_or_after(dir, place);
        if (e == nullptr)
            return false;
        out->name = entry_name(e);
        out->place = entry_place(e);
    }
    out->nr = entry_inode(e)->nr;
    out->type = entry_inode(e)->type;
    return true;
}

// One record is put together under the lock of names, and given out without.
enum err directory_read(struct file *f, bool old, struct transfer *to)
{
    struct record record;
    struct found found;
    enum err err = ERR_OK;
    if (f->inode->type != MODE_DIR || !file_may_read(f))
        return file_may_read(f) ? ERR_NOTDIR : ERR_BADF;
    file_lock(f);
    for (;;) {
        entries_read_lock(&entry_tree);
        bool gone = entry_is_gone(f->entry), more = !gone && find(f->entry, f->at, &found);
        size_t len = more ? put_record(&record, &found, found.place + 1, old) : 0;
        entries_read_unlock(&entry_tree);
        if (gone)
            err = ERR_NOENT;
        if (!more)
            break;
        if (len > to->left) {
            err = to->done == 0 ? ERR_INVAL : ERR_OK;
            break;
        }
        err = transfer_put(to, cspan_sub(CSPAN_OF(record.bytes), 0, len));
        if (err != ERR_OK)
            break;
        f->at = found.place + 1;
    }
    file_unlock(f);
    if (to->done > 0)
        inode_touch_accessed(f->inode);
    return err;
}
