// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/mm/area.h"
#include "kernel/linux/mm/vm_object.h"

HEAP_DEFINE(area, struct area);

static uint64_t size_of(const struct area *x) { return x->end - x->start; }

// Sets an area's gap by its neighbour's end. Null: there is no such area.
static void refresh_gap(struct areas *a, struct area *x)
{
    if (x == nullptr)
        return;
    const struct area *before = area_tree_prev(x);
    x->gap = x->start - (before != nullptr ? before->end : a->floor);
    area_tree_changed(&a->tree, x);
}

struct area *areas_find(const struct areas *a, uint64_t at)
{
    struct area *x = area_tree_at_or_before(&a->tree, at);
    if (x != nullptr && at < x->end)
        return x;
    return area_tree_at_or_after(&a->tree, at);
}

struct area *areas_walk(const struct areas *a, struct area_walk *w)
{
    struct area *x = w->at < w->end ? areas_find(a, w->at) : nullptr;
    if (x == nullptr || x->start >= w->end) {
        w->hole = w->hole || w->at < w->end;
        w->at = w->end;
        return nullptr;
    }
    w->hole = w->hole || x->start > w->at;
    w->start = max_u64(x->start, w->at);
    w->stop = min_u64(x->end, w->end);
    w->at = w->stop;
    return x;
}

bool areas_are_free(const struct areas *a, uint64_t start, uint64_t end)
{
    const struct area *x = areas_find(a, start);
    return x == nullptr || x->start >= end;
}

// The gap before `x` has room for `size` bytes that end at or below `below`.
static bool gap_serves(const struct area *x, uint64_t size, uint64_t below, uint64_t *start)
{
    uint64_t end = min_u64(x->start, below), bottom = x->start - x->gap;
    if (end < bottom || end - bottom < size)
        return false;
    *start = end - size;
    return true;
}

// The highest gap before an area of the subtree. Descends where a gap may be large enough; one that
// `below` cuts short is met on the way to its own place only, so the way is short.
static bool find_gap(const struct area *x, uint64_t size, uint64_t below, uint64_t *start)
{
    if (x == nullptr || x->most_gap < size)
        return false;
    // Gaps to the right lie above x: they serve only if x begins below the limit.
    if (x->start < below && find_gap(area_tree_right(x), size, below, start))
        return true;
    return gap_serves(x, size, below, start) || find_gap(area_tree_left(x), size, below, start);
}

bool areas_find_gap(const struct areas *a, uint64_t size, uint64_t below, uint64_t *start)
{
    const struct area *last = area_tree_last(&a->tree);
    uint64_t end = min_u64(below, a->ceiling), top = last != nullptr ? last->end : a->floor;
    if (size == 0)
        return false;
    if (end > top && end - top >= size) {
        *start = end - size;
        return true;
    }
    return find_gap(area_tree_root(&a->tree), size, end, start);
}

static uint64_t pages_of(uint64_t bytes) { return bytes >> PAGE_SHIFT; }

// So many bytes of an area's kind have come; or they go.
static void count_in(struct areas *a, const struct area *x, uint64_t bytes)
{
    a->pages += pages_of(bytes);
    a->data_pages += area_kind_is_data(&x->kind) ? pages_of(bytes) : 0;
    a->locked_pages += (x->kind.flags & AREA_LOCKED) != 0 ? pages_of(bytes) : 0;
}

static void count_out(struct areas *a, const struct area *x, uint64_t bytes)
{
    a->pages -= pages_of(bytes);
    a->data_pages -= area_kind_is_data(&x->kind) ? pages_of(bytes) : 0;
    a->locked_pages -= (x->kind.flags & AREA_LOCKED) != 0 ? pages_of(bytes) : 0;
}

uint64_t areas_pages_in(const struct areas *a, uint64_t start, uint64_t end)
{
    uint64_t pages = 0;
    for (struct area_walk w = {.at = start, .end = end}; areas_walk(a, &w) != nullptr;)
        pages += pages_of(w.stop - w.start);
    return pages;
}

struct area_kind area_kind_at(const struct area *x, uint64_t at)
{
    struct area_kind kind = x->kind;
    ASSERT(at >= x->start && at <= x->end);
    if (kind.object != nullptr)
        kind.object_page += pages_of(at - x->start);
    return kind;
}

// Whether `y`, which begins where `x` ends, goes on as `x` does.
static bool agree(const struct area *x, const struct area *y)
{
    if (x->end != y->start)
        return false;
    struct area_kind goes_on = area_kind_at(x, x->end);
    return goes_on.prot == y->kind.prot && goes_on.shared == y->kind.shared &&
           goes_on.grows_down == y->kind.grows_down && goes_on.flags == y->kind.flags &&
           goes_on.never == y->kind.never && goes_on.object == y->kind.object &&
           (goes_on.object == nullptr || goes_on.object_page == y->kind.object_page);
}

// Frees an area that has left the tree.
static void discard(struct area *x)
{
    if (x->kind.object != nullptr)
        vm_object_put(x->kind.object);
    area_delete(x);
}

// Joins `x` and the one behind it, if they agree. True if so; then x is both.
static bool join_with_next(struct areas *a, struct area *x)
{
    struct area *next = area_tree_next(x);
    if (next == nullptr || !agree(x, next))
        return false;
    x->end = next->end;
    area_tree_remove(&a->tree, next);
    discard(next);
    refresh_gap(a, area_tree_next(x));
    return true;
}

void areas_join(struct areas *a, uint64_t start, uint64_t end)
{
    struct area *x = areas_find(a, start > 0 ? start - 1 : 0);
    while (x != nullptr && x->start <= end) {
        if (!join_with_next(a, x))
            x = area_tree_next(x);
    }
}

enum err areas_insert(struct areas *a, uint64_t start, uint64_t end, struct area_kind kind)
{
    struct area *x = area_new();
    if (x == nullptr)
        return ERR_NOMEM;
    ASSERT(start < end && areas_are_free(a, start, end));
    x->start = start;
    x->end = end;
    x->kind = kind;
    area_tree_insert(&a->tree, x);
    refresh_gap(a, x);
    refresh_gap(a, area_tree_next(x));
    count_in(a, x, end - start);
    return ERR_OK;
}

enum err areas_add(struct areas *a, uint64_t start, uint64_t end, struct area_kind kind)
{
    enum err err = areas_insert(a, start, end, kind);
    if (err == ERR_OK)
        areas_join(a, start, end);
    return err;
}

enum err areas_split(struct areas *a, uint64_t at)
{
    struct area *x = areas_find(a, at);
    if (x == nullptr || x->start >= at)
        return ERR_OK;
    struct area *upper = area_new();
    if (upper == nullptr)
        return ERR_NOMEM;
    upper->start = at;
    upper->end = x->end;
    upper->kind = area_kind_at(x, at);
    if (x->kind.object != nullptr)
        vm_object_get(x->kind.object);
    x->end = at;
    area_tree_insert(&a->tree, upper);
    refresh_gap(a, upper);
    return ERR_OK;
}

void areas_remove(struct areas *a, struct area *x)
{
    struct area *next = area_tree_next(x);
    area_tree_remove(&a->tree, x);
    count_out(a, x, size_of(x));
    refresh_gap(a, next);
    discard(x);
}

void areas_extend_down(struct areas *a, struct area *x, uint64_t start)
{
    ASSERT(start <= x->start && areas_are_free(a, start, x->start) && x->kind.object == nullptr);
    count_in(a, x, x->start - start);
    x->start = start;
    refresh_gap(a, x);
}

void areas_set_prot(struct areas *a, struct area *x, uint8_t prot)
{
    ASSERT(area_tree_has(x) && !area_tree_is_empty(&a->tree));
    count_out(a, x, size_of(x));
    x->kind.prot = prot;
    count_in(a, x, size_of(x));
}

void areas_set_flags(struct areas *a, struct area *x, uint8_t flags)
{
    ASSERT(area_tree_has(x) && !area_tree_is_empty(&a->tree));
    count_out(a, x, size_of(x));
    x->kind.flags = flags;
    count_in(a, x, size_of(x));
}
