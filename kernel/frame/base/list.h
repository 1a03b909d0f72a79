// SPDX-License-Identifier: Apache-2.0
// Circular doubly linked list with the links inside the elements. For the frame.
#pragma once
#include "kernel/frame/base/assert.h"
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

// The structure around a member. `link` must be that member of a `type`.
#define LIST_ENTRY(link, type, member) ((type *)((char *)(link) - offsetof(type, member)))

#define LIST_INIT(head) {&(head), &(head)}

static inline void list_init(struct list *head)
{
    head->next = head;
    head->prev = head;
}

static inline bool list_is_empty(const struct list *head) { return head->next == head; }

static inline void list_insert_before(struct list *at, struct list *link)
{
    link->prev = at->prev;
    link->next = at;
    at->prev->next = link;
    at->prev = link;
}

static inline void list_push_front(struct list *head, struct list *link)
{
    list_insert_before(head->next, link);
}

static inline void list_push_back(struct list *head, struct list *link)
{
    list_insert_before(head, link);
}

// Takes `link` out of its list; its own pointers are poisoned by null.
static inline void list_remove(struct list *link)
{
    ASSERT(link->next->prev == link && link->prev->next == link);
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->next = nullptr;
    link->prev = nullptr;
}

// The first link, taken out; null from an empty list.
static inline struct list *list_pop_front(struct list *head)
{
    if (list_is_empty(head))
        return nullptr;
    struct list *link = head->next;
    list_remove(link);
    return link;
}
