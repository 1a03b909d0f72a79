// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/tree.h"
#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace
{

struct Item {
    struct tree_node node;
    int key;
    int least; // summary: the least key of the subtree
};

Item *item(struct tree_node *n) { return TREE_ENTRY(n, Item, node); }
const Item *item(const struct tree_node *n) { return item(const_cast<struct tree_node *>(n)); }

void update(struct tree_node *n)
{
    Item *i = item(n);
    i->least = i->key;
    for (struct tree_node *child : {n->left, n->right}) {
        if (child != nullptr)
            i->least = std::min(i->least, item(child)->least);
    }
}

void insert(struct tree *t, Item *i)
{
    struct tree_node *parent = nullptr, **link = &t->root;
    while (*link != nullptr) {
        parent = *link;
        link = i->key < item(parent)->key ? &parent->left : &parent->right;
    }
    tree_insert(t, parent, link, &i->node);
}

// Checks links, balance and summaries; returns the height.
uint32_t check(const struct tree_node *n, const struct tree_node *parent, bool summaries)
{
    if (n == nullptr)
        return 0;
    EXPECT_EQ(n->parent, parent);
    uint32_t l = check(n->left, n, summaries), r = check(n->right, n, summaries);
    EXPECT_LE(std::max(l, r) - std::min(l, r), 1u);
    EXPECT_EQ(n->height, std::max(l, r) + 1);
    if (summaries) {
        int least = item(n)->key;
        for (const struct tree_node *child : {n->left, n->right}) {
            if (child != nullptr)
                least = std::min(least, item(child)->least);
        }
        EXPECT_EQ(item(n)->least, least);
    }
    return n->height;
}

std::vector<int> keys_forward(const struct tree &t)
{
    std::vector<int> keys;
    for (struct tree_node *n = tree_first(&t); n != nullptr; n = tree_next(n))
        keys.push_back(item(n)->key);
    return keys;
}

std::vector<int> keys_backward(const struct tree &t)
{
    std::vector<int> keys;
    for (struct tree_node *n = tree_last(&t); n != nullptr; n = tree_prev(n))
        keys.push_back(item(n)->key);
    return keys;
}

TEST(Tree, empty)
{
    struct tree t = {};
    EXPECT_EQ(tree_first(&t), nullptr);
    EXPECT_EQ(tree_last(&t), nullptr);
}

void run_against_model(bool summaries, unsigned seed)
{
    std::mt19937 random(seed);
    struct tree t = {nullptr, summaries ? update : nullptr};
    std::vector<std::unique_ptr<Item>> items;
    std::multimap<int, Item *> model;
    for (int step = 0; step < 4000; step++) {
        if (model.empty() || random() % 100 < (step < 2000 ? 60 : 40)) {
            items.push_back(std::make_unique<Item>());
            Item *i = items.back().get();
            i->key = (int)(random() % 500); // equal keys happen
            insert(&t, i);
            model.insert({i->key, i});
        } else {
            auto victim = std::next(model.begin(), (long)(random() % model.size()));
            ASSERT_TRUE(tree_is_linked(&victim->second->node));
            tree_remove(&t, &victim->second->node);
            ASSERT_FALSE(tree_is_linked(&victim->second->node));
            model.erase(victim);
        }
        if (step % 50 == 0) {
            check(t.root, nullptr, summaries);
            std::vector<int> expected;
            for (auto &[key, i] : model)
                expected.push_back(key);
            ASSERT_EQ(keys_forward(t), expected) << "seed " << seed << " step " << step;
            std::reverse(expected.begin(), expected.end());
            ASSERT_EQ(keys_backward(t), expected) << "seed " << seed << " step " << step;
        }
    }
}

TEST(Tree, agrees_with_a_multimap)
{
    for (unsigned seed = 1; seed <= 5; seed++)
        run_against_model(false, seed);
}

TEST(Tree, keeps_summaries)
{
    for (unsigned seed = 1; seed <= 5; seed++)
        run_against_model(true, seed);
}

TEST(Tree, stays_shallow_when_filled_in_order)
{
    struct tree t = {};
    std::vector<Item> items(1 << 12);
    for (size_t i = 0; i < items.size(); i++) {
        items[i] = Item{.node = {}, .key = (int)i, .least = 0};
        insert(&t, &items[i]);
    }
    EXPECT_LE(check(t.root, nullptr, false), 13u);
}

TEST(Tree, a_changed_value_is_seen_in_the_summaries)
{
    struct tree t = {nullptr, update};
    std::vector<Item> items(100);
    for (size_t i = 0; i < items.size(); i++) {
        items[i] = Item{.node = {}, .key = (int)i, .least = 0};
        insert(&t, &items[i]);
    }
    items[70].key = -5; // no longer in order, but that is not the summary's business
    tree_update(&t, &items[70].node);
    EXPECT_EQ(item(t.root)->least, -5);
}

TEST(TreeDeathTest, inserting_twice_panics)
{
    struct tree t = {};
    Item a = {.node = {}, .key = 1, .least = 0};
    insert(&t, &a);
    EXPECT_DEATH(insert(&t, &a), "tree_is_linked");
}

TEST(TreeDeathTest, removing_what_is_not_there_panics)
{
    struct tree t = {};
    Item a = {.node = {}, .key = 1, .least = 0};
    EXPECT_DEATH(tree_remove(&t, &a.node), "tree_is_linked");
}

} // namespace
