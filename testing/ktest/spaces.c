// SPDX-License-Identifier: Apache-2.0
// Translations on several CPUs: none outlives its page, and none lets data be run.
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/cpu/cpuset.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/smp/call.h"
#include "kernel/frame/task/task.h"
#include "kernel/frame/vmio/vmio.h"
#include "kernel/frame/vmm/pt.h"
#include "kernel/frame/vmm/vmm.h"
#include "testing/ktest/ktest.h"

constexpr uint64_t BASE = 0x400000;

// ---- stale translations ----------------------------------------------------------------------

// More spaces than a CPU has tags for (vmm/pcid.h). Each has one page, whose contents say whose
// it is and of which version; it is replaced again and again.
enum {
    SPACES = 9,
    READERS = 6,
    ROUNDS = 60,
    VISITS = 300
};

static struct shared {
    struct vm_space *space;
    uint64_t promised; // atomic: no reader may see an older version
} shared[SPACES];
static uint32_t readers_left; // atomic

static uint64_t contents(uint32_t space, uint64_t version)
{
    return (uint64_t)space << 32 | version;
}

static void replace(uint32_t n, uint64_t version)
{
    uint64_t word = contents(n, version);
    struct page_run run;
    struct vm_cursor c;
    must(page_run_alloc(1, PAGE_ZERO, &run));
    must(page_run_write(&run, 0, CSPAN_OF(word)));
    must(vm_cursor_open(shared[n].space, (uaddr_t){BASE}, (uaddr_t){BASE + PAGE_SIZE}, &c));
    EXPECT(vm_cursor_unmap(&c, 1) == (version > 1));
    must(vm_cursor_jump(&c, (uaddr_t){BASE}));
    must(vm_cursor_map(&c, page_run_get(&run, 0), (struct page_prop){.perm = VM_READ}));
    vm_cursor_close(&c);
    page_run_put(&run);
    __atomic_store_n(&shared[n].promised, version, __ATOMIC_RELEASE);
}

static void visit(uint32_t n)
{
    uint64_t word = 0;
    struct vm_reader r;
    struct vm_writer w = vm_writer_to(SPAN_OF(word));
    size_t done;
    task_set_space(shared[n].space);
    uint64_t promised = __atomic_load_n(&shared[n].promised, __ATOMIC_ACQUIRE);
    must(vm_space_reader(shared[n].space, (uaddr_t){BASE}, sizeof(word), &r));
    // It may just be being replaced.
    if (vm_copy(&w, &r, &done) != ERR_OK)
        return;
    EXPECT(word >> 32 == n && word >= contents(n, promised));
}

static void visit_all(void *start)
{
    uint32_t n = *(uint32_t *)start;
    for (uint32_t i = 0; i < VISITS; i++, n += 1 + i % 3) {
        visit(n % SPACES);
        if (i % 4 == 0)
            task_yield();
    }
    task_set_space(nullptr);
    __atomic_fetch_sub(&readers_left, 1, __ATOMIC_RELEASE);
}

static void stale_translations(void)
{
    static uint32_t starts[READERS];
    for (uint32_t n = 0; n < SPACES; n++) {
        must(vm_space_create(&shared[n].space));
        replace(n, 1);
    }
    __atomic_store_n(&readers_left, READERS, __ATOMIC_RELEASE);
    for (uint32_t i = 0; i < READERS; i++) {
        struct task *task;
        starts[i] = i;
        must(task_create(visit_all, &starts[i], &task));
        task_start(task);
        task_put(task);
    }
    uint64_t version = 2;
    while (version < ROUNDS || __atomic_load_n(&readers_left, __ATOMIC_ACQUIRE) > 0) {
        for (uint32_t n = 0; n < SPACES; n++)
            replace(n, version);
        version++;
        task_yield();
    }
    for (uint32_t n = 0; n < SPACES; n++)
        vm_space_put(shared[n].space);
}

// ---- what may be written and what may be run ---------------------------------------------------

struct walk {
    size_t kernel_pages, user_pages;
};

static void check_table(const uint64_t *table, int level, uint64_t rights, struct walk *w)
{
    for (unsigned i = 0; i < PT_ENTRIES; i++) {
        uint64_t e = table[i];
        if (!(e & PTE_PRESENT))
            continue;
        // The bits that forbid, turned into ones that allow.
        uint64_t here = rights & (e ^ PTE_NO_EXECUTE);
        if (level > 1 && !(e & PTE_LARGE)) {
            check_table(phys_to_virt((paddr_t){e & PTE_ADDRESS}), level - 1, here, w);
            continue;
        }
        EXPECT((here & PTE_WRITE) == 0 || (here & PTE_NO_EXECUTE) == 0);
        *(here & PTE_USER ? &w->user_pages : &w->kernel_pages) += 1;
    }
}

// The tables that this CPU goes by.
static void check_here(void *walk)
{
    uint64_t rights = PTE_WRITE | PTE_USER | PTE_NO_EXECUTE;
    const uint64_t *root = phys_to_virt((paddr_t){read_cr3() & PTE_ADDRESS});
    const uint64_t *kernel = phys_to_virt(vmm_kernel_root());
    check_table(root, PT_LEVELS, rights, walk);
    // One kernel half for all, and nothing else: no program has run, and where the other CPUs
    // began is forgotten.
    for (unsigned i = 0; i < PT_ENTRIES; i++)
        EXPECT(root[i] == (i < PT_ENTRIES / 2 ? 0 : kernel[i]));
}

static bool is_data(uint64_t address)
{
    const uint64_t *e = pt_find(vmm_kernel_root(), address, 1);
    return e != nullptr && (*e & (PTE_PRESENT | PTE_WRITE | PTE_NO_EXECUTE)) ==
                               (PTE_PRESENT | PTE_WRITE | PTE_NO_EXECUTE);
}

static bool is_hole(uint64_t address)
{
    const uint64_t *e = pt_find(vmm_kernel_root(), address, 1);
    return e == nullptr || !(*e & PTE_PRESENT);
}

// No page that any CPU of a running kernel can reach is both writable and executable, none of the
// kernel's is the user's, and none that began as the other CPUs' first code is left.
static void write_xor_execute(void)
{
    for (uint32_t n = 0; n < cpu_count(); n++) {
        struct walk walk = {};
        preempt_disable();
        smp_call(cpuset_of(n), check_here, &walk);
        preempt_enable();
        EXPECT(walk.kernel_pages > 20 && walk.user_pages == 0);
    }
}

// Every CPU's own data and stacks are data, with nothing mapped on either side of a stack.
static void guard_pages(void)
{
    uint64_t here = (uint64_t)__builtin_frame_address(0);
    EXPECT(is_data(here));
    for (uint32_t n = 0; n < cpu_count(); n++) {
        struct cpu *cpu = cpu_block(n);
        EXPECT(is_data((uint64_t)cpu));
        EXPECT(n == 0 || is_hole((uint64_t)cpu - PAGE_SIZE));
        for (int i = 0; i < IST_COUNT; i++) {
            uint64_t top = align_down((uint64_t)cpu->arch.entry.trampolines[i + 1].to, PAGE_SIZE);
            uint64_t bottom = top - (STACK_SCALE - 1) * PAGE_SIZE;
            EXPECT(is_data(bottom) && is_data(top));
            EXPECT(is_hole(bottom - PAGE_SIZE) && is_hole(top + PAGE_SIZE));
        }
    }
}

const struct ktest ktest_spaces[] = {
    {"stale_translations", stale_translations},
    {"write_xor_execute", write_xor_execute},
    {"guard_pages", guard_pages},
    {},
};
