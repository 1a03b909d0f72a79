// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/boot/cpus.h"
#include "kernel/frame/arch/x86_64/ap_start.h"
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/base/mem.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/lock/spin_queue.h"
#include "kernel/frame/pmm/page_priv.h"
#include "kernel/frame/smp/call.h"
#include "kernel/frame/smp/lapic.h"
#include "kernel/frame/trap/trap.h"
#include "kernel/frame/vmm/kva.h"
#include "kernel/frame/vmm/pt.h"
#include "kernel/frame/vmm/vmm.h"

constexpr size_t IDLE_STACK_PAGES = 4 * STACK_SCALE;

// How often the boot CPU looks whether another has come, with a pause each time: seconds on the
// slowest machine, and not long at all where it does come.
constexpr uint64_t PATIENCE = 100'000'000;

// The boot CPU's block, at the start of the per-CPU variables.
__attribute__((section(".bss.percpu.head"))) static struct cpu boot_cpu;

// A CPU that is being started.
struct candidate {
    struct cpu *cpu;
    uint64_t stack_top;
    bool come; // atomic: it runs, and waits
};

static struct candidate candidates[CPUS_MAX];
static uint32_t candidate_count;
static uint64_t stack_tops[CPUS_MAX]; // in order of arrival
static uint32_t arrivals;
static void (*released)(void); // atomic: what to run

static void init_block(struct cpu *cpu)
{
    cpu->preempt = PREEMPT_UNASKED;
    cpu->percpu_offset = (uint64_t)cpu - (uint64_t)percpu_start;
    cpu_arch_init(&cpu->arch);
}

void cpus_init_boot_cpu(void)
{
    cpu_features_init();
    if (!cpu_features.hypervisor)
        spin_use_queues(spin_queue_wait);
    init_block(&boot_cpu);
    cpu_add(&boot_cpu);
}

static enum err make_interrupt_stacks(struct cpu_arch *cpu)
{
    for (int i = 1; i <= IST_COUNT; i++) {
        struct kva *stack;
        enum err err = kva_alloc(STACK_SCALE, &stack);
        if (err != ERR_OK)
            return err;
        cpu_arch_set_ist(cpu, (enum ist)i, kva_end(stack));
    }
    return ERR_OK;
}

enum err cpus_init_interrupts(void)
{
    enum err err = make_interrupt_stacks(&boot_cpu.arch);
    if (err != ERR_OK)
        return err;
    trap_use_stacks();
    if (!lapic_find())
        return ERR_OK; // then there is one CPU, and no timer
    paddr_t at;
    if (lapic_needs_memory(&at)) {
        volatile void *mapped;
        err = kva_map_io(at, PAGE_SIZE, &mapped);
        if (err != ERR_OK)
            return err;
        lapic_set_memory(mapped);
    }
    lapic_enable();
    boot_cpu.apic_id = lapic_id();
    smp_call_init();
    return ERR_OK;
}

// A block, an idle stack and interrupt stacks for a CPU.
static enum err prepare(uint32_t apic_id)
{
    struct kva *block, *stack;
    enum err err = kva_alloc(pages_for(PERCPU_SIZE), &block);
    if (err == ERR_OK)
        err = kva_alloc(IDLE_STACK_PAGES, &stack);
    if (err == ERR_OK)
        err = vmm_share((void *)block->start, PAGE_SIZE);
    if (err != ERR_OK)
        return err; // the machine does not start then, so nothing needs to be freed
    struct cpu *cpu = (struct cpu *)block->start;
    cpu->apic_id = apic_id;
    stack_tops[candidate_count] = kva_end(stack) - 16; // two zero words end backtraces
    candidates[candidate_count++] = (struct candidate){.cpu = cpu};
    return make_interrupt_stacks(&cpu->arch);
}

// The first C code of another CPU.
static void ap_main(uint32_t)
{
    mmu_load_root(vmm_kernel_root());
    lapic_enable();
    uint32_t id = lapic_id();
    for (uint32_t i = 0; i < candidate_count; i++) {
        struct candidate *c = &candidates[i];
        if (c->cpu->apic_id != id)
            continue;
        init_block(c->cpu);
        trap_load();
        __atomic_store_n(&c->come, true, __ATOMIC_RELEASE);
        void (*run)(void);
        while ((run = __atomic_load_n(&released, __ATOMIC_ACQUIRE)) == nullptr)
            cpu_pause();
        // One that came too late is in no table and does nothing.
        if (c->cpu->id != 0)
            run();
    }
    for (;;)
        cpu_halt();
}

// The first page of memory behind the interrupt vectors and BIOS data.
static bool find_low_page(const struct boot_info *info, paddr_t *page)
{
    for (size_t i = 0; i < info->region_count; i++) {
        page->raw = max_u64(info->regions[i].start, PAGE_SIZE);
        if (page->raw + PAGE_SIZE <= info->regions[i].end && page->raw + PAGE_SIZE <= MIB)
            return true;
    }
    return false;
}

// Tables that map the page at its own address, executable, beside the kernel's half.
static enum err make_tables(paddr_t low_page, struct page **root)
{
    uint64_t *entry;
    enum err err = page_alloc_kernel(0, root);
    if (err != ERR_OK)
        return err;
    memcpy(page_virt(*root), phys_to_virt(vmm_kernel_root()), PAGE_SIZE);
    err = pt_reach(page_paddr(*root), low_page.raw, 1, PTE_WRITE, &entry);
    if (err == ERR_OK)
        *entry = low_page.raw | PTE_PRESENT;
    return err;
}

static void no_page(uint64_t) {}

static void free_tables(struct page *root, paddr_t low_page)
{
    *pt_find(page_paddr(root), low_page.raw, 1) = 0;
    pt_free_user(page_paddr(root), no_page);
    page_free_kernel(root, 0);
}

static void write_start_page(paddr_t low_page, paddr_t root)
{
    char *page = phys_to_virt(low_page);
    memcpy(page, ap_start_code, (size_t)(ap_start_code_end - ap_start_code));
    struct ap_start *data = (struct ap_start *)(page + AP_START_DATA);
    // The others begin with this stack's canary, which does not change meanwhile.
    static struct cpu_arch first_block;
    first_block = (struct cpu_arch){.self = &first_block, .canary = cpu_arch_this()->canary};
    *data = (struct ap_start){
        .root = root.raw,
        .entry = (uint64_t)ap_main,
        .stacks = (uint64_t)stack_tops,
        .next = (uint64_t)&arrivals,
        .block = (uint64_t)&first_block,
    };
    ap_start_locate(data, (uint32_t)low_page.raw);
}

static bool wait_for_all(void)
{
    for (uint64_t i = 0; i < PATIENCE; i++) {
        uint32_t come = 0;
        for (uint32_t c = 0; c < candidate_count; c++)
            come += __atomic_load_n(&candidates[c].come, __ATOMIC_ACQUIRE);
        if (come == candidate_count)
            return true;
        cpu_pause();
    }
    return false;
}

static void send_all(void (*send)(uint32_t apic_id, paddr_t), paddr_t page)
{
    for (uint32_t i = 0; i < candidate_count; i++) {
        if (!__atomic_load_n(&candidates[i].come, __ATOMIC_ACQUIRE))
            send(candidates[i].cpu->apic_id, page);
    }
}

static void send_init(uint32_t apic_id, paddr_t) { lapic_send_init(apic_id); }

enum err cpus_start(const struct boot_info *info, const struct acpi_cpus *list)
{
    paddr_t low_page;
    struct page *root;
    if (!find_low_page(info, &low_page))
        return ERR_NOENT;
    for (uint32_t i = 0; i < list->count && candidate_count < CPUS_MAX - 1; i++) {
        if (list->apic_ids[i] == boot_cpu.apic_id)
            continue;
        enum err err = prepare(list->apic_ids[i]);
        if (err != ERR_OK)
            return err;
    }
    enum err err = make_tables(low_page, &root);
    if (err != ERR_OK)
        return err;
    write_start_page(low_page, page_paddr(root));

    // Modern CPUs need none of the pauses between these that the manual's example has, and
    // virtual ones never did; a second STARTUP goes to those that have not heard the first.
    send_all(send_init, low_page);
    send_all(lapic_send_startup, low_page);
    if (!wait_for_all()) {
        send_all(lapic_send_startup, low_page);
        wait_for_all();
    }
    bool all = true;
    for (uint32_t i = 0; i < candidate_count; i++) {
        struct candidate *c = &candidates[i];
        if (__atomic_load_n(&c->come, __ATOMIC_ACQUIRE)) {
            c->cpu->id = cpu_count();
            cpu_add(c->cpu);
        } else {
            log_warn("the CPU with APIC id %u does not start", c->cpu->apic_id);
            all = false;
        }
    }
    // One that comes late still needs the tables.
    if (all)
        free_tables(root, low_page);
    return ERR_OK;
}

void cpus_release(void (*run)(void)) { __atomic_store_n(&released, run, __ATOMIC_RELEASE); }
