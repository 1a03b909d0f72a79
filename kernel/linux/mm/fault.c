// SPDX-License-Identifier: Apache-2.0
// Pages come when they are touched: zero, the object's, or a copy of what was shared until now.
#include "kernel/linux/mm/mm_priv.h"
#include "kernel/linux/mm/vm_object.h"

// What stays free below the stack.
constexpr uint64_t STACK_GUARD = 1 * MIB;

// The page that an area has at an address while nobody has written to it. A reference. `*own`: it
// is the area's alone, so that it may be written to at once.
static enum err first_page(const struct area *x, uint64_t at, uint8_t access, struct page **page,
                           bool *own)
{
    *own = x->kind.shared;
    if (x->kind.object == nullptr) {
        *own = true;
        return page_alloc(PAGE_ZERO, page);
    }
    uint64_t index = x->kind.object_page + ((at - x->start) >> PAGE_SHIFT);
    struct page *original;
    enum err err = vm_object_page(x->kind.object, index, &original);
    if (err != ERR_OK || x->kind.shared || access != VM_WRITE) {
        *page = original;
        return err;
    }
    err = page_alloc(PAGE_UNINIT, page);
    if (err == ERR_OK) {
        page_copy(*page, original);
        *own = true;
    }
    page_put(original);
    return err;
}

static uint8_t prot_for(const struct area *x, bool own)
{
    return own ? x->kind.prot : (uint8_t)(x->kind.prot & ~VM_WRITE);
}

static enum err map_first(const struct area *x, struct vm_cursor *c, uint64_t at, uint8_t access)
{
    struct page *page;
    bool own;
    enum err err = first_page(x, at, access, &page, &own);
    if (err != ERR_OK)
        return err;
    struct page_prop prop = {.perm = prot_for(x, own)};
    err = vm_cursor_map(c, page, prop);
    if (err != ERR_OK)
        page_put(page);
    return err;
}

// A write to a private page that is mapped without permission to.
static enum err copy_on_write(const struct area *x, struct vm_cursor *c, struct page *shared)
{
    struct page_prop prop = {.perm = x->kind.prot};
    uaddr_t at = vm_cursor_address(c);
    // Nobody else has it: neither another mapping nor an object.
    if (page_refs(shared) == 1)
        return vm_cursor_set(c, prop);
    struct page *copy;
    enum err err = page_alloc(PAGE_UNINIT, &copy);
    if (err != ERR_OK)
        return err;
    page_copy(copy, shared);
    vm_cursor_unmap(c, 1);
    must(vm_cursor_jump(c, at));
    // Its table is there, so that nothing can be short.
    must(vm_cursor_map(c, copy, prop));
    return ERR_OK;
}

static enum err serve(struct mm *mm, const struct area *x, uint64_t at, uint8_t access)
    REQUIRES_SHARED(lc_mm)
{
    if ((x->kind.prot & access) == 0)
        return ERR_ACCES;
    if (!mm_is_marked(mm, MM_NO_LARGE_PAGES) && mm_may_be_large(x, at) && mm_map_large(mm, x, at))
        return ERR_OK;
    struct vm_cursor c;
    struct page_prop prop;
    must(vm_cursor_open(mm->space, (uaddr_t){at}, (uaddr_t){at + PAGE_SIZE}, &c));
    struct page *page = vm_cursor_query(&c, &prop);
    enum err err = ERR_OK;
    if (page == nullptr)
        err = map_first(x, &c, at, access);
    else if ((prop.perm & access) != 0)
        err = ERR_OK; // another thread was here before
    else if (access == VM_WRITE && !x->kind.shared)
        err = copy_on_write(x, &c, page);
    else
        err = vm_cursor_set(&c, (struct page_prop){.perm = prot_for(x, x->kind.shared)});
    vm_cursor_close(&c);
    return err;
}

// Whether `below`, the next area if there is one, is far enough from `at`. What cannot be touched,
// and another stack, may be nearer.
static bool is_guarded(const struct area *below, uint64_t at)
{
    if (below == nullptr)
        return true;
    bool harmless = below->kind.prot == VM_NONE || below->kind.grows_down;
    return below->end <= at && (harmless || at - below->end >= STACK_GUARD);
}

// Whether the area that lies behind `at` may grow down to it.
static bool may_grow(const struct mm *mm, const struct area *x, uint64_t at) REQUIRES(lc_mm)
{
    const struct areas *areas = &mm->areas;
    if (!x->kind.grows_down || x->end - at > mm->limits.stack || at < areas->floor + STACK_GUARD)
        return false;
    uint64_t pages = (x->start - at) >> PAGE_SHIFT;
    return is_guarded(area_tree_prev(x), at) && mm_may_lock(mm, x->kind.flags, pages) &&
           mm_may_have(mm, &x->kind, pages);
}

static enum err grow(struct mm *mm, uint64_t at)
{
    mm_write_lock(mm);
    struct area *x = areas_find(&mm->areas, at);
    bool found = x != nullptr && (x->start <= at || may_grow(mm, x, at));
    if (found && x->start > at)
        areas_extend_down(&mm->areas, x, at);
    mm_write_unlock(mm);
    return found ? ERR_OK : ERR_FAULT;
}

enum err mm_fault(struct mm *mm, uaddr_t address, uint8_t access)
{
    uint64_t at = align_down(address.raw, PAGE_SIZE);
    for (;;) {
        mm_read_lock(mm);
        const struct area *x = areas_find(&mm->areas, at);
        bool mapped = x != nullptr && x->start <= at;
        bool below_stack = x != nullptr && !mapped && x->kind.grows_down;
        enum err err = mapped ? serve(mm, x, at, access) : ERR_FAULT;
        mm_read_unlock(mm);
        if (!below_stack)
            return err;
        err = grow(mm, at);
        if (err != ERR_OK)
            return err;
    }
}

// ---- copying ---------------------------------------------------------------------------------

enum err mm_read(struct mm *mm, uaddr_t from, struct span to)
{
    struct vm_reader reader;
    struct vm_writer writer = vm_writer_to(to);
    enum err err = vm_space_reader(mm->space, from, span_len(to), &reader);
    while (err == ERR_OK && vm_writer_left(&writer) > 0) {
        size_t done;
        if (vm_copy(&writer, &reader, &done) == ERR_OK)
            break;
        from.raw += done;
        err = mm_fault(mm, from, VM_READ);
    }
    return err == ERR_ACCES || err == ERR_IO ? ERR_FAULT : err;
}

enum err mm_write(struct mm *mm, uaddr_t to, struct cspan from)
{
    struct vm_writer writer;
    struct vm_reader reader = vm_reader_from(from);
    enum err err = vm_space_writer(mm->space, to, cspan_len(from), &writer);
    while (err == ERR_OK && vm_reader_left(&reader) > 0) {
        size_t done;
        if (vm_copy(&writer, &reader, &done) == ERR_OK)
            break;
        to.raw += done;
        err = mm_fault(mm, to, VM_WRITE);
    }
    return err == ERR_ACCES || err == ERR_IO ? ERR_FAULT : err;
}

enum err mm_read_string(struct mm *mm, uaddr_t from, struct span to, size_t *len)
{
    // Page by page: what lies behind the zero need not be mapped.
    for (size_t at = 0; at < span_len(to);) {
        uint64_t in_page = PAGE_SIZE - ((from.raw + at) & PAGE_MASK);
        size_t piece = min_u64(in_page, span_len(to) - at);
        struct span part = span_sub(to, at, piece);
        enum err err = mm_read(mm, (uaddr_t){from.raw + at}, part);
        if (err != ERR_OK)
            return err;
        size_t zero = cspan_find(span_const(part), 0);
        if (zero < piece) {
            *len = at + zero;
            return ERR_OK;
        }
        at += piece;
    }
    return ERR_OVERFLOW;
}
