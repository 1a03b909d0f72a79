// SPDX-License-Identifier: Apache-2.0
// Read-copy-update: readers take no lock; what they may still see is freed only when every CPU has
// since been outside any reading.
//
//     rcu_read_lock();                                  // reader: no sleeping until unlock
//     struct route *r = rcu_load(&table->route);
//     ...
//     rcu_read_unlock();
//
//     old = table->route;                               // writer, under a lock of its own
//     rcu_store(&table->route, new);
//     rcu_defer(&old->rcu, route_free);
#pragma once
#include "kernel/frame/base/assert.h"
#include "kernel/frame/cpu/preempt.h"

C_BEGIN

// Reading is having preemption off: a CPU that switches tasks or idles is not reading.
static inline void rcu_read_lock(void) { preempt_disable(); }
static inline void rcu_read_unlock(void) { preempt_enable(); }

// A pointer that readers load while writers replace it.
#define rcu_load(pointer) __atomic_load_n((pointer), __ATOMIC_ACQUIRE)
#define rcu_store(pointer, value) __atomic_store_n((pointer), (value), __ATOMIC_RELEASE)

// Part of what is to be freed.
struct FRAME_PINNED rcu_head {
    struct rcu_head *next FRAME_PRIVATE;
    void (*fn)(struct rcu_head *) FRAME_PRIVATE;
};

// For services: frees or otherwise ends a `type` that has a struct rcu_head as a member, and
// name_defer(x), which is rcu_defer. Deferring what is deferred already panics.
//
//     RCU_DEFINE(route_free, struct route, rcu, r) { route_delete(r); }
#define RCU_DEFINE(name, type, member, parameter)                                                  \
    typedef type name##_object;                                                                    \
    enum : size_t {                                                                                \
        name##_offset = offsetof(name##_object, member)                                            \
    };                                                                                             \
    static void name(name##_object *parameter);                                                    \
    static void name##_entry(struct rcu_head *head)                                                \
    {                                                                                              \
        head->fn = nullptr;                                                                        \
        name((name##_object *)((char *)head - name##_offset));                                     \
    }                                                                                              \
    [[maybe_unused]] static inline void name##_defer(name##_object *x)                             \
    {                                                                                              \
        static_assert(offsetof(name##_object, member) == name##_offset);                           \
        ASSERT(x->member.fn == nullptr);                                                           \
        rcu_defer(&x->member, name##_entry);                                                       \
    }                                                                                              \
    static void name(name##_object *parameter)

// Calls fn(head) in some task or idle loop, where it may not sleep, when all reading that goes on
// now has ended. Not from interrupt handlers.
FRAME_ONLY void rcu_defer(struct rcu_head *head, void (*fn)(struct rcu_head *));

// For task/. This CPU is not reading: it switches tasks. Interrupts off.
FRAME_ONLY void rcu_quiescent(void);

// For task/. Calls what is due on any CPU, and gets the next lot under way. Where a task gives way
// by itself, and in the idle loop; interrupts on.
FRAME_ONLY void rcu_poll(void);

C_END
