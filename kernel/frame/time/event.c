// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/time/event.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/smp/lapic.h"
#include "kernel/frame/time/calibrate.h"
#include "kernel/frame/time/clock.h"
#include "kernel/frame/trap/trap.h"

constexpr uint32_t MSR_TSC_DEADLINE = 0x6e0;

// The farthest an APIC counter is set; also its start value while its rate is being found out.
constexpr uint32_t COUNTER_MAX = UINT32_MAX;

static bool by_deadline;
static void (*on_event)(void);

// Counter steps per cycle, times 2^32. Found out on the boot CPU by letting its counter run from
// event_enable to the first event_set: exact enough without waiting for it.
static uint64_t counter_mult;
static uint64_t enabled_at;
static uint32_t enabled_count;

static void interrupt(void)
{
    lapic_eoi();
    on_event();
}

void event_init(void (*handler)(void))
{
    on_event = handler;
    trap_set_irq(VECTOR_TIMER, interrupt);
    by_deadline = cpuid(1, 0).ecx >> 24 & 1;
}

static void watch_counter(void)
{
    lapic_timer_set(COUNTER_MAX);
    enabled_at = clock_cycles();
    enabled_count = lapic_timer_left();
}

// False while too little has passed to tell: some microseconds.
static bool find_rate(void)
{
    uint64_t cycles = clock_cycles() - enabled_at;
    uint32_t left = lapic_timer_left();
    if (left == 0) {
        watch_counter(); // it ran out, nobody knows when
        return false;
    }
    uint64_t steps = enabled_count - left;
    if (steps < 10'000)
        return false;
    counter_mult = mul_div(steps, 1ull << 32, cycles);
    return true;
}

void event_enable(void)
{
    lapic_timer_mode(by_deadline);
    if (!by_deadline && cpu_this()->id == 0)
        watch_counter();
}

static uint32_t counter_for(uint64_t deadline)
{
    uint64_t now = clock_cycles();
    if (deadline <= now)
        return 1;
    uint64_t count = scale(min_u64(deadline - now, UINT32_MAX * 1000ull), counter_mult);
    return count == 0 ? 1 : (uint32_t)min_u64(count, COUNTER_MAX);
}

void event_set(uint64_t deadline)
{
    if (by_deadline) {
        wrmsr(MSR_TSC_DEADLINE, deadline == EVENT_NEVER ? 0 : max_u64(deadline, 1));
        return;
    }
    if (counter_mult == 0) {
        if (deadline == EVENT_NEVER)
            return; // the counter goes on being watched
        while (!find_rate())
            cpu_pause();
    }
    lapic_timer_set(deadline == EVENT_NEVER ? 0 : counter_for(deadline));
}
