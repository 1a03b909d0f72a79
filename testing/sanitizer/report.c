// SPDX-License-Identifier: Apache-2.0
#include "testing/sanitizer/report.h"
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/console/ksyms.h"

bool sanitizer_running;
bool sanitizer_stopped;

// Larger than any stack, so that a chain which leaves it is noticed.
constexpr uint64_t FRAME_DISTANCE_MAX = 64 * KIB;

extern const struct ksyms kernel_symbols;

void sanitizer_stop(void)
{
    sanitizer_running = false;
    sanitizer_stopped = true;
}

void report_begin(void)
{
    static bool reporting;
    irq_disable();
    if (__atomic_exchange_n(&reporting, true, __ATOMIC_SEQ_CST)) {
        for (;;)
            cpu_pause();
    }
    sanitizer_stop();
    console_break_lock();
    kprintf("\n");
}

void trace_take(struct trace *t, const void *frame_pointer)
{
    const uint64_t *frame = frame_pointer;
    unsigned n = 0;
    while (n < TRACE_MAX && frame[1] >= IMAGE_OFFSET) {
        t->pc[n++] = (uint32_t)(frame[1] - 1);
        uint64_t next = frame[0];
        if (next % 8 != 0 || next <= (uint64_t)frame || next - (uint64_t)frame > FRAME_DISTANCE_MAX)
            break;
        frame = (const uint64_t *)next;
    }
    if (n < TRACE_MAX)
        t->pc[n] = 0;
}

void print_where(uint64_t pc)
{
    uint64_t offset;
    const char *name = ksyms_find(&kernel_symbols, pc - image_moved_by(), &offset);
    if (name != nullptr)
        kprintf(" in %s+0x%lx", name, offset);
}

void trace_print(const char *title, const struct trace *t)
{
    kprintf("%s:\n", title);
    for (unsigned n = 0; n < TRACE_MAX && t->pc[n] != 0; n++) {
        uint64_t pc = (IMAGE_OFFSET & 0xffffffff00000000) | t->pc[n];
        kprintf("  #%u %016lx", n, pc);
        print_where(pc);
        kprintf("\n");
    }
}
