// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/fs/initramfs.h"
#include "kernel/linux/fs/cpio.h"
#include <linux/kdev_t.h>

// A file that has more names in the archive.
struct linked {
    struct ttree_node node;
    uint64_t key;
    struct inode *inode; // a reference
};
HEAP_DEFINE(linked, struct linked);
TTREE_DEFINE(linked_files, struct linked, node, key);

static enum err make_dir(struct inode **out)
{
    static const struct inode_request dir = {.mode = MODE_DIR | 0755};
    return inode_create(&dir, out);
}

// The directory of this name, made if there is none.
static enum err enter_dir(struct entry **at, struct cspan name) REQUIRES(lc_names)
{
    struct entry *next = entry_find(*at, name);
    if (next == nullptr) {
        struct inode *i;
        enum err err = make_dir(&i);
        if (err == ERR_OK) {
            err = entry_add(*at, name, i);
            inode_put(i);
        }
        if (err != ERR_OK)
            return err;
        next = entry_find(*at, name);
    }
    *at = next;
    return entry_inode(next)->type == MODE_DIR ? ERR_OK : ERR_NOTDIR;
}

// What was there goes, unless both are directories: then that one stays.
static enum err enter_last(struct entry *dir, struct cspan name, struct inode *i) REQUIRES(lc_names)
{
    struct entry *old = entry_find(dir, name);
    if (old != nullptr) {
        if (entry_inode(old)->type == MODE_DIR)
            return i->type == MODE_DIR ? ERR_OK : ERR_EXIST;
        entry_remove(old);
    }
    return entry_add(dir, name, i);
}

static enum err enter(struct cspan path, struct inode *i) REQUIRES(lc_names)
{
    struct entry *at = entry_tree.root;
    struct cspan last = {};
    enum err err = ERR_OK;
    for (size_t from = 0; err == ERR_OK && from < cspan_len(path);) {
        struct cspan rest = cspan_sub(path, from, cspan_len(path) - from);
        struct cspan name = cspan_sub(rest, 0, cspan_find(rest, '/'));
        from += cspan_len(name) + 1;
        if (cspan_len(name) == 0 || cspan_equal(name, SPAN_TEXT(".")))
            continue;
        if (cspan_len(name) > ENTRY_NAME_MAX || cspan_equal(name, SPAN_TEXT("..")))
            return ERR_INVAL;
        if (cspan_len(last) > 0)
            err = enter_dir(&at, last);
        last = name;
    }
    // "." is the root, which is there.
    return err == ERR_OK && cspan_len(last) > 0 ? enter_last(at, last, i) : err;
}

enum err initramfs_enter(struct cspan path, struct inode *i)
{
    entries_write_lock(&entry_tree);
    enum err err = enter(path, i);
    entries_write_unlock(&entry_tree);
    return err;
}

// ---- archives ----------------------------------------------------------------------------------

static enum err make_file(const struct cpio_member *m, struct inode **out)
{
    struct inode_request r = {
        .mode = m->mode & (MODE_TYPE | MODE_BITS),
        .uid = m->uid,
        .gid = m->gid,
        .rdev = MKDEV(m->rdev_major, m->rdev_minor),
    };
    switch (m->mode & MODE_TYPE) {
    case MODE_LINK:
        return inode_create_link(&r, m->data, out);
    case MODE_FILE:
        return inode_create_over(&r, m->data, out);
    case MODE_DIR:
    case MODE_CHAR:
    case MODE_BLOCK:
    case MODE_FIFO:
    case MODE_SOCKET:
        return inode_create(&r, out);
    }
    return ERR_INVAL;
}

// Several names of one file have one number, and the last one has the bytes.
static enum err make_linked(struct linked_files *files, const struct cpio_member *m,
                            struct inode **out)
{
    uint64_t key = (uint64_t)MKDEV(m->dev_major, m->dev_minor) << 32 | m->ino;
    struct linked *l = linked_files_find(files, key);
    if (l == nullptr) {
        l = linked_new();
        if (l == nullptr)
            return ERR_NOMEM;
        enum err err = make_file(m, &l->inode);
        if (err != ERR_OK) {
            linked_delete(l);
            return err;
        }
        l->key = key;
        linked_files_insert(files, l);
    } else if (cspan_len(m->data) > 0) {
        struct transfer bytes = transfer_from(m->data);
        uint64_t at = 0;
        enum err err = inode_write(l->inode, false, &at, &bytes);
        if (err != ERR_OK)
            return err;
    }
    inode_get(l->inode);
    *out = l->inode;
    return ERR_OK;
}

static enum err enter_member(struct linked_files *files, const struct cpio_member *m)
{
    struct inode *i;
    bool linked = m->links > 1 && (m->mode & MODE_TYPE) == MODE_FILE;
    enum err err = linked ? make_linked(files, m, &i) : make_file(m, &i);
    if (err != ERR_OK)
        return err;
    inode_write_lock(i);
    int64_t time = (int64_t)m->mtime * 1'000'000'000;
    i->times = (struct inode_times){time, time, time};
    inode_write_unlock(i);
    err = initramfs_enter(m->name, i);
    inode_put(i);
    return err;
}

enum err initramfs_unpack(struct cspan archive, size_t *at)
{
    struct linked_files files = {};
    struct cpio_member m;
    enum err err;
    size_t next = 0;
    do {
        *at = next;
        err = cpio_next(archive, &next, &m);
        if (err == ERR_OK)
            err = enter_member(&files, &m);
    } while (err == ERR_OK);
    for (struct linked *l; (l = linked_files_first(&files)) != nullptr;) {
        linked_files_remove(&files, l);
        inode_put(l->inode);
        linked_delete(l);
    }
    return err == ERR_NOENT ? ERR_OK : err;
}
