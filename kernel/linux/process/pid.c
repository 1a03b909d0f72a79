// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/process/pid.h"

HEAP_DEFINE(pid, struct pid);
TTREE_DEFINE(pids, struct pid, node, nr);

static struct pids pids GUARDED_BY(lc_processes);
static uint64_t last GUARDED_BY(lc_processes);

struct pid *pid_find(uint64_t nr) { return pids_find(&pids, nr); }
struct pid *pid_first(void) { return pids_first(&pids); }
struct pid *pid_next(struct pid *p) { return pids_next(p); }

// 0: all are taken.
static uint64_t next_free(void) REQUIRES(lc_processes)
{
    for (int32_t tries = 0; tries < PID_MAX; tries++) {
        last = last % PID_MAX + 1;
        if (pids_find(&pids, last) == nullptr)
            return last;
    }
    return 0;
}

enum err pid_take(uint64_t wanted, struct pid **out)
{
    if (wanted != 0 && pids_find(&pids, wanted) != nullptr)
        return ERR_EXIST;
    uint64_t nr = wanted != 0 ? wanted : next_free();
    if (nr == 0)
        return ERR_AGAIN;
    struct pid *p = pid_new();
    if (p == nullptr)
        return ERR_NOMEM;
    p->nr = nr;
    p->uses = 1;
    pids_insert(&pids, p);
    *out = p;
    return ERR_OK;
}

void pid_use(struct pid *p) { p->uses++; }

void pid_leave(struct pid *p)
{
    if (--p->uses > 0)
        return;
    pids_remove(&pids, p);
    pid_delete(p);
}
