// SPDX-License-Identifier: Apache-2.0
// Balanced trees of one type, ordered by a 64-bit key inside the element: for services, which
// cannot go from a node back to its element by themselves.
//
//     struct area { struct ttree_node node; uint64_t start; ... };
//     TTREE_DEFINE(areas, struct area, node, start)
//     struct areas tree = {};                           // all zero is empty
//     areas_insert(&tree, a);
//     struct area *a = areas_at_or_after(&tree, address);
//
// TTREE_DEFINE_SUMMED also keeps a summary of each subtree: update(x, left, right) sets x's from
// its own values and its children's (null where there is none); x_changed says that own values
// have. Nodes are all zero while they are in no tree; inserting one that is in a tree, or removing
// one that is not, panics. A key does not change while its element is in a tree, unless the order
// stays. Callers see to locking.
#pragma once
#include "kernel/frame/base/tree.h"
#include "kernel/frame/base/types.h"

struct FRAME_PINNED ttree_node {
    struct tree_node node;
};

// For TTREE_DEFINE: the topmost node above one.
FRAME_ONLY static inline const struct tree_node *ttree_top(const struct tree_node *node)
{
    while (node->parent != nullptr)
        node = node->parent;
    return node;
}

#define TTREE_DEFINE(name, type, member, key) TTREE_DEFINE_WITH(name, type, member, key, nullptr)

#define TTREE_DEFINE_SUMMED(name, type, member, key, update)                                       \
    static void update(type *, const type *, const type *);                                        \
    static void name##_summarise(struct tree_node *n)                                              \
    {                                                                                              \
        update(TREE_ENTRY(n, type, member.node), TREE_ENTRY(n->left, type, member.node),           \
               TREE_ENTRY(n->right, type, member.node));                                           \
    }                                                                                              \
    TTREE_DEFINE_WITH(name, type, member, key, name##_summarise);                                  \
    [[maybe_unused]] static inline type *name##_root(const struct name *t)                         \
    {                                                                                              \
        return TREE_ENTRY(t->tree.root, type, member.node);                                        \
    }                                                                                              \
    [[maybe_unused]] static inline type *name##_left(const type *x)                                \
    {                                                                                              \
        return TREE_ENTRY(x->member.node.left, type, member.node);                                 \
    }                                                                                              \
    [[maybe_unused]] static inline type *name##_right(const type *x)                               \
    {                                                                                              \
        return TREE_ENTRY(x->member.node.right, type, member.node);                                \
    }                                                                                              \
    [[maybe_unused]] static inline void name##_changed(struct name *t, type *x)                    \
    {                                                                                              \
        ASSERT(tree_is_linked(&x->member.node));                                                   \
        tree_update(&t->tree, &x->member.node);                                                    \
    }                                                                                              \
    static_assert(true)

// The member is one of the element's own, named by one word: the node of a member's member could
// be in that one's trees too.
#define TTREE_DEFINE_WITH(name, type, member, key, summarise)                                      \
    enum : size_t {                                                                                \
        name##_offset = offsetof(type, member),                                                    \
        name##_at_##member = 0                                                                     \
    };                                                                                             \
    struct FRAME_PINNED name {                                                                     \
        struct tree tree;                                                                          \
    };                                                                                             \
    [[maybe_unused]] static inline bool name##_is_empty(const struct name *t)                      \
    {                                                                                              \
        return t->tree.root == nullptr;                                                            \
    }                                                                                              \
    [[maybe_unused]] static inline bool name##_has(const type *x)                                  \
    {                                                                                              \
        return tree_is_linked(&x->member.node);                                                    \
    }                                                                                              \
    /* Behind those of equal key. */                                                               \
    [[maybe_unused]] static inline void name##_insert(struct name *t, type *x)                     \
    {                                                                                              \
        ASSERT(!tree_is_linked(&x->member.node));                                                  \
        struct tree_node *parent = nullptr, **link = &t->tree.root;                                \
        while (*link != nullptr) {                                                                 \
            parent = *link;                                                                        \
            bool left = x->key < TREE_ENTRY(parent, type, member.node)->key;                       \
            link = left ? &parent->left : &parent->right;                                          \
        }                                                                                          \
        t->tree.update = (summarise);                                                              \
        tree_insert(&t->tree, parent, link, &x->member.node);                                      \
    }                                                                                              \
    [[maybe_unused]] static inline void name##_remove(struct name *t, type *x)                     \
    {                                                                                              \
        static_assert(offsetof(type, member) == name##_offset);                                    \
        ASSERT(tree_is_linked(&x->member.node) && ttree_top(&x->member.node) == t->tree.root);     \
        tree_remove(&t->tree, &x->member.node);                                                    \
    }                                                                                              \
    /* The first whose key is `at` or more, and the last whose key is `at` or less; or null. */    \
    [[maybe_unused]] static inline type *name##_at_or_after(const struct name *t, uint64_t at)     \
    {                                                                                              \
        type *found = nullptr;                                                                     \
        for (struct tree_node *n = t->tree.root; n != nullptr;) {                                  \
            type *x = TREE_ENTRY(n, type, member.node);                                            \
            if (x->key >= at)                                                                      \
                found = x;                                                                         \
            n = x->key >= at ? n->left : n->right;                                                 \
        }                                                                                          \
        return found;                                                                              \
    }                                                                                              \
    [[maybe_unused]] static inline type *name##_at_or_before(const struct name *t, uint64_t at)    \
    {                                                                                              \
        type *found = nullptr;                                                                     \
        for (struct tree_node *n = t->tree.root; n != nullptr;) {                                  \
            type *x = TREE_ENTRY(n, type, member.node);                                            \
            if (x->key <= at)                                                                      \
                found = x;                                                                         \
            n = x->key <= at ? n->right : n->left;                                                 \
        }                                                                                          \
        return found;                                                                              \
    }                                                                                              \
    [[maybe_unused]] static inline type *name##_find(const struct name *t, uint64_t at)            \
    {                                                                                              \
        type *x = name##_at_or_after(t, at);                                                       \
        return x != nullptr && x->key == at ? x : nullptr;                                         \
    }                                                                                              \
    [[maybe_unused]] static inline type *name##_first(const struct name *t)                        \
    {                                                                                              \
        return TREE_ENTRY(tree_first(&t->tree), type, member.node);                                \
    }                                                                                              \
    [[maybe_unused]] static inline type *name##_last(const struct name *t)                         \
    {                                                                                              \
        return TREE_ENTRY(tree_last(&t->tree), type, member.node);                                 \
    }                                                                                              \
    [[maybe_unused]] static inline type *name##_next(const type *x)                                \
    {                                                                                              \
        return TREE_ENTRY(tree_next(&x->member.node), type, member.node);                          \
    }                                                                                              \
    [[maybe_unused]] static inline type *name##_prev(const type *x)                                \
    {                                                                                              \
        return TREE_ENTRY(tree_prev(&x->member.node), type, member.node);                          \
    }                                                                                              \
    static_assert(true)
