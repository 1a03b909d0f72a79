// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/sched/sched.h"

void run_queue_init(struct run_queue *q) { list_init(&q->tasks); }

void run_queue_push(struct run_queue *q, struct sched_entity *e)
{
    ASSERT(e->link.next == nullptr);
    list_push_back(&q->tasks, &e->link);
}

struct sched_entity *run_queue_pop(struct run_queue *q)
{
    struct list *link = list_pop_front(&q->tasks);
    return link != nullptr ? LIST_ENTRY(link, struct sched_entity, link) : nullptr;
}
