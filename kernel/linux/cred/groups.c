// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/cred/groups.h"

ARRAY_DEFINE(group_ids, uint32_t);

struct groups {
    struct refcount refs;
    struct group_ids ids; // ascending
};
HEAP_DEFINE(groups, struct groups);

enum err groups_make(uint32_t count, struct groups **out)
{
    struct groups *g = groups_new();
    if (g == nullptr)
        return ERR_NOMEM;
    enum err err = group_ids_resize(&g->ids, count);
    if (err != ERR_OK) {
        groups_delete(g);
        return err;
    }
    refcount_init(&g->refs);
    *out = g;
    return ERR_OK;
}

void groups_set(struct groups *g, uint32_t i, uint32_t id) { *group_ids_at(&g->ids, i) = id; }

void groups_get(struct groups *g) { refcount_get(&g->refs); }

void groups_put(struct groups *g)
{
    if (!refcount_put(&g->refs))
        return;
    group_ids_free(&g->ids);
    groups_delete(g);
}

uint32_t groups_count(const struct groups *g)
{
    return g != nullptr ? (uint32_t)group_ids_count(&g->ids) : 0;
}

uint32_t groups_at(const struct groups *g, uint32_t i) { return *group_ids_at(&g->ids, i); }

bool groups_have(const struct groups *g, uint32_t id)
{
    uint32_t from = 0, to = groups_count(g);
    while (from < to) {
        uint32_t middle = from + (to - from) / 2, found = groups_at(g, middle);
        if (found == id)
            return true;
        if (found < id)
            from = middle + 1;
        else
            to = middle;
    }
    return false;
}

// ---- in order: heapsort, whose time no list makes long -----------------------------------------

static void swap(struct groups *g, uint32_t i, uint32_t j)
{
    uint32_t id = groups_at(g, i);
    groups_set(g, i, groups_at(g, j));
    groups_set(g, j, id);
}

// Of the first `count`, what is below `at` is a heap already.
static void sift(struct groups *g, uint32_t at, uint32_t count)
{
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && groups_at(g, child) < groups_at(g, child + 1))
            child++;
        if (groups_at(g, at) >= groups_at(g, child))
            return;
        swap(g, at, child);
    }
}

void groups_sort(struct groups *g)
{
    uint32_t count = groups_count(g);
    for (uint32_t i = count / 2; i-- > 0;)
        sift(g, i, count);
    for (uint32_t end = count; end > 1; end--) {
        swap(g, 0, end - 1);
        sift(g, 0, end - 1);
    }
}
