// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/boot/frame_main.h"
#include "kernel/frame/base/cmdline.h"
#include "kernel/frame/boot/boot.h"
#include "kernel/frame/boot/memory.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/console/uart.h"
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/pmm/page.h"
#include "kernel/frame/power/power.h"
#include "kernel/frame/task/task.h"
#include "kernel/frame/trap/trap.h"
#include "kernel/frame/vmm/kva.h"

static const struct boot_info *boot;

struct cspan boot_cmdline(void) { return cspan_make(boot->cmdline, boot->cmdline_len); }

size_t boot_module_count(void) { return boot->module_count; }

struct cspan boot_module(size_t i)
{
    ASSERT(i < boot->module_count);
    const struct boot_range *r = &boot->modules[i].range;
    return cspan_make(phys_to_virt((paddr_t){r->start}), r->end - r->start);
}

struct cspan boot_module_name(size_t i)
{
    ASSERT(i < boot->module_count);
    return cspan_make(boot->modules[i].name, boot->modules[i].name_len);
}

// For what is the loader's or the user's fault, not the kernel's: a line, no backtrace.
[[noreturn]] static void boot_fail(const char *why)
{
    kprintf("keel: cannot start: %s (%s)\n", why, boot->protocol);
    power_off(BOOT_FAILED_STATUS);
}

static void apply_cmdline(void)
{
    struct cspan level;
    if (cmdline_find(boot_cmdline(), SPAN_TEXT("loglevel"), &level) && !log_set_level(level))
        log_warn("loglevel: no such level; there are error, warn, info and debug");
    if (boot->cmdline_cut)
        log_warn("the command line is longer than %zu bytes; the rest is ignored",
                 BOOT_CMDLINE_MAX);
}

static uint64_t usable_bytes(void)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < boot->region_count; i++)
        sum += boot->regions[i].end - boot->regions[i].start;
    return sum;
}

static void start_memory(void)
{
    if (memory_init(boot) != ERR_OK) {
        kprintf("keel: cannot start: too little memory: %lu KiB usable (%s)\n",
                usable_bytes() / KIB, boot->protocol);
        power_off(BOOT_FAILED_STATUS);
    }
    struct pmm_stats s = pmm_stats();
    log_info("%lu KiB of memory, %lu KiB free", s.total * PAGE_SIZE / KIB,
             s.free * PAGE_SIZE / KIB);
}

static enum err start_interrupt_stacks(void)
{
    for (int i = 1; i <= IST_COUNT; i++) {
        struct kva *stack;
        enum err err = kva_alloc(1, &stack);
        if (err != ERR_OK)
            return err;
        cpu_arch_set_ist(&cpu_boot.arch, (enum ist)i, kva_end(stack));
    }
    trap_init_stacks();
    return ERR_OK;
}

static enum err start_power(void)
{
    paddr_t at;
    volatile void *mapped;
    if (!power_needs_register(&at))
        return ERR_OK;
    enum err err = kva_map_io(at, 1, &mapped);
    if (err == ERR_INVAL) {
        log_warn("ACPI's sleep register is at an address that no CPU has");
        return ERR_OK;
    }
    if (err == ERR_OK)
        power_set_register(mapped);
    return err;
}

static void main_entry(void *) { kernel_main(); }

void frame_main(const struct boot_info *info)
{
    boot = info;
    uart_init();
    cpu_arch_init(&cpu_boot.arch);
    trap_init();
    power_init(boot->rsdp);
    apply_cmdline();
    if (boot->error != nullptr)
        boot_fail(boot->error);
    log_info("started by %s", boot->protocol);
    start_memory();

    struct task *main_task;
    if (start_interrupt_stacks() != ERR_OK || start_power() != ERR_OK ||
        task_create(main_entry, nullptr, &main_task) != ERR_OK)
        boot_fail("too little memory");
    task_start(main_task);
    task_put(main_task);
    task_run_all();
}
