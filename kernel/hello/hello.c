// SPDX-License-Identifier: Apache-2.0
// A kernel in about a hundred lines, on the frame alone: it runs one static Linux program that
// may write and exit. The program is userprogs/hello, or the first boot module if there is one.
#include "kernel/frame/frame.h"

static const uint8_t builtin[] = {
#embed "userprogs/hello"
};

constexpr uint64_t LOAD_ADDRESS = 0x400000; // where the linker puts static programs
constexpr int STATUS_NOT_EXECUTABLE = 126;  // as a shell says it
constexpr int STATUS_SEGMENTATION_FAULT = 128 + 11;

constexpr uint64_t SYS_WRITE = 1, SYS_EXIT = 60;

struct program {
    struct cspan file;
    uaddr_t entry;
    struct vm_space *space;
};

// Reads the ELF header. The programs that this kernel runs are linked so that the file is the
// memory image; it looks at nothing else (ELF-64 Object File Format, "File header").
static bool program_check(struct program *p)
{
    size_t len = cspan_len(p->file);
    if (len < 64 || len > PAGE_RUN_MAX * PAGE_SIZE ||
        !cspan_starts_with(p->file, SPAN_TEXT("\177ELF\2\1")) || cspan_u16(p->file, 16) != 2 ||
        cspan_u16(p->file, 18) != 62)
        return false;
    p->entry.raw = cspan_u64(p->file, 24);
    return true;
}

// Makes an address space with the whole file in it.
static void program_load(struct program *p)
{
    struct page_run pages;
    size_t count = pages_for(cspan_len(p->file));
    must(page_run_alloc(count, PAGE_ZERO, &pages));
    must(page_run_write(&pages, 0, p->file));

    struct vm_cursor cursor;
    uaddr_t start = {LOAD_ADDRESS}, end = {LOAD_ADDRESS + count * PAGE_SIZE};
    must(vm_space_create(&p->space));
    must(vm_cursor_open(p->space, start, end, &cursor));
    for (size_t i = 0; i < count; i++) {
        struct page_prop prop = {.perm = VM_READ | VM_WRITE | VM_EXEC};
        must(vm_cursor_map(&cursor, page_run_get(&pages, i), prop));
    }
    vm_cursor_close(&cursor);
    page_run_put(&pages);
}

// write(2). The length is the program's choice, so it goes through a buffer of ours.
static int64_t sys_write(struct program *p, uint64_t fd, uaddr_t from, uint64_t len)
{
    struct vm_reader reader;
    if (fd != 1 && fd != 2)
        return ERR_BADF;
    enum err err = vm_space_reader(p->space, from, len, &reader);
    uint64_t written = 0;
    while (err == ERR_OK && written < len) {
        uint8_t buffer[256];
        size_t got;
        struct vm_writer writer = vm_writer_to(SPAN_OF(buffer));
        err = vm_copy(&writer, &reader, &got);
        console_write(span_const(span_sub(SPAN_OF(buffer), 0, got)));
        written += got;
    }
    return written > 0 ? (int64_t)written : err;
}

static int64_t serve_syscall(struct program *p, const struct user_context *ctx)
{
    uint64_t arg0 = user_ctx_syscall_arg(ctx, 0);
    switch (user_ctx_syscall_nr(ctx)) {
    case SYS_WRITE:
        return sys_write(p, arg0, (uaddr_t){user_ctx_syscall_arg(ctx, 1)},
                         user_ctx_syscall_arg(ctx, 2));
    case SYS_EXIT:
        power_off((int)(arg0 & 0xff));
    }
    return ERR_NOSYS;
}

TASK_DEFINE(program_run, struct program, p)
{
    struct user_context *ctx;
    must(user_ctx_create(p->entry, (uaddr_t){0}, &ctx));
    task_set_space(p->space);
    for (;;) {
        if (user_mode_run(ctx, nullptr) == USER_SYSCALL) {
            user_ctx_set_result(ctx, (uint64_t)serve_syscall(p, ctx));
        } else {
            struct user_exception e = user_ctx_exception(ctx);
            kprintf("hello: the program stopped: %s at %lx (error %lx, address %lx)\n",
                    trap_name(e.vector), user_ctx_ip(ctx).raw, e.error, e.address);
            power_off(STATUS_SEGMENTATION_FAULT);
        }
    }
}

void kernel_main(void)
{
    static struct program program;
    program.file = boot_module_count() > 0 ? boot_module(0) : CSPAN_OF(builtin);
    if (!program_check(&program)) {
        kprintf("hello: the boot module is not a static x86-64 ELF program of up to 4 MiB\n");
        power_off(STATUS_NOT_EXECUTABLE);
    }
    program_load(&program);
    struct task *task;
    must(program_run_create(&program, &task));
    task_start(task);
    task_put(task);
}
