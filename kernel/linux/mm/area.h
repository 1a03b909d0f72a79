// SPDX-License-Identifier: Apache-2.0
// The areas of an address space: which ranges of addresses are mapped, to what, and with which
// permissions. Pure: knows no page tables. Callers see to locking (lc_mm).
#pragma once
#include "kernel/frame/frame.h"

C_BEGIN

struct vm_object;

// What has been said of an area (mlock(2), madvise(2)).
enum area_flag : uint8_t {
    AREA_LOCKED = 1,        // its pages count as locked, and are there as far as they can be
    AREA_LOCK_ON_FAULT = 2, // with AREA_LOCKED: only those that have been touched are
    AREA_NO_FORK = 4,       // a child does not have it
    AREA_WIPE_ON_FORK = 8,  // a child has it anew
    AREA_NO_DUMP = 16,      // not for core dumps
    AREA_SMALL_PAGES = 32,  // no large ones
};
constexpr uint8_t AREA_LOCK_FLAGS = AREA_LOCKED | AREA_LOCK_ON_FAULT;

// What areas of one range have in common; areas that touch and agree in it become one.
struct area_kind {
    uint8_t prot;             // of enum vm_perm
    uint8_t never;            // the same: what mprotect(2) cannot give it
    bool shared;              // writes are seen by whoever maps the object
    bool grows_down;          // the stack: a fault below it may extend it
    uint8_t flags;            // of enum area_flag
    struct vm_object *object; // null: pages of its own, zero at first. A reference
    uint64_t object_page;     // of the object, at the area's start
};

struct area {
    struct ttree_node node;
    uint64_t start, end; // page-aligned
    struct area_kind kind;
    uint64_t gap;      // addresses between the area before and this one's start
    uint64_t most_gap; // the largest of its subtree
};

TTREE_DEFINE_SUMMED(area_tree, struct area, node, start, area_summarise);

static inline void area_summarise(struct area *x, const struct area *left, const struct area *right)
{
    x->most_gap = x->gap;
    if (left != nullptr)
        x->most_gap = max_u64(x->most_gap, left->most_gap);
    if (right != nullptr)
        x->most_gap = max_u64(x->most_gap, right->most_gap);
}

// All zero but the bounds.
struct areas {
    struct area_tree tree;
    uint64_t floor, ceiling; // addresses that may be mapped
    uint64_t pages;          // mapped in all
    uint64_t data_pages;     // of these, private ones that may be written to, without the stack
    uint64_t locked_pages;   // of these, AREA_LOCKED
};

// Whether areas of this kind count as data (getrlimit(2), RLIMIT_DATA).
static inline bool area_kind_is_data(const struct area_kind *k)
{
    return (k->prot & VM_WRITE) != 0 && !k->shared && !k->grows_down;
}

// The area that has `at`, or the first behind it; null if there is none.
struct area *areas_find(const struct areas *a, uint64_t at);

// The parts of areas that lie in a range, one after the other.
struct area_walk {
    uint64_t at, end;     // what is left of the range
    uint64_t start, stop; // the part
    bool hole;            // something before it is not mapped
};

// The next part's area; null: there is none, and `hole` speaks of the whole range. The area may be
// split or taken out before the next step.
struct area *areas_walk(const struct areas *a, struct area_walk *w);

// Whether nothing is mapped in [start, end).
bool areas_are_free(const struct areas *a, uint64_t start, uint64_t end);

// How many pages are mapped in [start, end).
uint64_t areas_pages_in(const struct areas *a, uint64_t start, uint64_t end);

// The highest free range of `size` bytes that ends at or below `below`. False if there is none.
bool areas_find_gap(const struct areas *a, uint64_t size, uint64_t below, uint64_t *start);

// Enters an area into a free range, and takes over the kind's reference to the object. Joined to a
// neighbour where both agree. ERR_NOMEM.
enum err areas_add(struct areas *a, uint64_t start, uint64_t end, struct area_kind kind);

// The same without joining: areas_join is to follow.
enum err areas_insert(struct areas *a, uint64_t start, uint64_t end, struct area_kind kind);

// What an area would be if it began at `at`, which is its end at most. The reference to its object
// stays the area's.
struct area_kind area_kind_at(const struct area *area, uint64_t at);

// Makes `at` a border between areas, if it lies inside one. ERR_NOMEM.
enum err areas_split(struct areas *a, uint64_t at);

// Takes an area out and frees it, with its reference to the object.
void areas_remove(struct areas *a, struct area *area);

// Moves an area's start down to `start`; the addresses between are free.
void areas_extend_down(struct areas *a, struct area *area, uint64_t start);

// Changes an area's permissions, or its flags; it keeps its borders.
void areas_set_prot(struct areas *a, struct area *area, uint8_t prot);
void areas_set_flags(struct areas *a, struct area *area, uint8_t flags);

// Joins the areas of [start, end) and their neighbours where they agree.
void areas_join(struct areas *a, uint64_t start, uint64_t end);

C_END
