// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/boot/frame_main.h"
#include "kernel/frame/acpi/acpi.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/cmdline.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/boot/boot.h"
#include "kernel/frame/boot/cpus.h"
#include "kernel/frame/boot/memory.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/console/uart.h"
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/entropy/entropy.h"
#include "kernel/frame/entropy/entropy_boot.h"
#include "kernel/frame/pmm/page.h"
#include "kernel/frame/power/power.h"
#include "kernel/frame/task/task.h"
#include "kernel/frame/time/clock.h"
#include "kernel/frame/time/event.h"
#include "kernel/frame/trap/trap.h"
#include "kernel/frame/vmm/kva.h"

static const struct boot_info *boot;
static struct acpi_cpus cpus;

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
    struct cspan level, seed, pti = SPAN_TEXT("auto");
    if (cmdline_find(boot_cmdline(), SPAN_TEXT("loglevel"), &level) && !log_set_level(level))
        log_warn("loglevel: no such level; there are error, warn, info and debug");
    if (cmdline_find(boot_cmdline(), SPAN_TEXT("seed"), &seed) && !entropy_is_fixed())
        log_warn("seed: not a number below 2^64; chance is left to the machine");
    (void)cmdline_find(boot_cmdline(), SPAN_TEXT("pti"), &pti);
    if (!cpu_features_choose_pti(&cpu_features, pti))
        log_warn("pti: no such choice; there are on, off and auto");
    if (boot->cmdline_cut)
        log_warn("the command line is longer than %zu bytes; the rest is ignored",
                 BOOT_CMDLINE_MAX);
}

// Which of the CPU's protections are on; docs/security.md has what that means.
static void report_protections(void)
{
    const struct cpu_features *f = &cpu_features;
    log_info("cpu:%s%s%s%s%s%s%s; %s", f->smep ? " smep" : "", f->smap ? " smap" : "",
             f->umip ? " umip" : "", f->pcid ? " pcid" : "", f->ibt ? " ibt" : "",
             f->enhanced_ibrs || f->automatic_ibrs ? " ibrs" : "", f->pti ? " pti" : "",
             !f->meltdown ? "not affected by Meltdown"
             : f->pti     ? "affected by Meltdown"
                          : "no page-table isolation, although affected by Meltdown");
    if (f->l1tf || f->mds || f->taa)
        log_info("cpu: nothing is done about%s%s%s", f->l1tf ? " L1TF" : "", f->mds ? " MDS" : "",
                 f->taa ? " TAA" : "");
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

// While the direct map still covers all of the first 4 GiB.
static void read_acpi(void)
{
    struct acpi_memory memory = {cspan_make(phys_to_virt((paddr_t){0}), 4 * GIB)};
    uint64_t rsdp = boot->rsdp != 0 ? boot->rsdp : acpi_find_rsdp(memory);
    acpi_find_cpus(memory, rsdp, &cpus);
    power_init(memory, rsdp);
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

static void start_cpus(void)
{
    if (cpus_init_interrupts() != ERR_OK)
        boot_fail("too little memory");
    if (cpus.count <= 1)
        return;
    enum err err = cpus_start(boot, &cpus);
    if (err == ERR_NOMEM)
        boot_fail("too little memory");
    if (err != ERR_OK)
        log_warn("only the first of %u CPUs is used: %s", cpus.count, err_name(err));
    log_info("%u CPUs", cpu_count());
}

// Each CPU's way from here.
[[noreturn]] static void run_cpu(void)
{
    if (cpu_features.rdtscp)
        wrmsr(MSR_TSC_AUX, cpu_this()->id);
    event_enable();
    task_run_all();
}

static void main_entry(void *) { kernel_main(); }

void frame_main(const struct boot_info *info)
{
    boot = info;
    uart_init();
    cpus_init_boot_cpu();
    trap_init();
    clock_init();
    read_acpi();
    apply_cmdline();
    if (boot->error != nullptr)
        boot_fail(boot->error);
    log_info("started by %s", boot->protocol);
    report_protections();
    start_memory();
    task_init();
    start_cpus();
    entropy_start_cpus();

    struct task *main_task;
    if (start_power() != ERR_OK || task_create(main_entry, nullptr, &main_task) != ERR_OK)
        boot_fail("too little memory");
    task_start(main_task);
    task_put(main_task);
    kcsan_start();
    cpus_release(run_cpu);
    run_cpu();
}
