// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/syscall/syscall.h"
#include "kernel/linux/syscall/trace.h"
#include "kernel/linux/timer/timer.h"

void syscall_init(void)
{
    static const struct process_ops ops = {syscall_serve, exception_serve, timers_end, timer_taken,
                                           timers_forget_made};
    struct cspan value;
    if (cmdline_find(boot_cmdline(), SPAN_TEXT("trace"), &value) && !trace_configure(value))
        log_warn("trace: there are trace=syscalls, trace=syscalls:PID and trace=syscalls:NAME");
    process_init(&ops);
}
