// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernel/frame/cpu/cpuset.h"
#include "kernel/frame/lock/lock_classes.h"
#include "kernel/frame/lock/spinlock.h"
#include "kernel/frame/pmm/page_priv.h"
#include "kernel/frame/vmm/vm_space.h"

struct vm_space {
    struct page *root;            // the top-level table
    uint32_t refs;                // atomic
    struct cpuset_atomic active;  // CPUs that translate by it
    struct spinlock lock;         // for opening cursors
    struct cpuset_atomic cursors; // CPUs that have one open; set under the lock
};

// Puts what an entry held that is no longer in any table.
void vm_entry_put(uint64_t entry);

SPINLOCK_OPS(vm_space, struct vm_space, lock, lc_vm_space)
