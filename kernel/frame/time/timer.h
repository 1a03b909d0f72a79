// SPDX-License-Identifier: Apache-2.0
// Timers: a function called at a time, once. High resolution; a machine without any does not
// tick.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/tree.h"
#include "kernel/frame/base/types.h"

C_BEGIN

// Zero-initialised by timer_init; in place while it is armed. Fields are lc_timer's, of the CPU
// it is armed on.
struct FRAME_PINNED timer {
    struct tree_node node FRAME_PRIVATE;
    uint64_t deadline FRAME_PRIVATE; // in clock_cycles()
    void (*fn)(void *arg) FRAME_PRIVATE;
    void *arg FRAME_PRIVATE;
    uint32_t cpu FRAME_PRIVATE; // atomic: one more than the CPU it was last armed on; 0: none
};

// A timer inside an object, for services: the function's body gets the object.
//
//     TIMER_DEFINE(alarm, struct process, alarm_timer, p) { ... p->field ...; }
//     alarm_init(p);
//     timer_arm_ns(&p->alarm_timer, deadline);
//
// Cancel it before the object goes.
#define TIMER_DEFINE(name, type, member, parameter)                                                \
    typedef type name##_object;                                                                    \
    static void name(name##_object *parameter);                                                    \
    static void name##_entry(void *object) { name((name##_object *)object); }                      \
    [[maybe_unused]] static inline void name##_init(name##_object *object)                         \
    {                                                                                              \
        ASSERT(!tree_is_linked(&object->member.node));                                             \
        timer_init(&object->member, name##_entry, object);                                         \
    }                                                                                              \
    static void name(name##_object *parameter)

// For TIMER_DEFINE, and the frame. fn(arg) is called in interrupt context, with interrupts off; it
// may arm the timer again.
FRAME_ONLY void timer_init(struct timer *t, void (*fn)(void *arg), void *arg);

// Arms it for a time of clock_mono_ns(), or cycles of clock_cycles(); one that has passed comes at
// once. On this CPU. Not while it is armed: cancel it first (panics).
void timer_arm_ns(struct timer *t, uint64_t mono_ns);
void timer_arm_cycles(struct timer *t, uint64_t cycles);

// Disarms it. True if it had not come yet. When it returns the function is not running on another
// CPU either; holding a lock that the function takes would thus lock up.
bool timer_cancel(struct timer *t);

// For the scheduler: calls fn() on this CPU at `cycles`, like a timer, but with no timer to keep:
// each CPU has one such time, and setting it again replaces it. EVENT_NEVER takes it away.
// Interrupts off.
FRAME_ONLY void timer_set_slice_end(uint64_t cycles);

// Starts timers. Boot CPU, once; `slice_end` is what timer_set_slice_end's time calls.
FRAME_ONLY void timer_start(void (*slice_end)(void));

C_END
