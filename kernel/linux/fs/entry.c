// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/fs/entry.h"

struct entry_text {
    uint8_t bytes[ENTRY_NAME_MAX];
    uint8_t len;
};

struct entry;
struct entry {
    struct refcount refs;     // one while it is in the tree
    struct inode *inode;      // constant, with a reference
    struct ttree_node naming; // in the parent's by_name
    struct ttree_node coming; // in the parent's by_place
    uint64_t hash, place;

    // lc_names
    struct entry *parent; // a reference; null: the root
    bool gone;
    struct entry_text name;
    struct entry_list *children; // of a directory
};
HEAP_DEFINE(entry, struct entry);
TTREE_DEFINE(by_name, struct entry, naming, hash);
TTREE_DEFINE(by_place, struct entry, coming, place);

struct entry_list {
    struct by_name by_name;
    struct by_place by_place;
    uint64_t last_place;
};
HEAP_DEFINE(entry_list, struct entry_list);

// The places of "." and "..".
constexpr uint64_t FIRST_PLACE = 3;

struct entry_tree entry_tree;

// FNV-1a (G. Fowler, L. Noll, K. Vo): names of one directory spread over the tree.
static uint64_t hash_of(struct cspan name)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < cspan_len(name); i++)
        hash = (hash ^ cspan_u8(name, i)) * 0x100000001b3;
    return hash;
}

static struct cspan name_of(const struct entry *e)
{
    return cspan_sub(CSPAN_OF(e->name.bytes), 0, e->name.len);
}

static void set_name(struct entry *e, struct cspan name)
{
    e->name.len = (uint8_t)span_copy(SPAN_OF(e->name.bytes), name);
    e->hash = hash_of(name);
}

static enum err make(struct inode *i, struct cspan name, struct entry **out)
{
    struct entry *e = entry_new();
    if (e == nullptr)
        return ERR_NOMEM;
    if (i->type == MODE_DIR && (e->children = entry_list_new()) == nullptr) {
        entry_delete(e);
        return ERR_NOMEM;
    }
    refcount_init(&e->refs);
    inode_get(i);
    e->inode = i;
    set_name(e, name);
    *out = e;
    return ERR_OK;
}

enum err entry_init(void)
{
    static const struct inode_request request = {.mode = MODE_DIR | 0755};
    struct inode *i;
    enum err err = inode_create(&request, &i);
    if (err != ERR_OK)
        return err;
    err = make(i, (struct cspan){}, &entry_tree.root);
    inode_write_lock(i);
    i->links = 2;
    inode_write_unlock(i);
    inode_put(i);
    return err;
}

struct entry *entry_root(void)
{
    entry_get(entry_tree.root);
    return entry_tree.root;
}

void entry_get(struct entry *e) { refcount_get(&e->refs); }

void entry_put(struct entry *e)
{
    while (e != nullptr && refcount_put(&e->refs)) {
        struct entry *parent = e->parent;
        inode_put(e->inode);
        entry_list_delete(e->children);
        entry_delete(e);
        e = parent;
    }
}

struct inode *entry_inode(const struct entry *e) { return e->inode; }
struct cspan entry_name(const struct entry *e) { return name_of(e); }
struct entry *entry_parent(struct entry *e) { return e->parent != nullptr ? e->parent : e; }
bool entry_is_gone(const struct entry *e) { return e->gone; }
uint64_t entry_place(const struct entry *e) { return e->place; }

bool entry_is_below(struct entry *e, struct entry *above)
{
    while (e != above && e->parent != nullptr)
        e = e->parent;
    return e == above;
}

// ---- looking up --------------------------------------------------------------------------------

struct entry *entry_find(const struct entry *dir, struct cspan name)
{
    uint64_t hash = hash_of(name);
    struct entry *e = by_name_find(&dir->children->by_name, hash);
    while (e != nullptr && e->hash == hash && !cspan_equal(name_of(e), name))
        e = by_name_next(e);
    return e != nullptr && e->hash == hash ? e : nullptr;
}

struct entry *entry_first(const struct entry *dir)
{
    return by_name_first(&dir->children->by_name);
}

struct entry *entry_at_or_after(const struct entry *dir, uint64_t place)
{
    return by_place_at_or_after(&dir->children->by_place, place);
}

// ---- changing ----------------------------------------------------------------------------------

// A directory's ".." is a link to the one above.
static void change_links(struct inode *i, int32_t by, bool modified)
{
    inode_write_lock(i);
    i->links += (uint32_t)by;
    if (modified)
        inode_touch_modified(i);
    else
        inode_touch_changed(i);
    inode_write_unlock(i);
}

static int32_t up_link(const struct entry *e) { return e->children != nullptr ? 1 : 0; }

static void put_in(struct entry *dir, struct entry *e) REQUIRES(lc_names)
{
    struct entry_list *list = dir->children;
    list->last_place = max_u64(list->last_place + 1, FIRST_PLACE);
    e->place = list->last_place;
    by_name_insert(&list->by_name, e);
    by_place_insert(&list->by_place, e);
    entry_get(dir);
    e->parent = dir;
    change_links(dir->inode, up_link(e), true);
}

// The reference to the directory that it was in stays to be put.
static void take_out(struct entry *e) REQUIRES(lc_names)
{
    by_name_remove(&e->parent->children->by_name, e);
    by_place_remove(&e->parent->children->by_place, e);
    change_links(e->parent->inode, -up_link(e), true);
}

enum err entry_add(struct entry *dir, struct cspan name, struct inode *i)
{
    struct entry *e;
    enum err err = make(i, name, &e);
    if (err != ERR_OK)
        return err;
    put_in(dir, e);
    // A directory is linked by its own "." too.
    change_links(i, 1 + up_link(e), false);
    return ERR_OK;
}

void entry_remove(struct entry *e)
{
    take_out(e);
    change_links(e->inode, -1 - up_link(e), false);
    e->gone = true;
    entry_put(e); // the tree's; the parent's stays with whoever has the entry
}

void entry_move(struct entry *e, struct entry *dir, struct cspan name)
{
    struct entry *before = e->parent;
    take_out(e);
    set_name(e, name);
    put_in(dir, e);
    entry_put(before);
    change_links(e->inode, 0, false);
}

void entry_exchange(struct entry *a, struct entry *b)
{
    struct entry_text name_of_a = a->name, name_of_b = b->name;
    struct entry *dir_of_a = a->parent, *dir_of_b = b->parent;
    take_out(a);
    take_out(b);
    set_name(a, cspan_sub(CSPAN_OF(name_of_b.bytes), 0, name_of_b.len));
    set_name(b, cspan_sub(CSPAN_OF(name_of_a.bytes), 0, name_of_a.len));
    put_in(dir_of_b, a);
    put_in(dir_of_a, b);
    entry_put(dir_of_a);
    entry_put(dir_of_b);
    change_links(a->inode, 0, false);
    change_links(b->inode, 0, false);
}

// ---- paths -------------------------------------------------------------------------------------

enum err entry_path(struct entry *e, struct entry *root, struct span to, size_t *len, bool *reached)
{
    enum err err = ERR_OK;
    size_t at = span_len(to);
    entries_read_lock(&entry_tree);
    struct entry *x = e;
    for (; err == ERR_OK && x != root && x->parent != nullptr; x = x->parent) {
        size_t need = x->name.len + 1u;
        if (x->gone)
            err = ERR_NOENT;
        else if (need > at)
            err = ERR_NAMETOOLONG;
        if (err != ERR_OK)
            break;
        at -= need;
        span_put_u8(to, at, '/');
        span_copy(span_sub(to, at + 1, x->name.len), name_of(x));
    }
    if (err == ERR_OK && x->gone)
        err = ERR_NOENT;
    if (err == ERR_OK && at == span_len(to) && at > 0)
        span_put_u8(to, --at, '/');
    if (reached != nullptr)
        *reached = x == root;
    entries_read_unlock(&entry_tree);
    *len = span_len(to) - at;
    return err;
}
