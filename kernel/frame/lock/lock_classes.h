// SPDX-License-Identifier: Apache-2.0
// The frame's lock classes, outermost first. Those of services come before all of them.
#pragma once
#include "kernel/frame/lock/lock_class.h"

C_BEGIN

// From waitq on they are taken with interrupts off, because handlers take some of them: a handler
// takes its locks under whatever the interrupted code holds. That is why rcu comes before.
//
// The order, for the table in lock_classes.c and the declarations below.
#define FRAME_LOCK_CLASSES(X)                                                                      \
    X(mutex)      /* sync/: a mutex's own state */                                                 \
    X(vm_space)   /* vmm/: which ranges of a space are being changed */                            \
    X(kva)        /* vmm/: the kernel's areas */                                                   \
    X(stacks)     /* task/: kernel stacks that are kept */                                         \
    X(magazine)   /* heap/: objects a CPU keeps at hand */                                         \
    X(heap)       /* heap/: a type's slabs */                                                      \
    X(page_cache) /* pmm/: pages a CPU keeps at hand */                                            \
    X(pmm)        /* pmm/: the buddy allocator */                                                  \
    X(rcu)        /* rcu/: deferred frees */                                                       \
    X(waitq)      /* sync/: who waits */                                                           \
    X(task)       /* task/: a task's attributes */                                                 \
    X(runqueue)   /* task/: a CPU's ready tasks */                                                 \
    X(timer)      /* time/: a CPU's timers */                                                      \
    X(console)    /* console/: the serial port */

extern struct lock_class lc_mutex;
extern struct lock_class lc_vm_space ACQUIRED_AFTER(lc_mutex);
extern struct lock_class lc_kva ACQUIRED_AFTER(lc_vm_space);
extern struct lock_class lc_stacks ACQUIRED_AFTER(lc_kva);
extern struct lock_class lc_magazine ACQUIRED_AFTER(lc_stacks);
extern struct lock_class lc_heap ACQUIRED_AFTER(lc_magazine);
extern struct lock_class lc_page_cache ACQUIRED_AFTER(lc_heap);
extern struct lock_class lc_pmm ACQUIRED_AFTER(lc_page_cache);
extern struct lock_class lc_rcu ACQUIRED_AFTER(lc_pmm);
extern struct lock_class lc_waitq ACQUIRED_AFTER(lc_rcu);
extern struct lock_class lc_task ACQUIRED_AFTER(lc_waitq);
extern struct lock_class lc_runqueue ACQUIRED_AFTER(lc_task);
extern struct lock_class lc_timer ACQUIRED_AFTER(lc_runqueue);
extern struct lock_class lc_console ACQUIRED_AFTER(lc_timer);

C_END
