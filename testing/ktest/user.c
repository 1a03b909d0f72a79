// SPDX-License-Identifier: Apache-2.0
// Entering user mode with contexts that nobody in his right mind would make.
#include "kernel/frame/user/user.h"
#include "kernel/frame/arch/x86_64/x86.h"
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/task/task.h"
#include "kernel/frame/vmio/vmio.h"
#include "testing/ktest/ktest.h"

constexpr uint64_t CODE = 0x400000;

// A space with one executable page that begins with `code` and is full of INT3 behind it.
static struct vm_space *space_with(struct cspan code)
{
    static uint8_t fill[PAGE_SIZE];
    struct vm_space *space;
    struct vm_cursor c;
    struct page_run run;
    for (size_t i = 0; i < sizeof(fill); i++)
        fill[i] = 0xcc;
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
        struct user_context ctx;
        struct user_regs regs, after;
        random_regs(&regs);
        user_ctx_init(&ctx, (uaddr_t){0}, (uaddr_t){0});
        user_ctx_set_regs(&ctx, &regs);
        enum user_event event = user_mode_run(&ctx, nullptr);
        events[event]++;
        user_ctx_get_regs(&ctx, &after);
        // None of these instructions changes them.
        EXPECT(after.rsp == regs.rsp && after.rbx == regs.rbx && after.r15 == regs.r15);
        EXPECT((after.rflags & RFLAGS_IOPL) == 0);
        // The kernel's own flags and segments.
        uint64_t flags;
        __asm__ volatile("pushfq; pop %0" : "=r"(flags));
        EXPECT((flags & (RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC)) == 0);
        EXPECT(rdmsr(MSR_GS_BASE) == (uint64_t)cpu_this());
    }
    EXPECT(events[USER_SYSCALL] > 100 && events[USER_EXCEPTION] > 100);
    EXPECT(events[USER_KERNEL_EVENT] == 0);
    vm_space_put(space);
}

// Both ways back: after a system call by SYSRET, and by IRET when a register has changed.
static void both_ways_back(void)
{
    struct vm_space *space = space_with(CSPAN_OF(syscalls));
    struct user_context ctx;
    struct user_regs regs;
    user_ctx_init(&ctx, (uaddr_t){CODE}, (uaddr_t){0});
    EXPECT(user_mode_run(&ctx, nullptr) == USER_SYSCALL);
    EXPECT(user_ctx_ip(&ctx).raw == CODE + 2);
    EXPECT(user_mode_run(&ctx, nullptr) == USER_SYSCALL);
    user_ctx_get_regs(&ctx, &regs);
    EXPECT(regs.rip == CODE + 4 && regs.rcx == regs.rip && regs.r11 == regs.rflags);

    regs.rip = CODE;
    regs.rcx = 17;
    user_ctx_set_regs(&ctx, &regs);
    EXPECT(user_mode_run(&ctx, nullptr) == USER_SYSCALL);
    EXPECT(user_ctx_ip(&ctx).raw == CODE + 2);
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
    struct user_context ctx;
    user_ctx_init(&ctx, (uaddr_t){CODE}, (uaddr_t){0});
    struct user_regs regs;
    user_ctx_get_regs(&ctx, &regs);
    regs.fs_base = CODE + 1;
    regs.gs_base = CODE + 2;
    user_ctx_set_regs(&ctx, &regs);
    EXPECT(user_mode_run(&ctx, nullptr) == USER_SYSCALL);
    user_ctx_get_regs(&ctx, &regs);
    EXPECT(regs.rax == cspan_u64(CSPAN_OF(read_bases), 1));
    EXPECT(regs.rbx == cspan_u64(CSPAN_OF(read_bases), 2));

    regs.rip = CODE;
    regs.fs_base = 1ull << 63;
    user_ctx_set_regs(&ctx, &regs);
    EXPECT(user_mode_run(&ctx, nullptr) == USER_EXCEPTION);
    struct user_exception e = user_ctx_exception(&ctx);
    EXPECT(e.vector == TRAP_PAGE_FAULT && e.address == 0);
    vm_space_put(space);
}

static unsigned asked;
static bool second_time(void) { return ++asked == 2; }

static void kernel_event(void)
{
    static const struct user_hooks hooks = {.has_kernel_event = second_time};
    struct vm_space *space = space_with(CSPAN_OF(syscalls));
    struct user_context ctx;
    user_ctx_init(&ctx, (uaddr_t){CODE}, (uaddr_t){0});
    EXPECT(user_mode_run(&ctx, &hooks) == USER_SYSCALL);
    EXPECT(user_mode_run(&ctx, &hooks) == USER_KERNEL_EVENT);
    EXPECT(user_ctx_ip(&ctx).raw == CODE + 2);
    EXPECT(user_mode_run(&ctx, &hooks) == USER_SYSCALL);
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
        struct user_context ctx;
        user_ctx_init(&ctx, (uaddr_t){CODE}, (uaddr_t){0});
        EXPECT(user_mode_run(&ctx, nullptr) == USER_SYSCALL);
        EXPECT(user_ctx_syscall_nr(&ctx) == p->value);
        task_yield();
    }
    vm_space_put(space);
    ++*p->done;
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
    while (done < 2)
        task_yield();
}

const struct ktest ktest_user[] = {
    {"any_context", any_context},     {"both_ways_back", both_ways_back},
    {"segment_bases", segment_bases}, {"kernel_event", kernel_event},
    {"two_spaces", two_spaces},       {},
};
