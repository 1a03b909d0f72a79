// SPDX-License-Identifier: Apache-2.0
// What handlers find on their stacks, and how they come back: sigreturn(2), sigaltstack(2).
#include "testing/syscall/signals.h"

static volatile double number;

static void use_vectors(int, siginfo_t *, void *)
{
    number = 1.0 / 3;
    __asm__ volatile("pcmpeqd %%xmm7, %%xmm7; pcmpeqd %%xmm8, %%xmm8" ::: "xmm7", "xmm8");
}

CASE(rt_sigreturn, "registers are as before the handler")
{
    CHECK_EQ(act(SIGUSR1, use_vectors, 0, 0), 0);
    uint64_t in = 0x1122334455667788, out = 0, r12 = 0, pid = (uint64_t)getpid();
    __asm__ volatile("movq %[in], %%xmm7; mov $0x5a5a, %%r12; mov $62, %%eax; mov %[pid], %%rdi;"
                     "mov $10, %%esi; syscall; movq %%xmm7, %[out]; mov %%r12, %[r12]"
                     : [out] "=&r"(out), [r12] "=&r"(r12)
                     : [in] "r"(in), [pid] "r"(pid)
                     : "rax", "rdi", "rsi", "rcx", "r11", "r12", "xmm7", "memory");
    CHECK_EQ(out, in);
    CHECK_EQ(r12, 0x5a5a);
    CHECK_EQ(set_default(SIGUSR1), 0);
}

static char *page;
static volatile uint64_t fault_at, fault_code;

static void make_writable(int, siginfo_t *i, void *)
{
    fault_at = (uint64_t)i->si_addr;
    fault_code = (uint64_t)i->si_code;
    syscall(SYS_mprotect, page, 4096, PROT_READ | PROT_WRITE);
}

CASE(rt_sigreturn, "an instruction that faulted is executed again")
{
    page = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK_EQ(act(SIGSEGV, make_writable, 0, 0), 0);
    *(volatile char *)(page + 5) = 3;
    CHECK_EQ(page[5], 3);
    CHECK_EQ(fault_at, (uint64_t)page + 5);
    CHECK_EQ(fault_code, SEGV_ACCERR);
    CHECK_EQ(call(SYS_munmap, page, 4096), 0);
    CHECK_EQ(set_default(SIGSEGV), 0);
}

static void skip(int signal, siginfo_t *i, void *context)
{
    ucontext_t *uc = context;
    note(signal, i, context);
    fault_code = (uint64_t)i->si_code;
    // ud2 and div of ecx have two bytes, int3 is over.
    if (signal != SIGTRAP)
        uc->uc_mcontext.gregs[REG_RIP] += 2;
}

CASE(rt_sigreturn, "a handler may change where the program goes on")
{
    count = 0;
    for (int i = 0; i < 3; i++)
        CHECK_EQ(act((int[]){SIGILL, SIGFPE, SIGTRAP}[i], skip, 0, 0), 0);
    __asm__ volatile("ud2");
    CHECK_EQ(caught[0], SIGILL);
    CHECK_EQ(fault_code, ILL_ILLOPN);
    __asm__ volatile("xor %%ecx, %%ecx; div %%ecx" ::: "eax", "ecx", "edx", "cc");
    CHECK_EQ(caught[1], SIGFPE);
    CHECK_EQ(fault_code, FPE_INTDIV);
    __asm__ volatile("int3");
    CHECK_EQ(caught[2], SIGTRAP);
    CHECK_EQ(fault_code, SI_KERNEL);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(set_default((int[]){SIGILL, SIGFPE, SIGTRAP}[i]), 0);
}

static void return_to_nowhere(void) { __asm__ volatile("mov $16, %rsp; mov $15, %eax; syscall"); }

static void return_to_garbage(void)
{
    static char garbage[4096] __attribute__((aligned(16)));
    memset(garbage, 0xa5, sizeof(garbage));
    __asm__ volatile("mov %0, %%rsp; mov $15, %%eax; syscall" ::"r"(garbage + 2048));
}

CASE(rt_sigreturn, "a hostile frame ends the program and nothing else")
{
    CHECK_EQ(in_child(return_to_nowhere) & 0x7f, SIGSEGV);
    CHECK_EQ(in_child(return_to_garbage) & 0x7f, SIGSEGV);
}

static char *stack;
static volatile bool on_stack;

static volatile int flags_in_frame;

static void where(int, siginfo_t *, void *context)
{
    char here;
    flags_in_frame = ((ucontext_t *)context)->uc_stack.ss_flags;
    stack_t now;
    on_stack = &here > stack && &here < stack + 65536;
    syscall(SYS_sigaltstack, nullptr, &now);
    fault_code = (uint64_t)now.ss_flags;
    stack_t other = {.ss_sp = stack, .ss_size = 65536};
    fault_at = (uint64_t)call(SYS_sigaltstack, &other, nullptr);
}

CASE(sigaltstack, "handlers with SA_ONSTACK run there")
{
    stack = mmap(nullptr, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t new = {.ss_sp = stack, .ss_size = 65536}, old = {};
    CHECK_EQ(call(SYS_sigaltstack, &new, &old), 0);
    CHECK_EQ(old.ss_flags, SS_DISABLE);
    CHECK_EQ(act(SIGUSR1, where, SA_ONSTACK, 0), 0);
    CHECK_EQ(self(SIGUSR1), 0);
    CHECK(on_stack);
    CHECK_EQ(flags_in_frame, 0);
    CHECK_EQ(fault_code, SS_ONSTACK);
    CHECK_EQ(fault_at, -EPERM);
    CHECK_EQ(call(SYS_sigaltstack, nullptr, &old), 0);
    CHECK_EQ(old.ss_flags, 0);
    CHECK(old.ss_sp == stack && old.ss_size == 65536);
    CHECK_EQ(act(SIGUSR1, where, 0, 0), 0);
    CHECK_EQ(self(SIGUSR1), 0);
    CHECK(!on_stack);
    new.ss_flags = SS_DISABLE;
    CHECK_EQ(call(SYS_sigaltstack, &new, nullptr), 0);
    CHECK_EQ(self(SIGUSR1), 0);
    CHECK_EQ(flags_in_frame, SS_DISABLE);
    CHECK_EQ(call(SYS_sigaltstack, nullptr, &old), 0);
    CHECK_EQ(old.ss_flags, SS_DISABLE); // the handler switched one on, and the frame off again
    CHECK_EQ(set_default(SIGUSR1), 0);
}

CASE(sigaltstack, "errors")
{
    stack_t s = {.ss_sp = stack, .ss_size = 1000};
    CHECK_EQ(call(SYS_sigaltstack, &s, nullptr), -ENOMEM);
    s.ss_flags = 0x10;
    CHECK_EQ(call(SYS_sigaltstack, &s, nullptr), -EINVAL);
    CHECK_EQ(call(SYS_sigaltstack, nowhere, nullptr), -EFAULT);
    CHECK_EQ(call(SYS_sigaltstack, nullptr, nowhere), -EFAULT);
}
