// SPDX-License-Identifier: Apache-2.0
// The services' lock classes, outermost first. The frame's come after all of them.
#pragma once
#include "kernel/frame/frame.h"

C_BEGIN

#define LINUX_LOCK_CLASSES(X)                                                                      \
    X(processes)   /* process/: who there is, and whose child */                                   \
    X(timers)      /* timer/: every process's timers */                                            \
    X(pi)          /* futex/: who owns locks that lend priority, and waits for them */             \
    X(futex)       /* futex/: who waits for a word */                                              \
    X(futex_later) /* futex/: a second bucket */                                                   \
    X(mm)          /* mm/: an address space's areas */                                             \
    X(vm_object)   /* mm/: pages that mappings share */                                            \
    X(signals)     /* process/: what waits for a process, its actions, its mask */

extern struct lock_class lc_processes;
extern struct lock_class lc_timers ACQUIRED_AFTER(lc_processes);
extern struct lock_class lc_pi ACQUIRED_AFTER(lc_timers);
extern struct lock_class lc_futex ACQUIRED_AFTER(lc_pi);
extern struct lock_class lc_futex_later ACQUIRED_AFTER(lc_futex);
extern struct lock_class lc_mm ACQUIRED_AFTER(lc_futex_later);
extern struct lock_class lc_vm_object ACQUIRED_AFTER(lc_mm);
extern struct lock_class lc_signals ACQUIRED_AFTER(lc_vm_object);

C_END
