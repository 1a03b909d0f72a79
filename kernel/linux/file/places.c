// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/file/descriptors.h"

constexpr uint32_t UMASK_FIRST = 022;

struct places {
    struct refcount refs;
    uint64_t serial; // constant
    struct spinlock lock;
    struct entry *root GUARDED_BY(lc_files), *working GUARDED_BY(lc_files); // references
    uint32_t umask GUARDED_BY(lc_files);
};
HEAP_DEFINE(places, struct places);
SPINLOCK_OPS(places, struct places, lock, lc_files)

static uint64_t serials; // atomic

uint64_t places_serial(const struct places *p) { return p->serial; }

static enum err make(struct entry *root, struct entry *working, uint32_t umask, struct places **out)
{
    struct places *p = places_new();
    if (p == nullptr) {
        entry_put(root);
        entry_put(working);
        return ERR_NOMEM;
    }
    refcount_init(&p->refs);
    p->serial = atomic_add(&serials, 1);
    places_lock(p);
    p->root = root;
    p->working = working;
    p->umask = umask;
    places_unlock(p);
    *out = p;
    return ERR_OK;
}

enum err places_create(struct places **out)
{
    return make(entry_root(), entry_root(), UMASK_FIRST, out);
}

enum err places_copy(struct places *from, struct places **out)
{
    return make(places_root(from), places_working(from), places_umask(from), out);
}

void places_get(struct places *p) { refcount_get(&p->refs); }

void places_put(struct places *p)
{
    if (!refcount_put(&p->refs))
        return;
    places_lock(p);
    struct entry *root = p->root, *working = p->working;
    places_unlock(p);
    entry_put(root);
    entry_put(working);
    places_delete(p);
}

struct entry *places_root(struct places *p)
{
    places_lock(p);
    struct entry *e = p->root;
    entry_get(e);
    places_unlock(p);
    return e;
}

struct entry *places_working(struct places *p)
{
    places_lock(p);
    struct entry *e = p->working;
    entry_get(e);
    places_unlock(p);
    return e;
}

void places_set_root(struct places *p, struct entry *e)
{
    places_lock(p);
    struct entry *old = p->root;
    p->root = e;
    places_unlock(p);
    entry_put(old);
}

void places_set_working(struct places *p, struct entry *e)
{
    places_lock(p);
    struct entry *old = p->working;
    p->working = e;
    places_unlock(p);
    entry_put(old);
}

uint32_t places_umask(struct places *p)
{
    places_lock(p);
    uint32_t mask = p->umask;
    places_unlock(p);
    return mask;
}

uint32_t places_set_umask(struct places *p, uint32_t mask)
{
    places_lock(p);
    uint32_t old = p->umask;
    p->umask = mask & 0777;
    places_unlock(p);
    return old;
}
