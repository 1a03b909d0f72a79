// SPDX-License-Identifier: Apache-2.0
// A kernel with fork(2): processes share their pages until one writes. It runs userprogs/cow_fork
// twice, and says how many pages were copied and whether all memory is back.
#include "kernel/frame/frame.h"

static const uint8_t program[] = {
#embed "userprogs/cow_fork"
};

constexpr size_t PAGES = (sizeof(program) + PAGE_SIZE - 1) / PAGE_SIZE;
static const uaddr_t start = {0x400000}, end = {0x400000 + PAGES * PAGE_SIZE};
static const struct page_prop writable = {.perm = VM_READ | VM_WRITE | VM_EXEC};

constexpr uint64_t SYS_WRITE = 1, SYS_FORK = 57, SYS_EXIT = 60, SYS_WAIT4 = 61;

static struct process {
    struct vm_space *space;
    struct user_context *ctx;
} unstarted, first, second;

static struct waitq ends;             // who waits for a process to end
static uint32_t processes;            // atomic: that have not ended
static uint64_t shared, copied, kept; // pages; copied or kept when a process wrote to them

static void load_program(struct vm_space *space)
{
    struct page_run pages;
    struct vm_cursor c;
    must(page_run_alloc(PAGES, PAGE_ZERO, &pages));
    must(page_run_write(&pages, 0, CSPAN_OF(program)));
    must(vm_cursor_open(space, start, end, &c));
    for (size_t i = 0; i < PAGES; i++)
        must(vm_cursor_map(&c, page_run_get(&pages, i), writable));
    vm_cursor_close(&c);
    page_run_put(&pages);
}

// Maps the pages of `from` in `to` as well. Now neither writes; `soft` says that it may, alone.
static void share_pages(struct vm_space *from, struct vm_space *to)
{
    struct vm_cursor c, d;
    must(vm_cursor_open(from, start, end, &c));
    must(vm_cursor_open(to, start, end, &d));
    must(vm_cursor_share(&c, &d, PAGES, true));
    vm_cursor_close(&d);
    vm_cursor_close(&c);
    shared += PAGES;
}

// Lets the program write where it faulted: to a copy, while others have the page. False: no.
static bool unshare_page(struct process *p)
{
    struct page_prop prop;
    uaddr_t at = {align_down(user_ctx_exception(p->ctx).address, PAGE_SIZE)};
    struct vm_cursor c;
    if (vm_cursor_open(p->space, at, (uaddr_t){at.raw + PAGE_SIZE}, &c) != ERR_OK)
        return false;
    struct page *page = vm_cursor_query(&c, &prop), *copy;
    if (prop.soft && page_refs(page) > 1) {
        must(page_alloc(PAGE_UNINIT, &copy));
        page_copy(copy, page);
        vm_cursor_unmap(&c, 1);
        must(vm_cursor_jump(&c, at));
        must(vm_cursor_map(&c, copy, writable));
        copied++;
    } else if (prop.soft) {
        must(vm_cursor_set(&c, writable));
        kept++;
    }
    vm_cursor_close(&c);
    return prop.soft;
}

static bool serve(struct process *p);

TASK_DEFINE(process_run, struct process, p)
{
    task_set_space(p->space);
    while (user_mode_run(p->ctx, nullptr) == USER_SYSCALL ? serve(p) : unshare_page(p))
        ;
    task_set_space(nullptr);
    vm_space_put(p->space);
    user_ctx_destroy(p->ctx);
    atomic_sub(&processes, 1);
    waitq_wake_all(&ends);
}

// Makes `p` like `parent`, but that its system call gives 0.
static void process_start(struct process *p, const struct process *parent)
{
    struct task *task;
    must(vm_space_create(&p->space));
    must(user_ctx_create((uaddr_t){0}, (uaddr_t){0}, &p->ctx));
    share_pages(parent->space, p->space);
    user_ctx_copy(p->ctx, parent->ctx);
    user_ctx_set_result(p->ctx, 0);
    atomic_add(&processes, 1);
    must(process_run_create(p, &task));
    task_start(task);
    task_put(task);
}

static void write_text(struct process *p, uint64_t at, uint64_t len)
{
    uint8_t text[64];
    size_t got;
    struct vm_reader from;
    struct vm_writer to = vm_writer_to(SPAN_OF(text));
    if (vm_space_reader(p->space, (uaddr_t){at}, len, &from) == ERR_OK &&
        vm_copy(&to, &from, &got) == ERR_OK)
        console_write(span_const(span_sub(SPAN_OF(text), 0, got)));
}

// A system call. False: the process ends. What succeeds gives 2, the child's number.
static bool serve(struct process *p)
{
    uint64_t nr = user_ctx_syscall_nr(p->ctx), arg0 = user_ctx_syscall_arg(p->ctx, 0);
    if (nr == SYS_EXIT && arg0 != 0)
        power_off((int)(arg0 & 0xff));
    if (nr == SYS_WRITE)
        write_text(p, user_ctx_syscall_arg(p->ctx, 1), user_ctx_syscall_arg(p->ctx, 2));
    if (nr == SYS_FORK)
        process_start(&second, p);
    if (nr == SYS_WAIT4)
        waitq_until(&ends, load_acquire(&processes) == 1);
    user_ctx_set_result(p->ctx, 2);
    return nr != SYS_EXIT;
}

void kernel_main(void)
{
    uint64_t before = 0, entry = cspan_u64(CSPAN_OF(program), 24);
    must(vm_space_create(&unstarted.space));
    must(user_ctx_create((uaddr_t){entry}, (uaddr_t){0}, &unstarted.ctx));
    load_program(unstarted.space);
    for (int run = 0; run < 2; run++) { // the first leaves what the frame keeps for the second
        task_trim();
        heap_trim();
        before = pmm_stats().free;
        process_start(&first, &unstarted);
        while (task_count() > 1)
            task_yield();
    }
    task_trim();
    heap_trim();
    kprintf("cow_fork: %lu pages shared, %lu copied, %lu kept, %lu missing\n", shared, copied, kept,
            before - pmm_stats().free);
    power_off(0);
}
