// SPDX-License-Identifier: Apache-2.0
// Invariant: the heights of an element's two subtrees differ by at most one. (Knuth, The Art of
// Computer Programming, 6.2.3, "Balanced Trees".)
#include "kernel/frame/base/tree.h"

static uint32_t height(const struct tree_node *n) { return n != nullptr ? n->height : 0; }

static void refresh(struct tree *t, struct tree_node *n)
{
    uint32_t l = height(n->left), r = height(n->right);
    n->height = (l > r ? l : r) + 1;
    if (t->update != nullptr)
        t->update(n);
}

// Puts `to` where `from` hangs on its parent.
static void replace_child(struct tree *t, struct tree_node *from, struct tree_node *to)
{
    struct tree_node *parent = from->parent;
    if (parent == nullptr)
        t->root = to;
    else if (parent->left == from)
        parent->left = to;
    else
        parent->right = to;
    if (to != nullptr)
        to->parent = parent;
}

// The left child goes up to `n`'s place and `n` down to its right. Returns the new top.
static struct tree_node *rotate_right(struct tree *t, struct tree_node *n)
{
    struct tree_node *up = n->left;
    replace_child(t, n, up);
    n->left = up->right;
    if (n->left != nullptr)
        n->left->parent = n;
    up->right = n;
    n->parent = up;
    refresh(t, n);
    refresh(t, up);
    return up;
}

static struct tree_node *rotate_left(struct tree *t, struct tree_node *n)
{
    struct tree_node *up = n->right;
    replace_child(t, n, up);
    n->right = up->left;
    if (n->right != nullptr)
        n->right->parent = n;
    up->left = n;
    n->parent = up;
    refresh(t, n);
    refresh(t, up);
    return up;
}

static struct tree_node *balance(struct tree *t, struct tree_node *n)
{
    if (height(n->left) > height(n->right) + 1) {
        if (height(n->left->right) > height(n->left->left))
            rotate_left(t, n->left);
        return rotate_right(t, n);
    }
    if (height(n->right) > height(n->left) + 1) {
        if (height(n->right->left) > height(n->right->right))
            rotate_right(t, n->right);
        return rotate_left(t, n);
    }
    return n;
}

// Restores the invariant and the summaries on the way from `n` to the root. Without summaries
// it ends where nothing changes any more.
static void restore(struct tree *t, struct tree_node *n)
{
    while (n != nullptr) {
        uint32_t before = n->height;
        refresh(t, n);
        n = balance(t, n);
        if (t->update == nullptr && n->height == before)
            return;
        n = n->parent;
    }
}

void tree_insert(struct tree *t, struct tree_node *parent, struct tree_node **link,
                 struct tree_node *node)
{
    ASSERT(!tree_is_linked(node) && *link == nullptr);
    *node = (struct tree_node){.parent = parent, .height = 1};
    *link = node;
    if (t->update != nullptr)
        t->update(node);
    restore(t, parent);
}

void tree_remove(struct tree *t, struct tree_node *node)
{
    ASSERT(tree_is_linked(node));
    struct tree_node *from; // where the shape changes first
    if (node->left == nullptr || node->right == nullptr) {
        from = node->parent;
        replace_child(t, node, node->left != nullptr ? node->left : node->right);
    } else {
        // The next element in order has no left child and takes the place.
        struct tree_node *next = tree_next(node);
        from = next->parent;
        if (from == node) {
            from = next;
        } else {
            replace_child(t, next, next->right);
            next->right = node->right;
            next->right->parent = next;
        }
        next->left = node->left;
        next->left->parent = next;
        next->height = node->height;
        replace_child(t, node, next);
    }
    *node = (struct tree_node){};
    restore(t, from);
}

void tree_update(struct tree *t, struct tree_node *node)
{
    for (; node != nullptr; node = node->parent)
        t->update(node);
}

struct tree_node *tree_first(const struct tree *t)
{
    struct tree_node *n = t->root;
    while (n != nullptr && n->left != nullptr)
        n = n->left;
    return n;
}

struct tree_node *tree_last(const struct tree *t)
{
    struct tree_node *n = t->root;
    while (n != nullptr && n->right != nullptr)
        n = n->right;
    return n;
}

struct tree_node *tree_next(const struct tree_node *node)
{
    if (node->right != nullptr) {
        struct tree_node *n = node->right;
        while (n->left != nullptr)
            n = n->left;
        return n;
    }
    while (node->parent != nullptr && node->parent->right == node)
        node = node->parent;
    return node->parent;
}

struct tree_node *tree_prev(const struct tree_node *node)
{
    if (node->left != nullptr) {
        struct tree_node *n = node->left;
        while (n->right != nullptr)
            n = n->right;
        return n;
    }
    while (node->parent != nullptr && node->parent->left == node)
        node = node->parent;
    return node->parent;
}
