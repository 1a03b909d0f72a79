// SPDX-License-Identifier: Apache-2.0
// What test builds (docs/sanitizers.md) hear from the frame. In every other build it is nothing.
#pragma once

#ifndef KEEL_KASAN
#define KEEL_KASAN 0
#endif
#ifndef KEEL_KCSAN
#define KEEL_KCSAN 0
#endif
#ifndef KEEL_KCOV
#define KEEL_KCOV 0
#endif
#ifndef KEEL_LOCK_DEBUG
#define KEEL_LOCK_DEBUG 0
#endif

// Instrumented code needs more stack. Every stack has this many times what it has elsewhere.
#if KEEL_LOCK_DEBUG
#define STACK_SCALE 2
#else
#define STACK_SCALE 1
#endif

#ifndef __ASSEMBLER__
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/types.h"

C_BEGIN

// For a function that may touch what others may not, and says why.
#if KEEL_KASAN || KEEL_KCSAN
#define NO_SANITIZE __attribute__((disable_sanitizer_instrumentation))
#else
#define NO_SANITIZE
#endif

struct heap_type;
struct lock_class;
struct vmm_range;

#if KEEL_KASAN
// Behind each object of the heap, and before the first.
#define KASAN_REDZONE 64

// Pages [first, end) are the allocator's. Before kasan_start.
void kasan_own(uint64_t first, uint64_t end);
// Sets up the shadow of what the kernel's page tables map. False: there is too little memory.
bool kasan_start(const struct vmm_range *memory, size_t count);
// Pages, by their address in the direct map, that are handed out and taken back.
void kasan_page_alloc(void *at, uint64_t pages);
void kasan_page_free(void *at, uint64_t pages);
// A new slab, whose header is `header` bytes long; an object handed out; and one taken back, first
// of all and last of all. The latter is false if the object stays in quarantine; else *type and
// *object are what becomes free in its stead.
void kasan_slab(void *slab, size_t size, size_t header);
void kasan_object_alloc(const struct heap_type *type, void *object);
void kasan_object_check(const struct heap_type *type, const void *object);
bool kasan_object_free(struct heap_type **type, void **object);
// Frees all that is in quarantine.
void kasan_quarantine_empty(void);
// Kernel stacks that begin to be used, and that are kept for later.
void kasan_stack_alloc(uint64_t start, uint64_t end);
void kasan_stack_free(uint64_t start, uint64_t end);
#else
#define KASAN_REDZONE 0
static inline void kasan_own(uint64_t, uint64_t) {}
static inline bool kasan_start(const struct vmm_range *, size_t) { return true; }
static inline void kasan_page_alloc(void *, uint64_t) {}
static inline void kasan_page_free(void *, uint64_t) {}
static inline void kasan_slab(void *, size_t, size_t) {}
static inline void kasan_object_alloc(const struct heap_type *, void *) {}
static inline void kasan_object_check(const struct heap_type *, const void *) {}
static inline bool kasan_object_free(struct heap_type **, void **) { return true; }
static inline void kasan_quarantine_empty(void) {}
static inline void kasan_stack_alloc(uint64_t, uint64_t) {}
static inline void kasan_stack_free(uint64_t, uint64_t) {}
#endif

#if KEEL_KCSAN
// All CPUs are about to run.
void kcsan_start(void);
#else
static inline void kcsan_start(void) {}
#endif

#if KEEL_KCOV
// The machine is about to stop.
void kcov_end(void);
#else
static inline void kcov_end(void) {}
#endif

#if KEEL_LOCK_DEBUG
// For lock/ and sync/: a lock is about to be waited for, has been taken, is about to be released.
// Those that may be held asleep are the running task's, the others the CPU's.
void lock_debug_acquire(const struct lock_class *c, const void *lock);
void lock_debug_acquired(const struct lock_class *c, const void *lock);
void lock_debug_release(const struct lock_class *c, const void *lock);
void lock_debug_sleeping_acquire(const struct lock_class *c, const void *lock);
void lock_debug_sleeping_acquired(const struct lock_class *c, const void *lock);
void lock_debug_sleeping_release(const struct lock_class *c, const void *lock);
// The running task ends: panics if it holds a lock.
void lock_debug_task_exit(void);
// The caller is about to panic because it may not sleep: says which locks it holds.
void lock_debug_may_not_sleep(void);
// The machine stops: no checks from now on.
void sanitizer_stop(void);
#else
static inline void lock_debug_acquire(const struct lock_class *, const void *) {}
static inline void lock_debug_acquired(const struct lock_class *, const void *) {}
static inline void lock_debug_release(const struct lock_class *, const void *) {}
static inline void lock_debug_sleeping_acquire(const struct lock_class *, const void *) {}
static inline void lock_debug_sleeping_acquired(const struct lock_class *, const void *) {}
static inline void lock_debug_sleeping_release(const struct lock_class *, const void *) {}
static inline void lock_debug_task_exit(void) {}
static inline void lock_debug_may_not_sleep(void) {}
static inline void sanitizer_stop(void) {}
#endif

C_END
#endif
