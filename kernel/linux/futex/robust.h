// SPDX-License-Identifier: Apache-2.0
// Robust futexes: a thread that ends tells those who wait for the locks that it holds
// (get_robust_list(2); Documentation/locking/robust-futex-ABI.rst of Linux).
#pragma once
#include "kernel/linux/futex/futex.h"

C_BEGIN

// Walks the list at `head` (0: there is none) of thread `tid`, which ends: each word that it holds
// becomes FUTEX_OWNER_DIED, and one of those that wait for it is woken. The list is the program's
// and may be anything.
void futex_robust_end(struct mm *mm, uint64_t head, uint64_t tid);

C_END
