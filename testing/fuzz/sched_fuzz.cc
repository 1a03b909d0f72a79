// SPDX-License-Identifier: Apache-2.0
// What a policy keeps tasks in, and the fair policy, against plain lists and sums.
#include "kernel/frame/sched/sched_priv.h"
#include "kernel/policy/fair.h"
#include "testing/fuzz/input.h"
#include <algorithm>
#include <cstring>
#include <vector>

static uint32_t locked_cpu;
static struct cpu the_cpu;

// What the rooms below are given.
bool run_queue_is_mine(uint32_t cpu) { return cpu == locked_cpu; }
struct cpu_arch *cpu_arch_this(void) { return &the_cpu.arch; }
void preempt_schedule(void) {}
void preempt_schedule_irq(void) {}

namespace
{

constexpr size_t NODES = 12;

// Heights differ by one at most, links lead back; returns the height.
uint32_t check_tree(const struct tree_node *n, const struct tree_node *parent)
{
    if (n == nullptr)
        return 0;
    CHECK(n->parent == parent);
    uint32_t left = check_tree(n->left, n), right = check_tree(n->right, n);
    CHECK(left <= right + 1 && right <= left + 1);
    CHECK(n->height == std::max(left, right) + 1);
    return n->height;
}

std::vector<struct sched_node *> in_order(const struct sched_tree *t)
{
    std::vector<struct sched_node *> all;
    for (struct tree_node *n = tree_first(&t->tree); n != nullptr; n = tree_next(n))
        all.push_back(TREE_ENTRY(n, struct sched_node, tree));
    return all;
}

// Containers of two CPUs: whatever is tried, a node is in one at most, and only the CPU whose run
// queue is locked changes its own.
class Containers
{
public:
    Containers()
    {
        for (uint32_t cpu = 0; cpu < 2; cpu++) {
            sched_queue_init(&queue_[cpu], cpu);
            sched_tree_init(&tree_[cpu], cpu);
        }
        struct sched_attr attr = {.kind = SCHED_FAIR, .weight = 1024, .affinity = {~0ull}};
        memset(static_cast<void *>(node_), 0xee, sizeof(node_));
        for (auto &n : node_)
            sched_node_init(&n, &attr);
    }

    void step(Input &in)
    {
        locked_cpu = in.u8() % 2;
        uint32_t cpu = in.u8() < 240 ? locked_cpu : 1 - locked_cpu;
        bool mine = cpu == locked_cpu;
        struct sched_node *n = &node_[in.below(NODES)];
        auto &list = queued_[cpu];
        auto &tree = treed_[cpu];
        switch (in.below(8)) {
        case 0: {
            bool ok = mine && is_free(n);
            CHECK(sched_queue_push(&queue_[cpu], n) == ok);
            if (ok)
                list.push_back(n);
            break;
        }
        case 1: {
            bool ok = mine && is_free(n);
            uint64_t key = in.u8(), bound = in.u8();
            CHECK(sched_tree_insert(&tree_[cpu], n, key, bound) == ok);
            if (ok)
                tree.insert(std::upper_bound(tree.begin(), tree.end(), n, by_key), n);
            break;
        }
        case 2:
            CHECK(sched_queue_remove(&queue_[cpu], n) == (mine && take(list, n)));
            break;
        case 3:
            CHECK(sched_tree_remove(&tree_[cpu], n) == (mine && take(tree, n)));
            break;
        case 4: {
            struct sched_node *want = mine && !list.empty() ? list.front() : nullptr;
            CHECK(sched_queue_pop(&queue_[cpu]) == want);
            take(list, want);
            break;
        }
        case 5: {
            struct sched_node *want = mine && !tree.empty() ? tree.front() : nullptr;
            CHECK(sched_tree_first(&tree_[cpu]) == want);
            CHECK(sched_tree_pop(&tree_[cpu]) == want);
            take(tree, want);
            break;
        }
        case 6: {
            // Only those that may run there.
            if (is_free(n))
                n->attr.affinity.bits = in.u8() % 4;
            struct sched_node *want = nullptr;
            for (auto i = list.rbegin(); mine && i != list.rend(); ++i)
                want = cpuset_has((*i)->attr.affinity, 1) ? *i : want;
            CHECK(sched_queue_pop_for(&queue_[cpu], 1) == want);
            take(list, want);
            break;
        }
        case 7: {
            uint64_t limit = in.u8();
            auto within = [limit](const struct sched_node *i) { return i->bound <= limit; };
            auto i = std::find_if(tree.begin(), tree.end(), within);
            struct sched_node *want = mine && i != tree.end() ? *i : nullptr;
            CHECK(sched_tree_first_within(&tree_[cpu], limit) == want);
            i = std::find(tree.begin(), tree.end(), n);
            want = mine && i != tree.end() && i + 1 != tree.end() ? i[1] : nullptr;
            CHECK(sched_tree_next(&tree_[cpu], n) == want);
            break;
        }
        }
        check();
    }

private:
    static bool by_key(const struct sched_node *a, const struct sched_node *b)
    {
        return a->key < b->key;
    }

    static bool take(std::vector<struct sched_node *> &from, struct sched_node *n)
    {
        auto i = std::find(from.begin(), from.end(), n);
        if (i == from.end())
            return false;
        from.erase(i);
        return true;
    }

    bool is_free(const struct sched_node *n) const
    {
        for (int cpu = 0; cpu < 2; cpu++) {
            if (std::count(queued_[cpu].begin(), queued_[cpu].end(), n) != 0 ||
                std::count(treed_[cpu].begin(), treed_[cpu].end(), n) != 0)
                return false;
        }
        return true;
    }

    void check()
    {
        for (uint32_t cpu = 0; cpu < 2; cpu++) {
            CHECK(sched_queue_count(&queue_[cpu]) == queued_[cpu].size());
            CHECK(sched_tree_count(&tree_[cpu]) == treed_[cpu].size());
            CHECK(in_order(&tree_[cpu]) == treed_[cpu]);
            check_tree(tree_[cpu].tree.root, nullptr);
        }
    }

    struct sched_node node_[NODES];
    struct sched_queue queue_[2];
    struct sched_tree tree_[2];
    std::vector<struct sched_node *> queued_[2], treed_[2];
};

// One CPU's fair queue. What it should pick is found by looking at everybody.
class Fair
{
public:
    Fair()
    {
        locked_cpu = 0;
        fair_init(&f_, 0);
    }

    void step(Input &in)
    {
        size_t i = in.below(NODES);
        struct sched_node *n = &node_[i];
        switch (in.below(8)) {
        case 0:
        case 1:
            if (where_[i] == AWAY)
                add(in, i);
            break;
        case 2:
        case 3:
            pick(in);
            break;
        case 4:
        case 5:
            fair_charge(&f_, n, in.u16() * (1ull << in.u8() % 26));
            break;
        case 6:
            CHECK(fair_remove(&f_, n) == (where_[i] == READY));
            if (where_[i] == READY)
                where_[i] = AWAY;
            break;
        case 7:
            fair_leave(&f_, n);
            if (where_[i] == RUNNING)
                where_[i] = AWAY;
            break;
        }
        check();
    }

private:
    enum Where {
        NOT_MADE,
        AWAY,
        READY,
        RUNNING
    };

    void add(Input &in, size_t i)
    {
        struct sched_node *n = &node_[i];
        if (where_[i] == AWAY && made_[i]) {
            CHECK(fair_add(&f_, n));
        } else {
            static constexpr uint32_t WEIGHTS[] = {
                SCHED_WEIGHT_MIN, 15, 335, SCHED_WEIGHT_DEFAULT, 9548, 88761, SCHED_WEIGHT_MAX};
            struct sched_attr attr = {
                .kind = SCHED_FAIR, .weight = WEIGHTS[in.below(7)], .affinity = {~0ull}};
            sched_node_init(n, &attr);
            made_[i] = true;
            CHECK(fair_add(&f_, n));
        }
        where_[i] = READY;
    }

    void pick(Input &in)
    {
        size_t before = index(f_.running);
        if (f_.running != nullptr) {
            CHECK(fair_put_back(&f_, f_.running, in.u8() % 4 == 0));
            where_[before] = READY;
            check();
        }
        struct sched_node *want = nullptr;
        bool any_eligible = false;
        auto all = in_order(&f_.ready);
        for (struct sched_node *n : all) {
            if (is_eligible(n) && !any_eligible) {
                want = n;
                any_eligible = true;
            }
        }
        if (!any_eligible && !all.empty())
            want = all.front();
        struct sched_node *got = fair_pick(&f_);
        CHECK(got == want || (got != nullptr && got->key == want->key));
        if (got != nullptr)
            where_[index(got)] = RUNNING;
    }

    size_t index(const struct sched_node *n) const
    {
        return n == nullptr ? 0 : static_cast<size_t>(n - node_);
    }

    bool is_eligible(const struct sched_node *n) const
    {
        __int128 weighted = 0, weight = 0;
        for (size_t i = 0; i < NODES; i++) {
            if (where_[i] != READY && where_[i] != RUNNING)
                continue;
            weighted +=
                static_cast<__int128>(static_cast<int64_t>(node_[i].share.vruntime - f_.base)) *
                node_[i].attr.weight;
            weight += node_[i].attr.weight;
        }
        return static_cast<__int128>(static_cast<int64_t>(n->share.vruntime - f_.base)) * weight <=
               weighted;
    }

    // The sums are those of all that are there, to the last bit, and so are the summaries.
    void check()
    {
        __int128 weighted = 0;
        int64_t weight = 0;
        for (size_t i = 0; i < NODES; i++) {
            CHECK((f_.running == &node_[i]) == (where_[i] == RUNNING));
            if (where_[i] != READY && where_[i] != RUNNING)
                continue;
            weighted +=
                static_cast<__int128>(static_cast<int64_t>(node_[i].share.vruntime - f_.base)) *
                node_[i].attr.weight;
            weight += node_[i].attr.weight;
        }
        CHECK(f_.sum_weight == weight);
        CHECK(f_.sum_weighted == weighted);
        CHECK(sched_tree_count(&f_.ready) ==
              static_cast<size_t>(std::count(where_, where_ + NODES, READY)));
        auto all = in_order(&f_.ready);
        for (size_t i = 1; i < all.size(); i++)
            CHECK(static_cast<int64_t>(all[i]->key - all[i - 1]->key) >= 0);
        check_tree(f_.ready.tree.root, nullptr);
        check_least(f_.ready.tree.root);
        if (f_.running != nullptr)
            CHECK(fair_left(&f_) > 0);
    }

    static uint64_t check_least(struct tree_node *t)
    {
        struct sched_node *n = TREE_ENTRY(t, struct sched_node, tree);
        if (n == nullptr)
            return 0;
        uint64_t least = n->bound;
        for (struct tree_node *child : {t->left, t->right}) {
            if (child == nullptr)
                continue;
            uint64_t of_child = check_least(child);
            least = std::min(least, of_child);
        }
        CHECK(n->least_bound == least);
        return least;
    }

    struct fair f_;
    struct sched_node node_[NODES] = {};
    Where where_[NODES] = {AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY};
    bool made_[NODES] = {};
};

template <typename Subject> void run(Input in)
{
    Subject subject;
    while (!in.empty())
        subject.step(in);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in(data, size);
    if (in.u8() % 2 == 0)
        run<Containers>(in);
    else
        run<Fair>(in);
    return 0;
}
