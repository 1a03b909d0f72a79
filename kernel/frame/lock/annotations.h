// SPDX-License-Identifier: Apache-2.0
// Clang's thread-safety analysis, on lock classes: one global capability for each kind of lock.
// The compiler then proves that a kind's data is touched with such a lock held, that locks are
// released on every path, and that they are taken in order. That it is the right lock of the
// kind it cannot prove.
#pragma once
#include "kernel/frame/lock/no_analysis.h"

#define CAPABILITY __attribute__((capability("lock")))
#define GUARDED_BY(class) __attribute__((guarded_by(class)))
#define ACQUIRE(class) __attribute__((acquire_capability(class)))
#define TRY_ACQUIRE(class) __attribute__((try_acquire_capability(true, class)))
#define RELEASE(class) __attribute__((release_capability(class)))
#define ACQUIRE_SHARED(class) __attribute__((acquire_shared_capability(class)))
#define RELEASE_SHARED(class) __attribute__((release_shared_capability(class)))
#define REQUIRES(class) __attribute__((requires_capability(class)))
#define REQUIRES_SHARED(class) __attribute__((requires_shared_capability(class)))
#define EXCLUDES(class) __attribute__((locks_excluded(class)))
#define ACQUIRED_AFTER(class) __attribute__((acquired_after(class)))
