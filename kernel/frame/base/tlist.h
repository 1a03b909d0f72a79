// SPDX-License-Identifier: Apache-2.0
// Doubly linked lists of one type, with the link inside the element: for services, which cannot
// go from a link back to its element by themselves.
//
//     struct child { struct list_link sibling; ... };
//     TLIST_DEFINE(children, struct child, sibling)
//     struct children list = {};                        // all zero is empty
//     children_push_back(&list, child);
//     for (struct child *c = children_first(&list); c != nullptr; c = children_next(&list, c)) ...
//
// An element's link is all zero while it is in no list; pushing one that is in a list, or removing
// one that is not, panics. A list stays where it is while it is not empty. Callers see to locking.
#pragma once
#include "kernel/frame/base/list.h"
#include "kernel/frame/base/types.h"

struct list_link {
    struct list link FRAME_PRIVATE;
};

static inline bool list_link_is_in(const struct list_link *l) { return l->link.next != nullptr; }

// The parts of TLIST_DEFINE.
static inline void tlist_push(struct list *head, struct list *link, bool front)
{
    ASSERT(link->next == nullptr);
    if (head->next == nullptr)
        list_init(head);
    list_insert_before(front ? head->next : head, link);
}

static inline void tlist_insert_before(struct list *at, struct list *link)
{
    ASSERT(link->next == nullptr && at->next != nullptr);
    list_insert_before(at, link);
}

static inline void tlist_remove(struct list *link)
{
    ASSERT(link->next != nullptr);
    list_remove(link);
}

static inline bool tlist_is_empty(const struct list *head)
{
    return head->next == nullptr || list_is_empty(head);
}

#define TLIST_DEFINE(name, type, member)                                                           \
    struct name {                                                                                  \
        struct list head FRAME_PRIVATE;                                                            \
    };                                                                                             \
    [[maybe_unused]] static inline bool name##_is_empty(const struct name *l)                      \
    {                                                                                              \
        return tlist_is_empty(&l->head);                                                           \
    }                                                                                              \
    [[maybe_unused]] static inline void name##_push_front(struct name *l, type *x)                 \
    {                                                                                              \
        tlist_push(&l->head, &x->member.link, true);                                               \
    }                                                                                              \
    [[maybe_unused]] static inline void name##_push_back(struct name *l, type *x)                  \
    {                                                                                              \
        tlist_push(&l->head, &x->member.link, false);                                              \
    }                                                                                              \
    [[maybe_unused]] static inline void name##_insert_before(type *at, type *x)                    \
    {                                                                                              \
        tlist_insert_before(&at->member.link, &x->member.link);                                    \
    }                                                                                              \
    [[maybe_unused]] static inline void name##_remove(type *x) { tlist_remove(&x->member.link); }  \
    [[maybe_unused]] static inline bool name##_has(const type *x)                                  \
    {                                                                                              \
        return list_link_is_in(&x->member);                                                        \
    }                                                                                              \
    [[maybe_unused]] static inline type *name##_first(const struct name *l)                        \
    {                                                                                              \
        return tlist_is_empty(&l->head) ? nullptr : LIST_ENTRY(l->head.next, type, member.link);   \
    }                                                                                              \
    [[maybe_unused]] static inline type *name##_next(const struct name *l, const type *x)          \
    {                                                                                              \
        struct list *next = x->member.link.next;                                                   \
        return next == &l->head || next == nullptr ? nullptr                                       \
                                                   : LIST_ENTRY(next, type, member.link);          \
    }                                                                                              \
    [[maybe_unused]] static inline type *name##_pop_front(struct name *l)                          \
    {                                                                                              \
        type *x = name##_first(l);                                                                 \
        if (x != nullptr)                                                                          \
            name##_remove(x);                                                                      \
        return x;                                                                                  \
    }                                                                                              \
    static_assert(sizeof(((type *)nullptr)->member) == sizeof(struct list_link))
