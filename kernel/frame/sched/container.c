// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/sched/sched_priv.h"

// Where retired nodes are: in no container that anybody could name.
static struct sched_container nowhere;

// Changed by the queue's CPU under its lock, and read by all.
static void count(struct sched_container *c, uint32_t value)
{
    __atomic_store_n(&c->count, value, __ATOMIC_RELAXED);
}

// Makes the node this container's. Whoever does it first wins, whatever other CPUs try.
static bool claim(struct sched_container *c, struct sched_node *n)
{
    struct sched_container *none = nullptr;
    if (!run_queue_is_mine(c->cpu) ||
        !__atomic_compare_exchange_n(&n->container, &none, c, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        return false;
    count(c, c->count + 1);
    return true;
}

static void release(struct sched_container *c, struct sched_node *n)
{
    count(c, c->count - 1);
    __atomic_store_n(&n->container, nullptr, __ATOMIC_RELEASE);
}

static bool holds(const struct sched_container *c, const struct sched_node *n)
{
    return run_queue_is_mine(c->cpu) && __atomic_load_n(&n->container, __ATOMIC_RELAXED) == c;
}

void sched_queue_init(struct sched_queue *q, uint32_t cpu)
{
    *q = (struct sched_queue){.c = {.cpu = cpu}};
}

static struct sched_node *node_of(struct tree_node *t)
{
    return TREE_ENTRY(t, struct sched_node, tree);
}

static void update_least(struct tree_node *t)
{
    struct sched_node *n = node_of(t), *left = node_of(t->left), *right = node_of(t->right);
    n->least_bound = n->bound;
    if (left != nullptr)
        n->least_bound = min_u64(n->least_bound, left->least_bound);
    if (right != nullptr)
        n->least_bound = min_u64(n->least_bound, right->least_bound);
}

void sched_tree_init(struct sched_tree *t, uint32_t cpu)
{
    *t = (struct sched_tree){.c = {.cpu = cpu}, .tree = {.update = update_least}};
}

uint32_t sched_queue_count(const struct sched_queue *q)
{
    return __atomic_load_n(&q->c.count, __ATOMIC_RELAXED);
}

uint32_t sched_tree_count(const struct sched_tree *t)
{
    return __atomic_load_n(&t->c.count, __ATOMIC_RELAXED);
}

bool sched_queue_push(struct sched_queue *q, struct sched_node *n)
{
    if (!claim(&q->c, n))
        return false;
    n->next = nullptr;
    n->prev = q->last;
    if (q->last != nullptr)
        q->last->next = n;
    else
        q->first = n;
    q->last = n;
    return true;
}

bool sched_queue_remove(struct sched_queue *q, struct sched_node *n)
{
    if (!holds(&q->c, n))
        return false;
    if (n->prev != nullptr)
        n->prev->next = n->next;
    else
        q->first = n->next;
    if (n->next != nullptr)
        n->next->prev = n->prev;
    else
        q->last = n->prev;
    release(&q->c, n);
    return true;
}

struct sched_node *sched_queue_pop(struct sched_queue *q)
{
    struct sched_node *n = q->first;
    return n != nullptr && sched_queue_remove(q, n) ? n : nullptr;
}

struct sched_node *sched_queue_pop_for(struct sched_queue *q, uint32_t cpu)
{
    if (!run_queue_is_mine(q->c.cpu))
        return nullptr;
    for (struct sched_node *n = q->first; n != nullptr; n = n->next) {
        if (cpuset_has(n->attr.affinity, cpu))
            return sched_queue_remove(q, n) ? n : nullptr;
    }
    return nullptr;
}

bool sched_tree_insert(struct sched_tree *t, struct sched_node *n, uint64_t key, uint64_t bound)
{
    if (!claim(&t->c, n))
        return false;
    n->key = key;
    n->bound = bound;
    struct tree_node *parent = nullptr, **link = &t->tree.root;
    while (*link != nullptr) {
        parent = *link;
        link = key < node_of(parent)->key ? &parent->left : &parent->right;
    }
    tree_insert(&t->tree, parent, link, &n->tree);
    return true;
}

bool sched_tree_remove(struct sched_tree *t, struct sched_node *n)
{
    if (!holds(&t->c, n))
        return false;
    tree_remove(&t->tree, &n->tree);
    release(&t->c, n);
    return true;
}

struct sched_node *sched_tree_first(const struct sched_tree *t)
{
    return run_queue_is_mine(t->c.cpu) ? node_of(tree_first(&t->tree)) : nullptr;
}

struct sched_node *sched_tree_next(const struct sched_tree *t, struct sched_node *n)
{
    return holds(&t->c, n) ? node_of(tree_next(&n->tree)) : nullptr;
}

// Keys ascend to the right; a subtree whose least bound is beyond the limit has nobody.
struct sched_node *sched_tree_first_within(const struct sched_tree *t, uint64_t limit)
{
    struct sched_node *n = run_queue_is_mine(t->c.cpu) ? node_of(t->tree.root) : nullptr;
    while (n != nullptr) {
        struct sched_node *left = node_of(n->tree.left);
        if (left != nullptr && left->least_bound <= limit)
            n = left;
        else if (n->bound <= limit)
            return n;
        else
            n = node_of(n->tree.right);
    }
    return nullptr;
}

struct sched_node *sched_tree_pop(struct sched_tree *t)
{
    struct sched_node *n = sched_tree_first(t);
    return n != nullptr && sched_tree_remove(t, n) ? n : nullptr;
}

bool sched_node_retire(struct sched_node *n)
{
    struct sched_container *none = nullptr;
    return __atomic_compare_exchange_n(&n->container, &none, &nowhere, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}

void sched_node_init(struct sched_node *n, const struct sched_attr *attr)
{
    n->next = nullptr;
    n->prev = nullptr;
    n->tree = (struct tree_node){};
    n->attr = *attr;
    n->cpu = 0;
    n->share = (struct sched_share){};
    // Last: from here on it can be put into a container.
    __atomic_store_n(&n->container, nullptr, __ATOMIC_RELEASE);
}

struct sched_share *sched_node_share(struct sched_node *n) { return &n->share; }
struct sched_attr sched_node_attr(const struct sched_node *n) { return n->attr; }
uint32_t sched_node_cpu(const struct sched_node *n) { return n->cpu; }
