// SPDX-License-Identifier: Apache-2.0
// The interrupt controller of each CPU (SDM Vol. 3A, "Advanced Programmable Interrupt
// Controller"), by memory (xAPIC) or by registers (x2APIC).
#pragma once
#include "kernel/frame/base/cdefs.h"
#include "kernel/frame/base/types.h"

C_BEGIN

// Vectors, high ones first served.
enum lapic_vector : int {
    VECTOR_TIMER = 0xec,
    VECTOR_RESCHEDULE = 0xed,
    VECTOR_CALL = 0xee,
    VECTOR_ERROR = 0xfe,
    VECTOR_SPURIOUS = 0xff,
};

// Whether this machine has them; finds out how they are reached. Boot CPU, before the rest.
bool lapic_find(void);

// Whether that is by memory; then `*at` is the address of a page, and the caller maps it uncached
// and hands it over.
bool lapic_needs_memory(paddr_t *at);
void lapic_set_memory(volatile void *mapped);

// Switches the running CPU's on. Every CPU, once.
void lapic_enable(void);

// The running CPU's number in the machine.
uint32_t lapic_id(void);

// Ends the handling of the interrupt that is being handled.
void lapic_eoi(void);

// Sends an interrupt to the CPU with that number. Interrupts off, or nothing else on this CPU
// sends any.
void lapic_send(uint32_t apic_id, enum lapic_vector vector);

// Sends it a non-maskable interrupt.
void lapic_send_nmi(uint32_t apic_id);

// Starts another CPU at physical address `at`, below 1 MiB and page-aligned: INIT, then STARTUP.
void lapic_send_init(uint32_t apic_id);
void lapic_send_startup(uint32_t apic_id, paddr_t at);

// Whether the timer interrupts when the time stamp counter reaches a deadline (MSR_TSC_DEADLINE)
// or when a counter reaches zero.
void lapic_timer_mode(bool deadline);

// The counter starts from `count` and goes down at an unknown but constant rate; 0 stops it. At
// zero VECTOR_TIMER comes, on the CPU whose timer it is.
void lapic_timer_set(uint32_t count);
uint32_t lapic_timer_left(void);

C_END
