// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernel/frame/cpu/cpuset.h"
#include "kernel/frame/lock/lock_classes.h"
#include "kernel/frame/lock/spinlock.h"
#include "kernel/frame/pmm/page_priv.h"
#include "kernel/frame/vmm/pcid.h"
#include "kernel/frame/vmm/vm_space.h"

struct vm_space {
    struct page *root;            // the top-level table
    uint64_t number;              // no other space has or had it; not 0
    uint64_t changes;             // atomic: how often CPUs had to forget something
    uint32_t refs;                // atomic
    struct cpuset_atomic active;  // CPUs that translate by it
    struct spinlock lock;         // for opening cursors
    struct cpuset_atomic cursors; // CPUs that have one open; set under the lock
};

// This CPU hears of the change number `change` of `space`: returns what it has to forget.
// Interrupts off.
enum pcid_flush vm_space_catch_up(struct vm_space *space, uint64_t change);

// This CPU forgets all translations of `space`, which is active. Interrupts off.
void vm_space_forget(struct vm_space *space);

// Puts what an entry held that is no longer in any table.
void vm_entry_put(uint64_t entry);

SPINLOCK_OPS(vm_space, struct vm_space, lock, lc_vm_space)
