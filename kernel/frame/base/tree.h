// SPDX-License-Identifier: Apache-2.0
// Balanced binary tree (AVL) with the links inside the elements, and optionally a summary in
// each element of the subtree below it. For the frame. Callers see to locking.
//
// The order is the caller's: it descends by itself to find the place of a new element and hands
// it over with tree_insert. Elements that compare equal may be in the tree together.
#pragma once
#include "kernel/frame/base/assert.h"
#include <stddef.h>
#include <stdint.h>

C_BEGIN

struct tree_node {
    struct tree_node *parent, *left, *right;
    uint32_t height; // of the subtree: 1 without children, 0 while in no tree
};

struct tree {
    struct tree_node *root;
    // Recomputes an element's summary from its own value and its children's. May be null.
    void (*update)(struct tree_node *node);
};

// The structure around a member; null stays null.
#define TREE_ENTRY(node, type, member) ((type *)tree_container((node), offsetof(type, member)))

static inline void *tree_container(struct tree_node *node, size_t offset)
{
    return node != nullptr ? (char *)node - offset : nullptr;
}

static inline bool tree_is_linked(const struct tree_node *node) { return node->height != 0; }

// Puts `node` at `*link`, an empty place below `parent` (the root's place if that is null).
void tree_insert(struct tree *tree, struct tree_node *parent, struct tree_node **link,
                 struct tree_node *node);

void tree_remove(struct tree *tree, struct tree_node *node);

// Recomputes summaries upwards from `node`, whose own value has changed.
void tree_update(struct tree *tree, struct tree_node *node);

// In order; null where there is none.
struct tree_node *tree_first(const struct tree *tree);
struct tree_node *tree_last(const struct tree *tree);
struct tree_node *tree_next(const struct tree_node *node);
struct tree_node *tree_prev(const struct tree_node *node);

C_END
