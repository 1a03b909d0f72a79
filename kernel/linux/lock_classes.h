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
    X(file)        /* file/: an open file's position */                                            \
    X(names)       /* fs/: the tree of names */                                                    \
    X(inode)       /* fs/: a file's contents and attributes */                                     \
    X(pipe)        /* file/: what is in a pipe */                                                  \
    X(tty)         /* file/: who reads the console */                                              \
    X(mm)          /* mm/: an address space's areas */                                             \
    X(vm_object)   /* mm/: pages that mappings share */                                            \
    X(files)       /* file/: a process's descriptors */                                            \
    X(signals)     /* process/: what waits for a process, its actions, its mask */                 \
    X(vdso)        /* vdso/: what programs are told of the clocks */                               \
    X(uts)         /* syscall/: the machine's names */

extern struct lock_class lc_processes;
extern struct lock_class lc_timers ACQUIRED_AFTER(lc_processes);
extern struct lock_class lc_pi ACQUIRED_AFTER(lc_timers);
extern struct lock_class lc_futex ACQUIRED_AFTER(lc_pi);
extern struct lock_class lc_futex_later ACQUIRED_AFTER(lc_futex);
extern struct lock_class lc_file ACQUIRED_AFTER(lc_futex_later);
extern struct lock_class lc_names ACQUIRED_AFTER(lc_file);
extern struct lock_class lc_inode ACQUIRED_AFTER(lc_names);
extern struct lock_class lc_pipe ACQUIRED_AFTER(lc_inode);
extern struct lock_class lc_tty ACQUIRED_AFTER(lc_pipe);
extern struct lock_class lc_mm ACQUIRED_AFTER(lc_tty);
extern struct lock_class lc_vm_object ACQUIRED_AFTER(lc_mm);
extern struct lock_class lc_files ACQUIRED_AFTER(lc_vm_object);
extern struct lock_class lc_signals ACQUIRED_AFTER(lc_files);
extern struct lock_class lc_vdso ACQUIRED_AFTER(lc_signals);
extern struct lock_class lc_uts ACQUIRED_AFTER(lc_vdso);

C_END
