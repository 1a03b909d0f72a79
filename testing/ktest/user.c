// SPDX-License-Identifier: Apache-2.0
// Entering user mode with contexts that nobody in his right mind would make.
#include "kernel/frame/user/user.h"
#include "kernel/frame/arch/x86_64/trap_regs.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/smp/lapic.h"
#include "kernel/frame/task/task.h"
#include "kernel/frame/vmio/vmio.h"
#include "testing/ktest/ktest.h"

constexpr uint64_t CODE = 0x400000;

// A space with one executable page that begins with `code` and is full of INT3 behind it.
static struct vm_space *space_with(struct cspan code)
{
    static const uint8_t fill[PAGE_SIZE] = {[0 ... PAGE_SIZE - 1] = 0xcc};
    struct vm_space *space;
    struct vm_cursor c;
    struct page_run run;
    must(vm_space_create(&space));
    must(page_run_alloc(1, PAGE_UNINIT, &run));
    must(page_run_write(&run, 0, CSPAN_OF(fill)));
    must(page_run_write(&run, 0, code));
    must(vm_cursor_open(space, (uaddr_t){CODE}, (uaddr_t){CODE + PAGE_SIZE}, &c));
    must(vm_cursor_map(&c, page_run_get(&run, 0), (struct page_prop){.perm = VM_READ | VM_EXEC}));
    vm_cursor_close(&c);
    page_run_put(&run);
    task_set_space(space);
    return space;
}

static const uint8_t syscalls[] = {0x0f, 0x05, 0x0f, 0x05};

// xorshift64*: the same numbers in every run.
static uint64_t random_state = 88172645463325252ull;
static uint64_t random_u64(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 2685821657736338717ull;
}

// Any value, but often one near an edge that matters.
static uint64_t random_address(void)
{
    static const uint64_t edges[] = {0,          CODE,       CODE + PAGE_SIZE,   USER_END,
                                     1ull << 47, 1ull << 63, 0xffff800000000000, IMAGE_OFFSET};
    if (random_u64() % 4 == 0)
        return random_u64();
    return edges[random_u64() % 8] + random_u64() % 5 - 2;
}

static void random_regs(struct user_regs *r)
{
    uint64_t *words = (uint64_t *)r;
    for (size_t i = 0; i < sizeof(*r) / sizeof(*words); i++)
        words[i] = random_address();
    r->rflags = random_u64();
}

// Whatever a context holds, running it ends in an event and leaves the kernel as it was.
static void any_context(void)
{
    struct vm_space *space = space_with(CSPAN_OF(syscalls));
    unsigned events[3] = {};
    for (unsigned i = 0; i < 20000; i++) {
        struct user_context *ctx;
        struct user_regs regs, after;
        random_regs(&regs);
        must(user_ctx_create((uaddr_t){0}, (uaddr_t){0}, &ctx));
        user_ctx_set_regs(ctx, &regs);
        enum user_event event = user_mode_run(ctx, nullptr);
        events[event]++;
        user_ctx_get_regs(ctx, &after);
        // None of these instructions changes them.
        EXPECT(after.rsp == regs.rsp && after.rbx == regs.rbx && after.r15 == regs.r15);
        EXPECT((after.rflags & RFLAGS_IOPL) == 0);
        // The kernel's own flags and segments.
        uint64_t flags;
        __asm__ volatile("pushfq; pop %0" : "=r"(flags));
        EXPECT((flags & (RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC)) == 0);
        EXPECT(rdmsr(MSR_GS_BASE) == (uint64_t)cpu_this());
        user_ctx_destroy(ctx);
    }
    EXPECT(events[USER_SYSCALL] > 100 && events[USER_EXCEPTION] > 100);
    EXPECT(events[USER_KERNEL_EVENT] == 0);
    vm_space_put(space);
}

// Both ways back: after a system call by SYSRET, and by IRET when a register has changed.
static void both_ways_back(void)
{
    struct vm_space *space = space_with(CSPAN_OF(syscalls));
    struct user_context *ctx;
    struct user_regs regs;
    must(user_ctx_create((uaddr_t){CODE}, (uaddr_t){0}, &ctx));
    EXPECT(user_mode_run(ctx, nullptr) == USER_SYSCALL);
    EXPECT(user_ctx_ip(ctx).raw == CODE + 2);
    EXPECT(user_mode_run(ctx, nullptr) == USER_SYSCALL);
    user_ctx_get_regs(ctx, &regs);
    EXPECT(regs.rip == CODE + 4 && regs.rcx == regs.rip && regs.r11 == regs.rflags);

    regs.rip = CODE;
    regs.rcx = 17;
    user_ctx_set_regs(ctx, &regs);
    EXPECT(user_mode_run(ctx, nullptr) == USER_SYSCALL);
    EXPECT(user_ctx_ip(ctx).raw == CODE + 2);
    user_ctx_destroy(ctx);
    vm_space_put(space);
}

// FS and GS bases are the program's own, and none it cannot have.
static void segment_bases(void)
{
    static const uint8_t read_bases[] = {
        0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0, // mov %fs:0, %rax
        0x65, 0x48, 0x8b, 0x1c, 0x25, 0, 0, 0, 0, // mov %gs:0, %rbx
        0x0f, 0x05,
    };
    struct vm_space *space = space_with(CSPAN_OF(read_bases));
    struct user_context *ctx;
    must(user_ctx_create((uaddr_t){CODE}, (uaddr_t){0}, &ctx));
    struct user_regs regs;
    user_ctx_get_regs(ctx, &regs);
    regs.fs_base = CODE + 1;
    regs.gs_base = CODE + 2;
    user_ctx_set_regs(ctx, &regs);
    EXPECT(user_mode_run(ctx, nullptr) == USER_SYSCALL);
    user_ctx_get_regs(ctx, &regs);
    EXPECT(regs.rax == cspan_u64(CSPAN_OF(read_bases), 1));
    EXPECT(regs.rbx == cspan_u64(CSPAN_OF(read_bases), 2));

    regs.rip = CODE;
    regs.fs_base = 1ull << 63;
    user_ctx_set_regs(ctx, &regs);
    EXPECT(user_mode_run(ctx, nullptr) == USER_EXCEPTION);
    struct user_exception e = user_ctx_exception(ctx);
    EXPECT(e.vector == TRAP_PAGE_FAULT && e.address == 0);
    user_ctx_destroy(ctx);
    vm_space_put(space);
}

static unsigned asked;
static bool second_time(void) { return ++asked == 2; }

static void kernel_event(void)
{
    static const struct user_hooks hooks = {.has_kernel_event = second_time};
    struct vm_space *space = space_with(CSPAN_OF(syscalls));
    struct user_context *ctx;
    must(user_ctx_create((uaddr_t){CODE}, (uaddr_t){0}, &ctx));
    EXPECT(user_mode_run(ctx, &hooks) == USER_SYSCALL);
    EXPECT(user_mode_run(ctx, &hooks) == USER_KERNEL_EVENT);
    EXPECT(user_ctx_ip(ctx).raw == CODE + 2);
    EXPECT(user_mode_run(ctx, &hooks) == USER_SYSCALL);
    user_ctx_destroy(ctx);
    vm_space_put(space);
}

// Two tasks, two spaces: each runs in its own, whoever ran between.
struct party {
    uint8_t value;
    unsigned *done;
};

TASK_DEFINE(run_party, struct party, p)
{
    uint8_t code[] = {0xb0, p->value, 0x0f, 0x05}; // mov $value, %al; syscall
    struct vm_space *space = space_with(CSPAN_OF(code));
    for (unsigned i = 0; i < 100; i++) {
        struct user_context *ctx;
        must(user_ctx_create((uaddr_t){CODE}, (uaddr_t){0}, &ctx));
        EXPECT(user_mode_run(ctx, nullptr) == USER_SYSCALL);
        EXPECT(user_ctx_syscall_nr(ctx) == p->value);
        user_ctx_destroy(ctx);
        task_yield();
    }
    vm_space_put(space);
    __atomic_fetch_add(p->done, 1, __ATOMIC_RELEASE);
}

static void two_spaces(void)
{
    static unsigned done;
    static struct party parties[] = {{17, &done}, {42, &done}};
    for (unsigned i = 0; i < 2; i++) {
        struct task *task;
        must(run_party_create(&parties[i], &task));
        task_start(task);
        task_put(task);
    }
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) < 2)
        task_yield();
}

extern const uint8_t user_code_hold[], user_code_hold_end[];

static struct vm_space *hold_space(void)
{
    size_t len = (size_t)(user_code_hold_end - user_code_hold);
    return space_with(cspan_make(user_code_hold, len));
}

static void set_hold(struct user_context *ctx, uint64_t value, uint64_t times)
{
    struct user_regs regs;
    user_ctx_get_regs(ctx, &regs);
    regs.rdi = value;
    regs.rcx = times;
    user_ctx_set_regs(ctx, &regs);
}

struct holder {
    uint64_t value;
    bool started, done;
};
constexpr size_t HOLDERS = 4;
static struct holder holders[HOLDERS];

TASK_DEFINE(hold, struct holder, h)
{
    struct vm_space *space = hold_space();
    struct user_context *ctx;
    must(user_ctx_create((uaddr_t){CODE}, (uaddr_t){0}, &ctx));
    set_hold(ctx, h->value, 5'000'000);
    __atomic_store_n(&h->started, true, __ATOMIC_RELEASE);
    // They are preempted by each other, or run beside each other.
    for (size_t i = 0; i < HOLDERS; i++) {
        while (!__atomic_load_n(&holders[i].started, __ATOMIC_ACQUIRE))
            task_yield();
    }
    for (unsigned i = 0; i < 2; i++) {
        EXPECT(user_mode_run(ctx, nullptr) == USER_SYSCALL);
        EXPECT(user_ctx_syscall_nr(ctx) == 77);
        // What the CPU may hold is what memory gets.
        struct user_regs regs;
        user_ctx_get_regs(ctx, &regs);
        EXPECT(regs.fs_base == h->value && regs.gs_base == h->value);
    }
    user_ctx_destroy(ctx);
    vm_space_put(space);
    __atomic_store_n(&h->done, true, __ATOMIC_RELEASE);
}

// Vector registers and segment bases are each program's own, through preemption and migration.
static void vector_registers(void)
{
    for (size_t i = 0; i < HOLDERS; i++) {
        struct task *task;
        holders[i].value = 0x1111'1111'1111 * (i + 1);
        must(hold_create(&holders[i], &task));
        task_start(task);
        task_put(task);
    }
    for (size_t i = 0; i < HOLDERS; i++) {
        while (!__atomic_load_n(&holders[i].done, __ATOMIC_ACQUIRE))
            task_yield();
    }
}

// A copy of a context goes on as the original does.
static void context_copy(void)
{
    struct vm_space *space = hold_space();
    struct user_context *ctx, *copy;
    must(user_ctx_create((uaddr_t){CODE}, (uaddr_t){0}, &ctx));
    must(user_ctx_create((uaddr_t){0}, (uaddr_t){0}, &copy));
    set_hold(ctx, 0x1234'5678'9abc, 5);
    EXPECT(user_mode_run(ctx, nullptr) == USER_SYSCALL);
    user_ctx_copy(copy, ctx);
    EXPECT(user_mode_run(copy, nullptr) == USER_SYSCALL);
    EXPECT(user_mode_run(ctx, nullptr) == USER_SYSCALL);

    // And any bytes at all are an image that a program can run with: its values are others now.
    static uint8_t image[4096];
    struct span fpu = span_make(image, user_ctx_fpu_size());
    for (size_t i = 0; i < fpu.len; i++)
        image[i] = (uint8_t)random_u64();
    user_ctx_reset(ctx, (uaddr_t){CODE}, (uaddr_t){0});
    set_hold(ctx, 17, 1);
    must(user_ctx_set_fpu(ctx, span_const(fpu)));
    EXPECT(user_mode_run(ctx, nullptr) == USER_SYSCALL);
    user_ctx_destroy(ctx);
    user_ctx_destroy(copy);
    vm_space_put(space);
}

// Of entry.S. Where an interrupt finds it, everything but the instruction pointer is the program's.
extern const uint8_t syscall_entry[];
static bool nmi_enough;

TASK_DEFINE(call_on_and_on, uint32_t, calls)
{
    struct vm_space *space = hold_space();
    struct user_context *ctx;
    must(user_ctx_create((uaddr_t){CODE}, (uaddr_t){0}, &ctx));
    set_hold(ctx, 0x1234'5678'9abc, 1);
    while (!__atomic_load_n(&nmi_enough, __ATOMIC_ACQUIRE)) {
        EXPECT(user_mode_run(ctx, nullptr) == USER_SYSCALL);
        EXPECT(rdmsr(MSR_GS_BASE) == (uint64_t)cpu_this());
        __atomic_fetch_add(calls, 1, __ATOMIC_RELEASE);
    }
    user_ctx_destroy(ctx);
    vm_space_put(space);
    __atomic_store_n(calls, UINT32_MAX, __ATOMIC_RELEASE);
}

// Non-maskable interrupts come at any instruction, also between user mode's tables and the
// kernel's: until some have come there, and many in all.
static void nmi_anywhere(void)
{
    static uint32_t calls;
    struct task *task;
    must(task_set_sched(task_current(), on_cpu(0)));
    must(call_on_and_on_create(&calls, &task));
    must(task_set_sched(task, on_cpu(1)));
    task_start(task);
    task_put(task);
    struct cpu *other = cpu_block(1);
    // Where the CPU pushed the instruction pointer of the last one.
    const uint64_t *rip = &other->arch.entry.trampolines[IST_NMI].words[5];
    for (uint32_t sent = 0, there = 0; sent < 5000 || there < 20; sent++) {
        uint32_t before = __atomic_load_n(&calls, __ATOMIC_ACQUIRE);
        lapic_send_nmi(other->apic_id);
        while (__atomic_load_n(&calls, __ATOMIC_ACQUIRE) == before)
            cpu_pause();
        there += __atomic_load_n(rip, __ATOMIC_ACQUIRE) == (uint64_t)syscall_entry;
    }
    __atomic_store_n(&nmi_enough, true, __ATOMIC_RELEASE);
    wait_until(&calls, UINT32_MAX);
}

const struct ktest ktest_user[] = {
    {"nmi_anywhere", nmi_anywhere},
    {"any_context", any_context},
    {"both_ways_back", both_ways_back},
    {"segment_bases", segment_bases},
    {"kernel_event", kernel_event},
    {"two_spaces", two_spaces},
    {"vector_registers", vector_registers},
    {"context_copy", context_copy},
    {},
};
