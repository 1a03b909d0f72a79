// SPDX-License-Identifier: Apache-2.0
// The containers of one type: that elements come back as what they are, and that misuse panics.
// What lists and trees do is list_test's and tree_test's.
#include "kernel/frame/base/atomic.h"
#include "kernel/frame/base/tlist.h"
#include "kernel/frame/base/ttree.h"
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <vector>

namespace
{

struct item {
    int value;
    struct list_link link;
    struct ttree_node node, plain_node;
    uint64_t key;
    uint64_t most; // of the subtree
};

TLIST_DEFINE(items, struct item, link);
TTREE_DEFINE(plain, struct item, plain_node, key);
TTREE_DEFINE_SUMMED(summed, struct item, node, key, update_most);

void update_most(struct item *x, const struct item *left, const struct item *right)
{
    x->most = (uint64_t)x->value;
    if (left != nullptr && left->most > x->most)
        x->most = left->most;
    if (right != nullptr && right->most > x->most)
        x->most = right->most;
}

std::vector<int> values(const struct items *l)
{
    std::vector<int> v;
    for (struct item *i = items_first(l); i != nullptr; i = items_next(l, i))
        v.push_back(i->value);
    return v;
}

TEST(TypedList, all_zero_is_empty)
{
    struct items l = {};
    EXPECT_TRUE(items_is_empty(&l));
    EXPECT_EQ(items_first(&l), nullptr);
    EXPECT_EQ(items_pop_front(&l), nullptr);
}

TEST(TypedList, keeps_order_and_gives_back_elements)
{
    struct items l = {};
    struct item a = {}, b = {}, c = {}, d = {};
    a.value = 1, b.value = 2, c.value = 3, d.value = 4;
    items_push_back(&l, &b);
    items_push_front(&l, &a);
    items_push_back(&l, &d);
    items_insert_before(&d, &c);
    EXPECT_EQ(values(&l), (std::vector{1, 2, 3, 4}));
    items_remove(&b);
    EXPECT_FALSE(items_has(&b));
    EXPECT_TRUE(items_has(&a));
    EXPECT_EQ(items_pop_front(&l), &a);
    EXPECT_EQ(values(&l), (std::vector{3, 4}));
    items_remove(&c);
    items_remove(&d);
    EXPECT_TRUE(items_is_empty(&l));
    EXPECT_EQ(items_next(&l, &d), nullptr);
}

TEST(TypedListDeathTest, an_element_is_in_one_list_once)
{
    struct items l = {}, m = {};
    struct item a = {}, b = {};
    items_push_back(&l, &a);
    EXPECT_DEATH(items_push_back(&m, &a), "assertion failed");
    EXPECT_DEATH(items_push_front(&l, &a), "assertion failed");
    EXPECT_DEATH(items_remove(&b), "assertion failed");
    EXPECT_DEATH(items_insert_before(&b, &b), "assertion failed");
}

// A list's head is no element, whichever list the caller names.
TEST(TypedList, next_ends_at_the_list_that_the_element_is_in)
{
    struct items l = {}, other = {};
    struct item a = {}, b = {};
    items_push_back(&l, &a);
    items_push_back(&other, &b);
    EXPECT_EQ(items_next(&l, &b), nullptr);
    items_insert_before(&b, items_pop_front(&l));
    EXPECT_EQ(items_next(&l, &a), &b);
    EXPECT_EQ(items_next(&l, &b), nullptr);
}

TEST(TypedTreeDeathTest, an_element_is_removed_from_its_own_tree)
{
    struct plain t = {}, other = {};
    struct item a = {}, b = {};
    plain_insert(&t, &a);
    plain_insert(&other, &b);
    EXPECT_DEATH(plain_remove(&t, &b), "assertion failed");
}

TEST(TypedTree, agrees_with_a_map)
{
    std::mt19937 random(7);
    std::vector<struct item> all(400);
    std::map<uint64_t, struct item *> model;
    struct plain t = {};
    for (int step = 0; step < 20000; step++) {
        struct item *i = &all[random() % all.size()];
        if (plain_has(i)) {
            plain_remove(&t, i);
            model.erase(i->key);
        } else {
            i->key = random() % 1000;
            if (model.insert({i->key, i}).second)
                plain_insert(&t, i);
        }
        uint64_t at = random() % 1000;
        auto after = model.lower_bound(at), behind = model.upper_bound(at);
        ASSERT_EQ(plain_at_or_after(&t, at), after != model.end() ? after->second : nullptr);
        ASSERT_EQ(plain_at_or_before(&t, at),
                  behind != model.begin() ? std::prev(behind)->second : nullptr);
        ASSERT_EQ(plain_find(&t, at), model.count(at) ? model[at] : nullptr);
        ASSERT_EQ(plain_is_empty(&t), model.empty());
        if (model.empty())
            continue;
        ASSERT_EQ(plain_first(&t), model.begin()->second);
        ASSERT_EQ(plain_last(&t), model.rbegin()->second);
        if (after != model.end()) {
            auto next = std::next(after);
            ASSERT_EQ(plain_next(after->second), next != model.end() ? next->second : nullptr);
            ASSERT_EQ(plain_prev(after->second),
                      after != model.begin() ? std::prev(after)->second : nullptr);
        }
    }
}

TEST(TypedTree, elements_of_equal_key_stay_in_order)
{
    struct plain t = {};
    struct item a = {}, b = {};
    plain_insert(&t, &a);
    plain_insert(&t, &b);
    EXPECT_EQ(plain_first(&t), &a);
    EXPECT_EQ(plain_next(&a), &b);
}

TEST(TypedTree, summarises_subtrees)
{
    std::mt19937 random(3);
    std::vector<struct item> all(100);
    struct summed t = {};
    int most = 0;
    for (struct item &i : all) {
        i.key = random();
        i.value = (int)(random() % 1000);
        most = std::max(most, i.value);
        summed_insert(&t, &i);
        ASSERT_EQ(summed_root(&t)->most, (uint64_t)most);
    }
    all[5].value = 5000;
    summed_changed(&t, &all[5]);
    EXPECT_EQ(summed_root(&t)->most, 5000u);
    summed_remove(&t, &all[5]);
    EXPECT_LT(summed_root(&t)->most, 5000u);
    EXPECT_FALSE(summed_has(&all[5]));
    const struct item *left = summed_left(summed_root(&t)), *right = summed_right(summed_root(&t));
    EXPECT_LT(left->key, summed_root(&t)->key);
    EXPECT_GE(right->key, summed_root(&t)->key);
}

TEST(TypedTreeDeathTest, an_element_is_in_one_tree_once)
{
    struct plain t = {};
    struct item a = {}, b = {};
    plain_insert(&t, &a);
    EXPECT_DEATH(plain_insert(&t, &a), "assertion failed");
    EXPECT_DEATH(plain_remove(&t, &b), "assertion failed");
    struct summed s = {};
    EXPECT_DEATH(summed_changed(&s, &b), "assertion failed");
}

TEST(Atomic, operations_return_what_was_there)
{
    uint32_t word = 5, expected = 6;
    EXPECT_EQ(atomic_add(&word, 3), 5u);
    EXPECT_EQ(atomic_sub(&word, 2), 8u);
    EXPECT_EQ(atomic_or(&word, 9), 6u);
    EXPECT_EQ(atomic_and(&word, 8), 15u);
    EXPECT_EQ(atomic_swap(&word, 1), 8u);
    EXPECT_FALSE(atomic_compare_swap(&word, &expected, 2));
    EXPECT_EQ(expected, 1u);
    EXPECT_TRUE(atomic_compare_swap(&word, &expected, 2));
    store_release(&word, 7);
    EXPECT_EQ(load_acquire(&word), 7u);
}

TEST(Refcount, the_last_put_says_so)
{
    struct refcount r;
    refcount_init(&r);
    refcount_get(&r);
    EXPECT_TRUE(refcount_get_unless_zero(&r));
    EXPECT_EQ(refcount_read(&r), 3u);
    EXPECT_FALSE(refcount_put(&r));
    EXPECT_FALSE(refcount_put(&r));
    EXPECT_TRUE(refcount_put(&r));
    EXPECT_FALSE(refcount_get_unless_zero(&r));
}

TEST(RefcountDeathTest, nobody_has_what_is_gone)
{
    struct refcount r = {};
    EXPECT_DEATH(refcount_get(&r), "assertion failed");
    EXPECT_DEATH(refcount_put(&r), "assertion failed");
}

} // namespace
