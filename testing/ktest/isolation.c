// SPDX-License-Identifier: Apache-2.0
// Page tables of user mode's own (docs/security.md): what is in them, that user mode goes by them,
// and that nothing is left where a program on an affected CPU could read it. With pti=on.
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/arch/x86_64/mmu.h"
#include "kernel/frame/arch/x86_64/trap_regs.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/user/user.h"
#include "kernel/frame/vmm/vmm.h"
#include "testing/ktest/ktest.h"

constexpr uint64_t CODE = 0x400000;

// Of kernel.ld.
extern const char text_start[], entry_text_end[], entry_data_start[];

// System calls, then a trap.
static const uint8_t code[] = {0x0f, 0x05, 0x0f, 0x05, 0xcc, 0x0f, 0x05};

static struct vm_space *make_space(void)
{
    struct vm_space *space;
    struct vm_cursor c;
    struct page_run run;
    must(vm_space_create(&space));
    must(page_run_alloc(1, PAGE_ZERO, &run));
    must(page_run_write(&run, 0, CSPAN_OF(code)));
    must(vm_cursor_open(space, (uaddr_t){CODE}, (uaddr_t){CODE + PAGE_SIZE}, &c));
    must(vm_cursor_map(&c, page_run_get(&run, 0), (struct page_prop){.perm = VM_READ | VM_EXEC}));
    vm_cursor_close(&c);
    page_run_put(&run);
    return space;
}

static uint64_t *table_at(uint64_t entry) { return phys_to_virt((paddr_t){entry & PTE_ADDRESS}); }

// The kernel's table of this CPU's space; user mode's is the next page.
static uint64_t *top_table(void)
{
    EXPECT((read_cr3() & CR3_USER) == 0);
    return table_at(read_cr3());
}

// ---- what is mapped ----------------------------------------------------------------------------

struct walk {
    size_t text, data; // pages
};

static bool is_text(uint64_t at)
{
    return at >= (uint64_t)text_start && at < (uint64_t)entry_text_end;
}

// The IDT, and the first page of each CPU's block.
static bool is_data(uint64_t at)
{
    bool is = at == (uint64_t)entry_data_start;
    for (uint32_t n = 0; n < cpu_count(); n++)
        is |= at == (uint64_t)cpu_block(n);
    return is;
}

static uint64_t physical(const uint64_t *table, uint64_t at)
{
    for (int level = PT_LEVELS;; level--) {
        uint64_t e = table[pt_index(at, level)];
        EXPECT(e & PTE_PRESENT);
        if (level == 1 || (e & PTE_LARGE) != 0)
            return (e & PTE_ADDRESS & ~(pt_span(level) - 1)) | (at & (pt_span(level) - 1));
        table = table_at(e);
    }
}

static void check_page(uint64_t e, uint64_t at, uint64_t rights, struct walk *w)
{
    EXPECT(is_text(at) != is_data(at));
    EXPECT((rights & PTE_USER) == 0);
    // The bit that forbids, turned into one that allows.
    EXPECT((rights & (PTE_WRITE | PTE_NO_EXECUTE)) == (is_text(at) ? PTE_NO_EXECUTE : PTE_WRITE));
    EXPECT((e & PTE_GLOBAL) == 0);
    EXPECT((e & PTE_ADDRESS) == physical(phys_to_virt(vmm_kernel_root()), at));
    *(is_text(at) ? &w->text : &w->data) += 1;
}

static void check_table(const uint64_t *table, int level, uint64_t at, uint64_t rights,
                        struct walk *w)
{
    for (unsigned i = 0; i < PT_ENTRIES; i++, at += pt_span(level)) {
        uint64_t here = rights & (table[i] ^ PTE_NO_EXECUTE);
        if (!(table[i] & PTE_PRESENT))
            continue;
        EXPECT((table[i] & PTE_LARGE) == 0);
        if (level == 1)
            check_page(table[i], at, here, w);
        else
            check_table(table_at(table[i]), level - 1, at, here, w);
    }
}

static void check_space(void)
{
    const uint64_t *kernel = top_table(), *user = kernel + PT_ENTRIES;
    const uint64_t *all = phys_to_virt(vmm_kernel_root());
    struct walk w = {};
    size_t users = 0;
    for (unsigned i = 0; i < PT_ENTRIES; i++) {
        uint64_t at = (uint64_t)((int64_t)(i * pt_span(4) << 16) >> 16);
        // Of the user's half both have the same tables, and the kernel runs nothing there. Of its
        // own the kernel has everything.
        uint64_t half = i < PT_ENTRIES / 2, forbid = half && kernel[i] != 0 ? PTE_NO_EXECUTE : 0;
        EXPECT(((kernel[i] ^ (half ? user[i] : all[i])) & ~PTE_ACCESSED) == forbid);
        users += half && user[i] != 0;
        if (!half && user[i] != 0) {
            EXPECT(user[i] & PTE_PRESENT && table_at(user[i]) != table_at(all[i]));
            check_table(table_at(user[i]), PT_LEVELS - 1, at,
                        (PTE_USER | PTE_WRITE | PTE_NO_EXECUTE) & (user[i] ^ PTE_NO_EXECUTE), &w);
        }
    }
    EXPECT(users == 1);
    EXPECT(w.text == pages_for((uint64_t)(entry_text_end - text_start)));
    EXPECT(w.data == cpu_count() + 1);
    // No translation survives a change of tables.
    EXPECT((read_cr4() & (CR4_PGE | CR4_PCIDE)) == 0);
}

struct visitor {
    struct vm_space *space;
    uint32_t cpu;
    uint32_t *done;
};

// On a CPU that has just been in user mode.
TASK_DEFINE(visit, struct visitor, v)
{
    struct user_context *ctx;
    task_set_space(v->space);
    must(user_ctx_create((uaddr_t){CODE}, (uaddr_t){0}, &ctx));
    EXPECT(user_mode_run(ctx, nullptr) == USER_SYSCALL);
    EXPECT(cpu_this()->id == v->cpu);
    check_space();
    user_ctx_destroy(ctx);
    task_set_space(nullptr);
    __atomic_fetch_add(v->done, 1, __ATOMIC_RELEASE);
}

// One space on all CPUs, and one for each.
static void isolation(void)
{
    static struct visitor visitors[2 * CPUS_MAX];
    static uint32_t done;
    struct vm_space *one = make_space();
    EXPECT(cpu_features.pti);
    for (uint32_t i = 0; i < 2 * cpu_count(); i++) {
        struct task *task;
        visitors[i] = (struct visitor){i % 2 ? make_space() : one, i / 2, &done};
        must(visit_create(&visitors[i], &task));
        must(task_set_sched(task, on_cpu(i / 2)));
        task_start(task);
        task_put(task);
    }
    wait_until(&done, 2 * cpu_count());
    for (uint32_t i = 1; i < 2 * cpu_count(); i += 2)
        vm_space_put(visitors[i].space);
    vm_space_put(one);
}

// ---- that it is in force ------------------------------------------------------------------------

// What is taken out of user mode's table alone, user mode lacks.
static void isolation_in_force(void)
{
    struct vm_space *space = make_space();
    struct user_context *ctx;
    task_set_space(space);
    must(user_ctx_create((uaddr_t){CODE}, (uaddr_t){0}, &ctx));
    EXPECT(user_mode_run(ctx, nullptr) == USER_SYSCALL);
    uint64_t *entry = top_table() + PT_ENTRIES + pt_index(CODE, 4), before = *entry;
    *entry = 0;
    EXPECT(user_mode_run(ctx, nullptr) == USER_EXCEPTION);
    struct user_exception e = user_ctx_exception(ctx);
    EXPECT(e.vector == TRAP_PAGE_FAULT && e.address == CODE + 2);
    EXPECT((e.error & PAGE_FAULT_PRESENT) == 0);
    *entry = before;
    EXPECT(user_mode_run(ctx, nullptr) == USER_SYSCALL);
    user_ctx_destroy(ctx);
    vm_space_put(space);
}

// ---- what is left behind ------------------------------------------------------------------------

constexpr uint64_t MARK = 0x5ec2e75ec2e70000;

// No register that held a mark is in what user mode's tables map.
static void expect_no_mark(void)
{
    for (uint32_t n = 0; n < cpu_count(); n++) {
        const uint64_t *words = (const uint64_t *)cpu_block(n);
        for (size_t i = 0; i < PAGE_SIZE / sizeof(*words); i++)
            EXPECT((words[i] & ~0xffffull) != MARK);
    }
}

static void mark(struct user_regs *r)
{
    uint64_t *general[] = {&r->rax, &r->rbx, &r->rcx, &r->rdx, &r->rsi, &r->rdi, &r->rbp, &r->r8,
                           &r->r9,  &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15};
    for (size_t i = 0; i < sizeof(general) / sizeof(general[0]); i++)
        *general[i] = MARK + i;
}

// Neither a program's nor the kernel's registers.
static void isolation_leaves_nothing(void)
{
    struct vm_space *space = make_space();
    struct user_context *ctx;
    struct user_regs regs, after;
    task_set_space(space);
    must(user_ctx_create((uaddr_t){CODE}, (uaddr_t){0}, &ctx));
    user_ctx_get_regs(ctx, &regs);
    mark(&regs);
    user_ctx_set_regs(ctx, &regs);
    for (int i = 0; i < 3; i++) {
        EXPECT(user_mode_run(ctx, nullptr) == (i < 2 ? USER_SYSCALL : USER_EXCEPTION));
        expect_no_mark();
    }
    user_ctx_get_regs(ctx, &after);
    EXPECT(after.rax == regs.rax && after.rbx == regs.rbx && after.r15 == regs.r15);
    uint64_t rax = MARK, rbx = MARK + 1;
    __asm__ volatile("int $2" : "+a"(rax), "+b"(rbx)::"memory");
    EXPECT(rax == MARK && rbx == MARK + 1);
    expect_no_mark();
    user_ctx_destroy(ctx);
    vm_space_put(space);
}

const struct ktest ktest_isolation[] = {
    {"isolation", isolation},
    {"isolation_in_force", isolation_in_force},
    {"isolation_leaves_nothing", isolation_leaves_nothing},
    {},
};
