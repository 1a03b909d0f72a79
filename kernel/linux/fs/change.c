// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/fs/change.h"

static bool is_dir(const struct entry *e) { return entry_inode(e)->type == MODE_DIR; }

// A place where a name may be entered. `dir`: it is to be a directory's.
static enum err check_new(const struct walk_place *p, bool dir) REQUIRES_SHARED(lc_names)
{
    if (p->entry != nullptr)
        return ERR_EXIST;
    return (p->slash && !dir) || entry_is_gone(p->dir) ? ERR_NOENT : ERR_OK;
}

enum err change_add(const struct walk *w, struct inode *i)
{
    struct walk_place p;
    entries_write_lock(&entry_tree);
    enum err err = walk_to(w, &p);
    if (err == ERR_OK)
        err = check_new(&p, i->type == MODE_DIR);
    if (err == ERR_OK)
        err = entry_add(p.dir, p.name, i);
    entries_write_unlock(&entry_tree);
    return err;
}

static enum err make_at(const struct walk_place *p, const struct inode_request *r)
    REQUIRES(lc_names)
{
    struct inode *i;
    if (p->slash)
        return ERR_ISDIR;
    enum err err = inode_create(r, &i);
    if (err != ERR_OK)
        return err;
    err = entry_add(p->dir, p->name, i);
    inode_put(i);
    return err;
}

enum err change_find_or_make(const struct walk *w, const struct inode_request *r, bool only_new,
                             struct entry **entry, bool *made)
{
    struct walk_place p;
    *made = false;
    entries_write_lock(&entry_tree);
    enum err err = walk_to(w, &p);
    if (err == ERR_OK && p.entry != nullptr) {
        if (only_new)
            err = ERR_EXIST;
        else if (p.slash && !is_dir(p.entry))
            err = ERR_NOTDIR;
    } else if (err == ERR_OK) {
        err = make_at(&p, r);
        p.entry = err == ERR_OK ? entry_find(p.dir, p.name) : nullptr;
        *made = err == ERR_OK;
    }
    if (err == ERR_OK) {
        entry_get(p.entry);
        *entry = p.entry;
    }
    entries_write_unlock(&entry_tree);
    return err;
}

enum err change_link(struct inode *i, const struct walk *w)
{
    struct walk_place p;
    entries_write_lock(&entry_tree);
    enum err err = walk_to(w, &p);
    if (err == ERR_OK)
        err = check_new(&p, false);
    if (err == ERR_OK && i->type == MODE_DIR)
        err = ERR_PERM;
    if (err == ERR_OK && inode_facts(i).links == 0)
        err = ERR_NOENT; // one that has lost its last name stays without
    if (err == ERR_OK)
        err = entry_add(p.dir, p.name, i);
    entries_write_unlock(&entry_tree);
    return err;
}

enum err change_unlink(const struct walk *w)
{
    struct walk_place p;
    entries_write_lock(&entry_tree);
    enum err err = walk_to(w, &p);
    if (err == ERR_OK && p.entry == nullptr)
        err = ERR_NOENT;
    if (err == ERR_OK && (cspan_len(p.name) == 0 || is_dir(p.entry)))
        err = ERR_ISDIR;
    if (err == ERR_OK && p.slash)
        err = ERR_NOTDIR;
    if (err == ERR_OK)
        entry_remove(p.entry);
    entries_write_unlock(&entry_tree);
    return err;
}

// What is wrong with a path whose last component is no name.
static enum err rmdir_of_no_name(const struct walk *w, const struct walk_place *p)
    REQUIRES_SHARED(lc_names)
{
    size_t len = cspan_len(w->path);
    while (len > 1 && cspan_u8(w->path, len - 1) == '/')
        len--;
    if (p->entry == w->root && cspan_u8(w->path, len - 1) == '/')
        return ERR_BUSY;
    bool up = len >= 2 && cspan_u8(w->path, len - 2) == '.';
    return up ? ERR_NOTEMPTY : ERR_INVAL;
}

enum err change_rmdir(const struct walk *w)
{
    struct walk_place p;
    entries_write_lock(&entry_tree);
    enum err err = walk_to(w, &p);
    if (err == ERR_OK && cspan_len(p.name) == 0)
        err = rmdir_of_no_name(w, &p);
    if (err == ERR_OK && p.entry == nullptr)
        err = ERR_NOENT;
    if (err == ERR_OK && !is_dir(p.entry))
        err = ERR_NOTDIR;
    if (err == ERR_OK && entry_first(p.entry) != nullptr)
        err = ERR_NOTEMPTY;
    if (err == ERR_OK)
        entry_remove(p.entry);
    entries_write_unlock(&entry_tree);
    return err;
}

// ---- rename ------------------------------------------------------------------------------------

static enum err check_rename(const struct walk_place *from, const struct walk_place *to,
                             enum change_rename_kind kind) REQUIRES_SHARED(lc_names)
{
    if (cspan_len(from->name) == 0 || cspan_len(to->name) == 0)
        return ERR_BUSY;
    if (from->entry == nullptr)
        return ERR_NOENT;
    if (kind == RENAME_NEW && to->entry != nullptr)
        return ERR_EXIST;
    if ((kind == RENAME_SWAP && to->entry == nullptr) || entry_is_gone(to->dir))
        return ERR_NOENT;
    if (!is_dir(from->entry) && (from->slash || (to->slash && kind != RENAME_SWAP)))
        return ERR_NOTDIR;
    if (kind == RENAME_SWAP && to->slash && !is_dir(to->entry))
        return ERR_NOTDIR;
    // A directory does not go into itself, nor does what is replaced lie above.
    if (entry_is_below(to->dir, from->entry))
        return ERR_INVAL;
    if (to->entry != nullptr && entry_is_below(from->dir, to->entry))
        return kind == RENAME_SWAP ? ERR_INVAL : ERR_NOTEMPTY;
    return ERR_OK;
}

static enum err check_over(const struct entry *old, const struct entry *new)
    REQUIRES_SHARED(lc_names)
{
    if (is_dir(old))
        return !is_dir(new) ? ERR_NOTDIR : entry_first(new) != nullptr ? ERR_NOTEMPTY : ERR_OK;
    return is_dir(new) ? ERR_ISDIR : ERR_OK;
}

static enum err rename_to(const struct walk_place *from, const struct walk_place *to,
                          enum change_rename_kind kind) REQUIRES(lc_names)
{
    enum err err = check_rename(from, to, kind);
    if (err != ERR_OK)
        return err;
    if (kind == RENAME_SWAP) {
        if (from->entry != to->entry)
            entry_exchange(from->entry, to->entry);
        return ERR_OK;
    }
    if (to->entry != nullptr) {
        // Two names of one file stay as they are (rename(2)).
        if (entry_inode(to->entry) == entry_inode(from->entry))
            return ERR_OK;
        err = check_over(from->entry, to->entry);
        if (err != ERR_OK)
            return err;
        entry_remove(to->entry);
    }
    entry_move(from->entry, to->dir, to->name);
    return ERR_OK;
}

enum err change_rename(const struct walk *from, const struct walk *to, enum change_rename_kind kind)
{
    struct walk_place old, new;
    entries_write_lock(&entry_tree);
    enum err err = walk_to(from, &old);
    if (err == ERR_OK)
        err = walk_to(to, &new);
    if (err == ERR_OK)
        err = rename_to(&old, &new, kind);
    entries_write_unlock(&entry_tree);
    return err;
}
