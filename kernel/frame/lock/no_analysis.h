// SPDX-License-Identifier: Apache-2.0
// Apart from annotations.h because frame.h does not show it: no service goes without the analysis.
#pragma once

// For the few functions that the analysis cannot follow: those that implement locks, and those
// that hand a lock from one task to another.
#define NO_LOCK_ANALYSIS __attribute__((no_thread_safety_analysis))

// One operation of a room's locks, for SPINLOCK_OPS and the like.
#define LOCK_OP(name, type, annotation, call)                                                      \
    [[maybe_unused]] NO_LOCK_ANALYSIS static inline void name(type *x) annotation { call; }
