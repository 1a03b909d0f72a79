// SPDX-License-Identifier: Apache-2.0
// Each CPU's one-shot timer interrupt: TSC deadline where the CPU has it, else the local APIC's
// counter. Nothing ticks unless somebody asked.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/types.h"

C_BEGIN

constexpr uint64_t EVENT_NEVER = UINT64_MAX;

// Connects the interrupt: `handler` runs on the CPU whose time has come, with interrupts off.
// Boot CPU, once, before event_enable.
void event_init(void (*handler)(void));

// On each CPU, once its local APIC is on.
void event_enable(void);

// Interrupts this CPU when clock_cycles() reaches `deadline`, at once if it has passed, instead of
// at any earlier-set time; EVENT_NEVER: not at all. An interrupt may come a little early: whoever
// handles it looks at the clock. Interrupts off.
void event_set(uint64_t deadline);

C_END
