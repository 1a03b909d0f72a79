// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/syscall/path.h"
#include <linux/fcntl.h>

HEAP_DEFINE(path_text, struct path_text);

static enum err read_text(struct thread *t, uint64_t at, struct path *p)
{
    enum err err = mm_read_string(t->mm, (uaddr_t){at}, SPAN_OF(p->text->bytes), &p->len);
    return err == ERR_OVERFLOW ? ERR_NAMETOOLONG : err;
}

// Where a relative path, or an empty one, begins.
static enum err find_start(struct thread *t, uint64_t dirfd, struct path *p)
{
    bool absolute = p->len > 0 && cspan_u8(CSPAN_OF(p->text->bytes), 0) == '/';
    if (absolute || (int32_t)dirfd == AT_FDCWD) {
        p->start = places_working(t->places);
        return ERR_OK;
    }
    enum err err = descriptors_find(t->files, (uint32_t)dirfd, &p->file);
    if (err != ERR_OK)
        return err;
    if (p->len > 0 && (p->file->entry == nullptr || p->file->inode->type != MODE_DIR))
        return ERR_NOTDIR;
    if (p->file->entry != nullptr) {
        entry_get(p->file->entry);
        p->start = p->file->entry;
    }
    return ERR_OK;
}

enum err path_get(struct thread *t, uint64_t dirfd, uint64_t at, bool empty_is_fd, struct path *out)
{
    *out = (struct path){.text = path_text_new()};
    enum err err = out->text != nullptr ? read_text(t, at, out) : ERR_NOMEM;
    if (err == ERR_OK && out->len == 0 && !empty_is_fd)
        err = ERR_NOENT;
    if (err == ERR_OK)
        err = find_start(t, dirfd, out);
    if (err == ERR_OK)
        out->root = places_root(t->places);
    else
        path_put(out);
    return err;
}

void path_put(struct path *p)
{
    if (p->file != nullptr)
        file_put(p->file);
    entry_put(p->start);
    entry_put(p->root);
    path_text_delete(p->text);
}

struct walk path_walk(const struct path *p, bool follow)
{
    return (struct walk){
        .root = p->root,
        .start = p->start,
        .path = cspan_sub(CSPAN_OF(p->text->bytes), 0, p->len),
        .follow = follow,
    };
}

enum err path_inode(const struct path *p, bool follow, struct inode **out)
{
    struct entry *e;
    if (p->len == 0) {
        *out = p->file != nullptr ? p->file->inode : entry_inode(p->start);
        inode_get(*out);
        return ERR_OK;
    }
    struct walk walk = path_walk(p, follow);
    enum err err = walk_find(&walk, &e);
    if (err == ERR_OK) {
        *out = entry_inode(e);
        inode_get(*out);
        entry_put(e);
    }
    return err;
}

enum err path_find_inode(struct thread *t, uint64_t dirfd, uint64_t at, bool follow,
                         bool empty_is_fd, struct inode **out)
{
    struct path path;
    enum err err = path_get(t, dirfd, at, empty_is_fd, &path);
    if (err != ERR_OK)
        return err;
    err = path_inode(&path, follow, out);
    path_put(&path);
    return err;
}
