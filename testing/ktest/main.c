// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/base/cmdline.h"
#include "kernel/frame/boot/boot.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/power/power.h"
#include "testing/ktest/ktest.h"

static void run_if_named(const struct ktest *t, struct cspan name)
{
    for (; t->name != nullptr; t++) {
        if (!cspan_equal(cspan_of_string(t->name), name))
            continue;
        t->run();
        kprintf("ktest %s: ok\n", t->name);
        power_off(0);
    }
}

void kernel_main(void)
{
    static const struct ktest *const lists[] = {
        ktest_checks,    ktest_entropy, ktest_spaces, ktest_faults, ktest_hostile,
        ktest_isolation, ktest_memory,  ktest_nomem,  ktest_place,  ktest_smp,
        ktest_stress,    ktest_sync,    ktest_tasks,  ktest_user,
    };
    struct cspan name;
    if (!cmdline_find(boot_cmdline(), SPAN_TEXT("test"), &name))
        panic("the command line names no test");
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        run_if_named(lists[i], name);
    panic("there is no such test");
}
