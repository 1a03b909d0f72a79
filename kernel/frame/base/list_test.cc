// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/list.h"
#include <deque>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace
{

struct item {
    int before;
    struct list link;
    int value;
};

struct item *item_of(struct list *link) { return LIST_ENTRY(link, struct item, link); }

// The values in order; also proves that the backward links mirror the forward ones.
std::vector<int> values(const struct list &head)
{
    std::vector<int> out;
    for (struct list *at = head.next; at != &head; at = at->next) {
        EXPECT_EQ(at->next->prev, at);
        EXPECT_EQ(at->prev->next, at);
        out.push_back(item_of(at)->value);
    }
    return out;
}

using ints = std::vector<int>;

TEST(List, begins_empty)
{
    struct list a = LIST_INIT(a);
    struct list b;
    list_init(&b);
    EXPECT_TRUE(list_is_empty(&a));
    EXPECT_TRUE(list_is_empty(&b));
    EXPECT_EQ(list_pop_front(&a), nullptr);
    EXPECT_TRUE(list_is_empty(&a));
}

TEST(List, entry_is_the_structure_around_the_link)
{
    struct item i = {1, {}, 2};
    EXPECT_EQ(item_of(&i.link), &i);
}

TEST(List, keeps_order)
{
    struct list head = LIST_INIT(head);
    struct item i[5] = {{0, {}, 0}, {0, {}, 1}, {0, {}, 2}, {0, {}, 3}, {0, {}, 4}};
    list_push_back(&head, &i[1].link);
    list_push_back(&head, &i[3].link);
    list_push_front(&head, &i[0].link);
    list_insert_before(&i[3].link, &i[2].link);
    list_insert_before(&head, &i[4].link);
    EXPECT_FALSE(list_is_empty(&head));
    EXPECT_EQ(values(head), (ints{0, 1, 2, 3, 4}));
}

TEST(List, removal_poisons_the_link)
{
    struct list head = LIST_INIT(head);
    struct item a = {0, {}, 1}, b = {0, {}, 2}, c = {0, {}, 3};
    for (struct item *i : {&a, &b, &c})
        list_push_back(&head, &i->link);
    list_remove(&b.link);
    EXPECT_EQ(b.link.next, nullptr);
    EXPECT_EQ(b.link.prev, nullptr);
    EXPECT_EQ(values(head), (ints{1, 3}));
    EXPECT_EQ(list_pop_front(&head), &a.link);
    EXPECT_EQ(a.link.next, nullptr);
    EXPECT_EQ(list_pop_front(&head), &c.link);
    EXPECT_TRUE(list_is_empty(&head));
}

TEST(ListDeathTest, removing_a_link_that_its_neighbours_do_not_know_panics)
{
    struct list head = LIST_INIT(head);
    struct item a = {0, {}, 1}, b = {0, {}, 2};
    list_push_back(&head, &a.link);
    list_push_back(&head, &b.link);
    head.next = &b.link; // as if something had overwritten it
    EXPECT_DEATH(list_remove(&a.link), "assertion failed");
}

TEST(ListDeathTest, removing_twice_dies)
{
    struct list head = LIST_INIT(head);
    struct item a = {0, {}, 1};
    list_push_back(&head, &a.link);
    list_remove(&a.link);
    EXPECT_DEATH(list_remove(&a.link), "");
}

TEST(List, random_operations_agree_with_a_deque)
{
    constexpr uint32_t SEED = 3;
    std::mt19937 random(SEED);
    struct list head = LIST_INIT(head);
    std::vector<item> items(32);
    std::deque<int> model;
    for (size_t i = 0; i < items.size(); i++)
        items[i].value = static_cast<int>(i);
    for (int step = 0; step < 20'000; step++) {
        SCOPED_TRACE("seed " + std::to_string(SEED) + " step " + std::to_string(step));
        size_t i = random() % items.size();
        auto place = std::find(model.begin(), model.end(), static_cast<int>(i));
        if (place != model.end()) {
            list_remove(&items[i].link);
            model.erase(place);
        } else if (random() % 2) {
            list_push_back(&head, &items[i].link);
            model.push_back(static_cast<int>(i));
        } else {
            list_push_front(&head, &items[i].link);
            model.push_front(static_cast<int>(i));
        }
        if (random() % 16 == 0 && !model.empty()) {
            ASSERT_EQ(item_of(list_pop_front(&head))->value, model.front());
            model.pop_front();
        }
        ASSERT_EQ(values(head), ints(model.begin(), model.end()));
    }
}

} // namespace
