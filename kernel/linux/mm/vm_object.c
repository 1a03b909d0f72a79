// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/mm/vm_object.h"
#include "kernel/linux/lock_classes.h"

// Pages that lie together; a tree has those of which some page has been made.
constexpr uint64_t GROUP_PAGES = 64;

struct page_group {
    struct ttree_node node;
    uint64_t nr; // of its first page, in groups
    uint64_t made;
    struct page *pages[GROUP_PAGES]; // null: not made. References
};
HEAP_DEFINE(page_group, struct page_group);
TTREE_DEFINE(page_groups, struct page_group, node, nr);

struct vm_object {
    struct refcount refs;
    struct spinlock lock;
    struct cspan bytes GUARDED_BY(lc_vm_object); // what it begins with
    uint64_t size GUARDED_BY(lc_vm_object);
    uint64_t made GUARDED_BY(lc_vm_object);
    struct page_groups groups GUARDED_BY(lc_vm_object);
};
HEAP_DEFINE(vm_object, struct vm_object);
SPINLOCK_OPS(vm_object, struct vm_object, lock, lc_vm_object)

static enum err create(uint64_t size, struct cspan bytes, struct vm_object **out)
{
    struct vm_object *o = vm_object_new();
    if (o == nullptr)
        return ERR_NOMEM;
    refcount_init(&o->refs);
    vm_object_lock(o);
    o->bytes = bytes;
    o->size = size;
    vm_object_unlock(o);
    *out = o;
    return ERR_OK;
}

enum err vm_object_create(uint64_t size, struct vm_object **out)
{
    return create(size, (struct cspan){}, out);
}

enum err vm_object_create_over(struct cspan bytes, struct vm_object **out)
{
    return create(cspan_len(bytes), bytes, out);
}

void vm_object_get(struct vm_object *o) { refcount_get(&o->refs); }

// Drops a group's pages from `first` on, and the group if none is left.
static void drop_pages(struct vm_object *o, struct page_group *g, uint64_t first)
    REQUIRES(lc_vm_object)
{
    for (uint64_t i = first; i < GROUP_PAGES; i++) {
        if (ELEM(g->pages, i) == nullptr)
            continue;
        page_put(ELEM(g->pages, i));
        ELEM(g->pages, i) = nullptr;
        g->made--;
        o->made--;
    }
    if (g->made == 0) {
        page_groups_remove(&o->groups, g);
        page_group_delete(g);
    }
}

// Drops all pages from an index on.
static void drop_from(struct vm_object *o, uint64_t index) REQUIRES(lc_vm_object)
{
    struct page_group *g = page_groups_at_or_after(&o->groups, index / GROUP_PAGES);
    while (g != nullptr) {
        struct page_group *next = page_groups_next(g);
        drop_pages(o, g, g->nr == index / GROUP_PAGES ? index % GROUP_PAGES : 0);
        g = next;
    }
}

void vm_object_put(struct vm_object *o)
{
    if (!refcount_put(&o->refs))
        return;
    vm_object_lock(o);
    drop_from(o, 0);
    vm_object_unlock(o);
    vm_object_delete(o);
}

uint64_t vm_object_size(struct vm_object *o)
{
    vm_object_lock(o);
    uint64_t size = o->size;
    vm_object_unlock(o);
    return size;
}

uint64_t vm_object_pages(struct vm_object *o)
{
    vm_object_lock(o);
    uint64_t made = o->made;
    vm_object_unlock(o);
    return made;
}

static struct page *page_at(const struct vm_object *o, uint64_t index) REQUIRES(lc_vm_object)
{
    const struct page_group *g = page_groups_find(&o->groups, index / GROUP_PAGES);
    return g != nullptr ? ELEM(g->pages, index % GROUP_PAGES) : nullptr;
}

void vm_object_resize(struct vm_object *o, uint64_t size)
{
    vm_object_lock(o);
    if (size < o->size) {
        drop_from(o, pages_for(size));
        o->bytes = cspan_sub(o->bytes, 0, min_u64(size, cspan_len(o->bytes)));
        struct page *last = (size & PAGE_MASK) != 0 ? page_at(o, size >> PAGE_SHIFT) : nullptr;
        if (last != nullptr)
            page_fill_zero(last, size & PAGE_MASK, PAGE_SIZE - (size & PAGE_MASK));
    }
    o->size = size;
    vm_object_unlock(o);
}

// ---- pages -------------------------------------------------------------------------------------

static enum err group_for(struct vm_object *o, uint64_t nr, struct page_group **out)
    REQUIRES(lc_vm_object)
{
    *out = page_groups_find(&o->groups, nr);
    if (*out != nullptr)
        return ERR_OK;
    struct page_group *g = page_group_new();
    if (g == nullptr)
        return ERR_NOMEM;
    g->nr = nr;
    page_groups_insert(&o->groups, g);
    *out = g;
    return ERR_OK;
}

static enum err make_page(struct vm_object *o, uint64_t index, struct page **out)
    REQUIRES(lc_vm_object)
{
    struct page_group *g;
    enum err err = group_for(o, index / GROUP_PAGES, &g);
    if (err != ERR_OK)
        return err;
    err = page_alloc(PAGE_ZERO, out);
    if (err != ERR_OK) {
        drop_pages(o, g, GROUP_PAGES); // which goes if it is empty
        return err;
    }
    uint64_t from = index * PAGE_SIZE;
    if (from < cspan_len(o->bytes)) {
        uint64_t len = min_u64(PAGE_SIZE, cspan_len(o->bytes) - from);
        page_write(*out, 0, cspan_sub(o->bytes, from, len));
    }
    ELEM(g->pages, index % GROUP_PAGES) = *out;
    g->made++;
    o->made++;
    return ERR_OK;
}

static enum err get_page(struct vm_object *o, uint64_t index, bool make, struct page **out)
    REQUIRES(lc_vm_object)
{
    if (index >= pages_for(o->size))
        return ERR_IO;
    struct page *page = page_at(o, index);
    enum err err = ERR_OK;
    if (page == nullptr)
        err =
            make || index < pages_for(cspan_len(o->bytes)) ? make_page(o, index, &page) : ERR_NOENT;
    if (err != ERR_OK)
        return err;
    page_get(page);
    *out = page;
    return ERR_OK;
}

enum err vm_object_page(struct vm_object *o, uint64_t index, struct page **out)
{
    vm_object_lock(o);
    enum err err = get_page(o, index, true, out);
    vm_object_unlock(o);
    return err;
}

enum err vm_object_peek(struct vm_object *o, uint64_t index, struct page **out)
{
    vm_object_lock(o);
    enum err err = get_page(o, index, false, out);
    vm_object_unlock(o);
    return err;
}

bool vm_object_has(struct vm_object *o, uint64_t index)
{
    vm_object_lock(o);
    bool has = page_at(o, index) != nullptr || index < pages_for(cspan_len(o->bytes));
    vm_object_unlock(o);
    return has;
}

// A page that nobody has mapped goes, unless it would come back with bytes: references come from
// one that there is, or under the lock.
static void clear_page(struct vm_object *o, struct page_group *g, uint64_t i) REQUIRES(lc_vm_object)
{
    struct page **page = &ELEM(g->pages, i);
    if (*page == nullptr)
        return;
    if (page_refs(*page) > 1 || g->nr * GROUP_PAGES + i < pages_for(cspan_len(o->bytes))) {
        page_fill_zero(*page, 0, PAGE_SIZE);
        return;
    }
    page_put(*page);
    *page = nullptr;
    g->made--;
    o->made--;
}

// Pages that would begin with bytes are made, so that they can be zero.
static enum err make_pages_with_bytes(struct vm_object *o, uint64_t index, uint64_t end)
    REQUIRES(lc_vm_object)
{
    enum err err = ERR_OK;
    struct page *page;
    end = min_u64(end, pages_for(cspan_len(o->bytes)));
    for (uint64_t i = index; err == ERR_OK && i < end; i++) {
        if (page_at(o, i) == nullptr)
            err = make_page(o, i, &page);
    }
    return err;
}

enum err vm_object_clear(struct vm_object *o, uint64_t index, uint64_t pages)
{
    vm_object_lock(o);
    uint64_t end = index + pages;
    enum err err = make_pages_with_bytes(o, index, end);
    struct page_group *g = page_groups_at_or_after(&o->groups, index / GROUP_PAGES);
    while (err == ERR_OK && g != nullptr && g->nr * GROUP_PAGES < end) {
        struct page_group *next = page_groups_next(g);
        for (uint64_t i = 0; i < GROUP_PAGES; i++) {
            uint64_t at = g->nr * GROUP_PAGES + i;
            if (at >= index && at < end)
                clear_page(o, g, i);
        }
        drop_pages(o, g, GROUP_PAGES); // which goes if it is empty
        g = next;
    }
    vm_object_unlock(o);
    return err;
}
