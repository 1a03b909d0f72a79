// Intrusive lists and trees, a table of lists, arrays that grow, references, and callbacks with an
// argument.
#include "kernel/frame/frame.h"

struct process;

struct thread {
    uint32_t id;
    struct process *process;
    struct list_link sibling;
    struct list_link hash;
    struct timer alarm;
    struct rcu_head rcu;
    struct refcount refs;
};
TLIST_DEFINE(thread_list, struct thread, sibling);
HEAP_DEFINE(thread, struct thread);

TLIST_DEFINE(thread_bucket, struct thread, hash);

static struct thread_bucket buckets[64];

static struct thread_bucket *bucket_of(uint32_t id)
{
    return &ELEM(buckets, id % COUNT_OF(buckets));
}

struct vma {
    uint64_t start, end;
    uint64_t largest; // of the subtree
    struct ttree_node node;
};

TTREE_DEFINE_SUMMED(vma_tree, struct vma, node, start, vma_summarise);
HEAP_DEFINE(vma, struct vma);

static void vma_summarise(struct vma *v, const struct vma *left, const struct vma *right)
{
    v->largest = v->end - v->start;
    if (left != nullptr)
        v->largest = max_u64(v->largest, left->largest);
    if (right != nullptr)
        v->largest = max_u64(v->largest, right->largest);
}

struct fd_slot {
    struct thread *opener;
    bool close_on_exec;
};
ARRAY_DEFINE(fd_array, struct fd_slot);

extern struct lock_class lc_process;
struct lock_class lc_process = {"process", 0};

struct process {
    struct spinlock lock;
    struct thread_list threads GUARDED_BY(lc_process);
    struct vma_tree vmas;
    struct fd_array fds;
    struct waitq changed;
};
SPINLOCK_OPS(process, struct process, lock, lc_process)

TIMER_DEFINE(thread_alarm, struct thread, alarm, t) { t->id++; }

RCU_DEFINE(thread_free, struct thread, rcu, t) { thread_delete(t); }

SMP_CALL_DEFINE(process_count, struct process, p) { waitq_wake_all(&p->changed); }

static struct thread *thread_create(struct process *p, uint32_t id)
{
    struct thread *t = thread_new();
    if (t == nullptr)
        return nullptr;
    t->id = id;
    t->process = p;
    refcount_init(&t->refs);
    process_lock(p);
    thread_list_push_back(&p->threads, t);
    process_unlock(p);
    thread_bucket_push_back(bucket_of(id), t);
    thread_alarm_init(t);
    timer_arm_ns(&t->alarm, clock_mono_ns() + 1000);
    return t;
}

static void thread_put(struct thread *t)
{
    if (!refcount_put(&t->refs))
        return;
    timer_cancel(&t->alarm);
    thread_bucket_remove(t);
    process_lock(t->process);
    thread_list_remove(t);
    process_unlock(t->process);
    thread_free_defer(t);
}

static enum err map(struct process *p, uint64_t start, uint64_t end)
{
    struct vma *before = vma_tree_at_or_before(&p->vmas, start);
    if (before != nullptr && before->end > start)
        return ERR_EXIST;
    struct vma *v = vma_new();
    if (v == nullptr)
        return ERR_NOMEM;
    v->start = start;
    v->end = end;
    vma_tree_insert(&p->vmas, v);
    return ERR_OK;
}

void kernel_main(void)
{
    static struct process process;
    struct thread *t = thread_create(&process, 1);
    must(map(&process, 4096, 8192));
    must(fd_array_resize(&process.fds, 1000));
    fd_array_at(&process.fds, 999)->opener = t;
    process_count_on(cpuset_all(), &process);
    uint32_t sum = 0;
    process_lock(&process);
    for (struct thread *each = thread_list_first(&process.threads); each != nullptr;
         each = thread_list_next(&process.threads, each))
        sum += each->id;
    process_unlock(&process);
    kprintf("%u %s\n", sum, err_name(ERR_OK));
    if (t != nullptr)
        thread_put(t);
}
