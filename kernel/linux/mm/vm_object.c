// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/mm/vm_object.h"
#include "kernel/linux/lock_classes.h"

struct page_slot {
    struct page *page; // null: not made yet. A reference
};
ARRAY_DEFINE(page_slots, struct page_slot);

struct vm_object {
    struct refcount refs;
    struct cspan bytes; // what pages begin with; constant
    struct spinlock lock;
    struct page_slots slots GUARDED_BY(lc_vm_object);
};
HEAP_DEFINE(vm_object, struct vm_object);
SPINLOCK_OPS(vm_object, struct vm_object, lock, lc_vm_object)

static enum err create(size_t pages, struct cspan bytes, struct vm_object **out)
{
    struct vm_object *o = vm_object_new();
    if (o == nullptr)
        return ERR_NOMEM;
    refcount_init(&o->refs);
    o->bytes = bytes;
    vm_object_lock(o);
    enum err err = page_slots_resize(&o->slots, pages);
    vm_object_unlock(o);
    if (err != ERR_OK) {
        vm_object_delete(o);
        return err;
    }
    *out = o;
    return ERR_OK;
}

enum err vm_object_create(size_t pages, struct vm_object **out)
{
    return create(pages, (struct cspan){}, out);
}

enum err vm_object_create_over(struct cspan bytes, struct vm_object **out)
{
    return create(pages_for(cspan_len(bytes)), bytes, out);
}

void vm_object_get(struct vm_object *o) { refcount_get(&o->refs); }

void vm_object_put(struct vm_object *o)
{
    if (!refcount_put(&o->refs))
        return;
    vm_object_lock(o);
    for (size_t i = 0; i < page_slots_count(&o->slots); i++) {
        if (page_slots_at(&o->slots, i)->page != nullptr)
            page_put(page_slots_at(&o->slots, i)->page);
    }
    page_slots_free(&o->slots);
    vm_object_unlock(o);
    vm_object_delete(o);
}

static enum err make_page(const struct vm_object *o, uint64_t index, struct page **out)
{
    enum err err = page_alloc(PAGE_ZERO, out);
    uint64_t from = index * PAGE_SIZE;
    if (err == ERR_OK && from < cspan_len(o->bytes)) {
        uint64_t len = min_u64(PAGE_SIZE, cspan_len(o->bytes) - from);
        page_write(*out, 0, cspan_sub(o->bytes, from, len));
    }
    return err;
}

enum err vm_object_page(struct vm_object *o, uint64_t index, struct page **out)
{
    enum err err = ERR_OK;
    vm_object_lock(o);
    if (index >= page_slots_count(&o->slots)) {
        vm_object_unlock(o);
        return ERR_IO;
    }
    struct page_slot *slot = page_slots_at(&o->slots, index);
    if (slot->page == nullptr)
        err = make_page(o, index, &slot->page);
    *out = slot->page;
    if (err == ERR_OK)
        page_get(slot->page);
    vm_object_unlock(o);
    return err;
}

bool vm_object_has(struct vm_object *o, uint64_t index)
{
    vm_object_lock(o);
    bool made =
        index < page_slots_count(&o->slots) && page_slots_at(&o->slots, index)->page != nullptr;
    vm_object_unlock(o);
    return made || index < pages_for(cspan_len(o->bytes));
}

// A page that nobody has mapped goes: references come from one that there is, or under the lock.
static void clear_slot(struct page_slot *slot)
{
    if (slot->page == nullptr)
        return;
    if (page_refs(slot->page) > 1) {
        page_fill_zero(slot->page, 0, PAGE_SIZE);
        return;
    }
    page_put(slot->page);
    slot->page = nullptr;
}

void vm_object_clear(struct vm_object *o, uint64_t index, uint64_t pages)
{
    ASSERT(cspan_len(o->bytes) == 0);
    vm_object_lock(o);
    uint64_t end = min_u64(index + pages, page_slots_count(&o->slots));
    for (uint64_t i = index; i < end; i++)
        clear_slot(page_slots_at(&o->slots, i));
    vm_object_unlock(o);
}
