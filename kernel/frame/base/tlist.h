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

struct FRAME_PINNED list_link {
    struct list link;
    const struct list *head; // of the list it is in: its end
};

static inline bool list_link_is_in(const struct list_link *l) { return l->link.next != nullptr; }

// The parts of TLIST_DEFINE.
FRAME_ONLY static inline void tlist_push(struct list *head, struct list_link *l, bool front)
{
    ASSERT(l->link.next == nullptr);
    if (head->next == nullptr)
        list_init(head);
    list_insert_before(front ? head->next : head, &l->link);
    l->head = head;
}

FRAME_ONLY static inline void tlist_insert_before(struct list_link *at, struct list_link *l)
{
    ASSERT(l->link.next == nullptr && at->link.next != nullptr);
    list_insert_before(&at->link, &l->link);
    l->head = at->head;
}

FRAME_ONLY static inline void tlist_remove(struct list_link *l)
{
    ASSERT(l->link.next != nullptr);
    list_remove(&l->link);
    l->head = nullptr;
}

// Null behind the last, whichever list that is: a list's head is no element.
FRAME_ONLY static inline struct list *tlist_next(const struct list_link *l)
{
    return l->link.next != l->head ? l->link.next : nullptr;
}

FRAME_ONLY static inline bool tlist_is_empty(const struct list *head)
{
    return head->next == nullptr || list_is_empty(head);
}

// The member is one of the element's own, named by one word: the
// link of a member's member could be in that one's lists too.
#define TLIST_DEFINE(name, type, member)                                                           \
    typedef type name##_element;                                                                   \
    enum : size_t {                                                                                \
        name##_offset = offsetof(name##_element, member),                                          \
        name##_at_##member = 0                                                                     \
    };                                                                                             \
    struct FRAME_PINNED name {                                                                     \
        struct list head;                                                                          \
    };                                                                                             \
    [[maybe_unused]] static inline struct list_link *name##_link(name##_element *x)                \
    {                                                                                              \
        static_assert(offsetof(name##_element, member) == name##_offset);                          \
        return &x->member;                                                                         \
    }                                                                                              \
    [[maybe_unused]] static inline const struct list_link *name##_clink(const name##_element *x)   \
    {                                                                                              \
        return &x->member;                                                                         \
    }                                                                                              \
    [[maybe_unused]] static inline name##_element *name##_of(struct list *link)                    \
    {                                                                                              \
        return link != nullptr ? (name##_element *)((char *)link - name##_offset) : nullptr;       \
    }                                                                                              \
    [[maybe_unused]] static inline bool name##_is_empty(const struct name *l)                      \
    {                                                                                              \
        return tlist_is_empty(&l->head);                                                           \
    }                                                                                              \
    [[maybe_unused]] static inline void name##_push_front(struct name *l, name##_element *x)       \
    {                                                                                              \
        tlist_push(&l->head, name##_link(x), true);                                                \
    }                                                                                              \
    [[maybe_unused]] static inline void name##_push_back(struct name *l, name##_element *x)        \
    {                                                                                              \
        tlist_push(&l->head, name##_link(x), false);                                               \
    }                                                                                              \
    [[maybe_unused]] static inline void name##_insert_before(name##_element *at,                   \
                                                             name##_element *x)                    \
    {                                                                                              \
        tlist_insert_before(name##_link(at), name##_link(x));                                      \
    }                                                                                              \
    [[maybe_unused]] static inline void name##_remove(name##_element *x)                           \
    {                                                                                              \
        tlist_remove(name##_link(x));                                                              \
    }                                                                                              \
    [[maybe_unused]] static inline bool name##_has(const name##_element *x)                        \
    {                                                                                              \
        return list_link_is_in(name##_clink(x));                                                   \
    }                                                                                              \
    [[maybe_unused]] static inline name##_element *name##_first(const struct name *l)              \
    {                                                                                              \
        return tlist_is_empty(&l->head) ? nullptr : name##_of(l->head.next);                       \
    }                                                                                              \
    [[maybe_unused]] static inline name##_element *name##_next(const struct name *,                \
                                                               const name##_element *x)            \
    {                                                                                              \
        return name##_of(tlist_next(name##_clink(x)));                                             \
    }                                                                                              \
    [[maybe_unused]] static inline name##_element *name##_pop_front(struct name *l)                \
    {                                                                                              \
        name##_element *x = name##_first(l);                                                       \
        if (x != nullptr)                                                                          \
            name##_remove(x);                                                                      \
        return x;                                                                                  \
    }                                                                                              \
    static_assert(true)
