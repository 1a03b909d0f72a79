// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/console/backtrace.h"
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/console/console.h"
#include "kernel/frame/console/ksyms.h"

// Of kernel.ld: there is a table from the image's second link on.
extern const struct ksyms kernel_symbols;

constexpr int FRAMES_MAX = 32;

static const char *find(uint64_t rip, uint64_t *offset)
{
    return ksyms_find(&kernel_symbols, rip - image_moved_by(), offset);
}

const char *backtrace_line(uint64_t rip, uint32_t *line)
{
    const char *file = ksyms_line(&kernel_symbols, rip - image_moved_by(), line);
    return file != nullptr ? file : "unknown file";
}

static void print_frame(int n, uint64_t rip)
{
    uint64_t offset;
    uint32_t line = 0;
    const char *name = find(rip, &offset), *file = backtrace_line(rip, &line);
    if (name != nullptr)
        kprintf("  #%-2d %016lx %s+0x%lx (%s:%u)\n", n, rip, name, offset, file, line);
    else
        kprintf("  #%-2d %016lx\n", n, rip);
}

// The frame that a frame pointer points to (psABI, "The Stack Frame").
struct stack_frame {
    uint64_t caller_frame_pointer;
    uint64_t return_address;
};

static bool read_kernel(void *to, uint64_t from, size_t size)
{
    return from >= DIRECT_MAP_BASE && from % 8 == 0 &&
           copy_fallible(to, (const void *)from, size) == 0;
}

// How to find an address of this run in the image.
static void print_move(void)
{
    if (image_moved_by() != 0)
        kprintf("  the kernel is 0x%lx above where it is linked\n", image_moved_by());
}

// Frames are numbered from `n` on.
static void print_frames(int n, uint64_t frame_pointer)
{
    struct stack_frame f;
    while (n < FRAMES_MAX && read_kernel(&f, frame_pointer, sizeof(f)) && f.return_address != 0) {
        // The call, not what follows it: a call that never returns may be a function's last.
        print_frame(n++, f.return_address - 1);
        // A stack grows down, so callers' frames lie higher; anything else is a broken chain.
        if (f.caller_frame_pointer <= frame_pointer)
            return;
        frame_pointer = f.caller_frame_pointer;
    }
}

void backtrace_print(uint64_t frame_pointer)
{
    print_move();
    kprintf("backtrace:\n");
    print_frames(0, frame_pointer);
}

void backtrace_print_regs(const struct trap_regs *r)
{
    kprintf("  rip %016lx cs %02lx  rflags %08lx\n", r->rip, r->cs, r->rflags);
    kprintf("  rsp %016lx ss %02lx  vector %lu error 0x%lx\n", r->rsp, r->ss, r->vector, r->error);
    kprintf("  rax %016lx rbx %016lx rcx %016lx\n", r->rax, r->rbx, r->rcx);
    kprintf("  rdx %016lx rsi %016lx rdi %016lx\n", r->rdx, r->rsi, r->rdi);
    kprintf("  rbp %016lx r8  %016lx r9  %016lx\n", r->rbp, r->r8, r->r9);
    kprintf("  r10 %016lx r11 %016lx r12 %016lx\n", r->r10, r->r11, r->r12);
    kprintf("  r13 %016lx r14 %016lx r15 %016lx\n", r->r13, r->r14, r->r15);
    print_move();
    kprintf("backtrace:\n");
    int n = 0;
    uint64_t offset, caller;
    print_frame(n++, r->rip);
    // A call that went astray has made no frame yet: who called is still on top of the stack.
    if (find(r->rip, &offset) == nullptr && read_kernel(&caller, r->rsp, sizeof(caller)))
        print_frame(n++, caller - 1);
    print_frames(n, r->rbp);
}
