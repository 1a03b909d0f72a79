// SPDX-License-Identifier: Apache-2.0
// Signals that wait, and frames, whose layout the host's own headers know.
#include "kernel/linux/signal/sigframe.h"
#include "testing/hostframe/hostframe.h"
#include <algorithm>
#include <csignal>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <ucontext.h>
#include <vector>

namespace
{

// What waits is on the kernel's heap, so tests of it run in a machine.
void in_machine(std::function<void()> body)
{
    hostframe::Machine m;
    m.main = [&] {
        body();
        power_off(0);
    };
    hostframe::Outcome o = hostframe::run(m);
    ASSERT_EQ(o.status, 0);
    ASSERT_EQ(o.objects, 0u) << "something was not freed";
}

struct signal_info sent(uint32_t signal, uint64_t pid = 1)
{
    return siginfo_sent(signal, SI_USER, pid, 0);
}

std::vector<int32_t> take_all(struct sigpending *p, uint64_t mask = 0)
{
    std::vector<int32_t> all;
    struct signal_info info;
    while (sigpending_take(p, {mask}, &info))
        all.push_back(info.signal);
    return all;
}

TEST(Pending, what_an_instruction_caused_comes_first_then_by_number)
{
    in_machine([] {
        struct sigpending p = {};
        for (uint32_t s : {SIGTERM, SIGSEGV, SIGHUP, SIGKILL, SIGFPE, 40}) {
            struct signal_info info = sent(s);
            EXPECT_EQ(sigpending_add(&p, &info, UINT64_MAX), ERR_OK);
        }
        EXPECT_EQ(take_all(&p),
                  (std::vector<int32_t>{SIGFPE, SIGSEGV, SIGHUP, SIGKILL, SIGTERM, 40}));
        EXPECT_TRUE(sigset_is_empty(p.set));
    });
}

TEST(Pending, standard_ones_wait_once_and_real_time_ones_in_turn)
{
    in_machine([] {
        struct sigpending p = {};
        for (uint64_t pid = 1; pid <= 3; pid++) {
            struct signal_info a = sent(SIGUSR1, pid), b = sent(SIGNAL_RT_MIN + 2, pid);
            EXPECT_EQ(sigpending_add(&p, &a, UINT64_MAX), ERR_OK);
            EXPECT_EQ(sigpending_add(&p, &b, UINT64_MAX), ERR_OK);
        }
        struct signal_info info;
        ASSERT_TRUE(sigpending_take(&p, {}, &info));
        EXPECT_EQ(info.signal, SIGUSR1);
        EXPECT_EQ(info.words[0], 1u) << "the first to come";
        for (uint64_t pid = 1; pid <= 3; pid++) {
            ASSERT_TRUE(sigpending_take(&p, {}, &info));
            EXPECT_EQ(info.words[0], pid);
        }
        EXPECT_FALSE(sigpending_take(&p, {}, &info));
    });
}

TEST(Pending, what_is_blocked_stays)
{
    in_machine([] {
        struct sigpending p = {};
        struct signal_info a = sent(SIGUSR1), b = sent(SIGUSR2);
        EXPECT_EQ(sigpending_add(&p, &a, UINT64_MAX), ERR_OK);
        EXPECT_EQ(sigpending_add(&p, &b, UINT64_MAX), ERR_OK);
        EXPECT_EQ(take_all(&p, sigset_of(SIGUSR1).bits), std::vector<int32_t>{SIGUSR2});
        EXPECT_EQ(p.set.bits, sigset_of(SIGUSR1).bits);
        sigpending_discard(&p, {~0ull});
        EXPECT_EQ(take_all(&p), std::vector<int32_t>{});
    });
}

TEST(Pending, without_memory_standard_ones_come_nameless_and_real_time_ones_do_not)
{
    in_machine([] {
        struct sigpending p = {};
        struct signal_info a = sent(SIGUSR1, 7), b = sent(SIGNAL_RT_MIN, 7), info;
        for (auto *i : {&a, &b}) {
            heap_fail_after(0);
            enum err err = sigpending_add(&p, i, UINT64_MAX);
            ASSERT_TRUE(heap_fail_stop());
            EXPECT_EQ(err, i == &a ? ERR_OK : ERR_AGAIN);
        }
        ASSERT_TRUE(sigpending_take(&p, {}, &info));
        EXPECT_EQ(info.signal, SIGUSR1);
        EXPECT_EQ(info.code, SI_USER);
        EXPECT_EQ(info.words[0], 0u);
        EXPECT_FALSE(sigpending_take(&p, {}, &info));
    });
}

TEST(Info, is_laid_out_as_the_host_says)
{
    siginfo_t host;
    uint8_t bytes[SIGINFO_SIZE];
    static_assert(sizeof(host) == SIGINFO_SIZE);
    struct signal_info info = siginfo_child(CLD_EXITED, 1234, 1000, 42);
    siginfo_put(&info, SPAN_OF(bytes));
    memcpy(&host, bytes, sizeof(host));
    EXPECT_EQ(host.si_signo, SIGCHLD);
    EXPECT_EQ(host.si_code, CLD_EXITED);
    EXPECT_EQ(host.si_pid, 1234);
    EXPECT_EQ(host.si_uid, 1000u);
    EXPECT_EQ(host.si_status, 42);
    info = siginfo_fault(SIGSEGV, SEGV_ACCERR, 0x123456789abc);
    siginfo_put(&info, SPAN_OF(bytes));
    memcpy(&host, bytes, sizeof(host));
    EXPECT_EQ(host.si_code, SEGV_ACCERR);
    EXPECT_EQ(reinterpret_cast<uint64_t>(host.si_addr), 0x123456789abcu);
    struct signal_info back = siginfo_of(CSPAN_OF(bytes));
    EXPECT_EQ(memcmp(&back, &info, sizeof(info)), 0);
}

TEST(Default, signals_do_what_their_man_page_says)
{
    EXPECT_EQ(signal_default_of(SIGTERM), SIGNAL_TERMINATES);
    EXPECT_EQ(signal_default_of(SIGNAL_MAX), SIGNAL_TERMINATES);
    EXPECT_EQ(signal_default_of(SIGSEGV), SIGNAL_DUMPS);
    EXPECT_EQ(signal_default_of(SIGCHLD), SIGNAL_IGNORED);
    EXPECT_EQ(signal_default_of(SIGTSTP), SIGNAL_STOPS);
    EXPECT_EQ(signal_default_of(SIGCONT), SIGNAL_CONTINUES);
}

struct sigframe some_frame()
{
    struct sigframe f = {};
    f.regs.rax = 1;
    f.regs.rbx = 2;
    f.regs.rsp = 0x7ffc0000;
    f.regs.rip = 0x401000;
    f.regs.r15 = 15;
    f.regs.rflags = 0x246;
    f.exception = {.vector = 14, .error = 6, .address = 0xdead000};
    f.mask = {0x1234};
    f.stack = {.start = 0x5000, .size = 0x2000, .flags = 0};
    f.fpu = 0x7ffb0000;
    return f;
}

TEST(Frame, is_laid_out_as_the_host_says)
{
    struct sigframe f = some_frame();
    struct signal_info info = siginfo_fault(SIGSEGV, SEGV_MAPERR, 0xdead000);
    uint8_t bytes[SIGFRAME_SIZE];
    sigframe_put(&f, &info, 0x402000, SPAN_OF(bytes));
    ucontext_t uc;
    siginfo_t host;
    uint64_t restorer;
    memcpy(&restorer, bytes, 8);
    memcpy(&uc, bytes + SIGFRAME_CONTEXT, offsetof(ucontext_t, uc_sigmask) + 8);
    memcpy(&host, bytes + SIGFRAME_INFO, sizeof(host));
    EXPECT_EQ(restorer, 0x402000u);
    const auto &r = uc.uc_mcontext.gregs;
    EXPECT_EQ(r[REG_RAX], 1);
    EXPECT_EQ(r[REG_RBX], 2);
    EXPECT_EQ(r[REG_R15], 15);
    EXPECT_EQ(r[REG_RSP], 0x7ffc0000);
    EXPECT_EQ(r[REG_RIP], 0x401000);
    EXPECT_EQ(r[REG_EFL], 0x246);
    EXPECT_EQ(r[REG_ERR], 6);
    EXPECT_EQ(r[REG_TRAPNO], 14);
    EXPECT_EQ(r[REG_CR2], 0xdead000);
    EXPECT_EQ(r[REG_CSGSFS], 0x002b'0000'0000'0033);
    EXPECT_EQ(reinterpret_cast<uint64_t>(uc.uc_mcontext.fpregs), 0x7ffb0000u);
    EXPECT_EQ(reinterpret_cast<uint64_t>(uc.uc_stack.ss_sp), 0x5000u);
    EXPECT_EQ(uc.uc_stack.ss_size, 0x2000u);
    EXPECT_EQ(uc.uc_flags, 7u);
    uint64_t mask;
    memcpy(&mask, &uc.uc_sigmask, 8);
    EXPECT_EQ(mask, 0x1234u);
    EXPECT_EQ(reinterpret_cast<uint64_t>(host.si_addr), 0xdead000u);
}

TEST(Frame, comes_back_as_it_was)
{
    struct sigframe f = some_frame(), back = {};
    struct signal_info info = sent(SIGUSR1);
    uint8_t bytes[SIGFRAME_SIZE];
    back.regs.rflags = 0x202;
    sigframe_put(&f, &info, 0, SPAN_OF(bytes));
    sigframe_get(CSPAN_OF(bytes), &back);
    EXPECT_EQ(memcmp(&back.regs, &f.regs, sizeof(f.regs)), 0);
    EXPECT_EQ(back.mask.bits, f.mask.bits);
    EXPECT_EQ(back.stack.start, f.stack.start);
    EXPECT_EQ(back.stack.size, f.stack.size);
    EXPECT_EQ(back.fpu, f.fpu);
}

TEST(Frame, of_the_flags_only_the_programs_own_are_taken)
{
    struct sigframe f = some_frame(), back = {};
    struct signal_info info = sent(SIGUSR1);
    uint8_t bytes[SIGFRAME_SIZE];
    f.regs.rflags = ~0ull;
    back.regs.rflags = 0x202;
    sigframe_put(&f, &info, 0, SPAN_OF(bytes));
    sigframe_get(CSPAN_OF(bytes), &back);
    EXPECT_EQ(back.regs.rflags & 0x3000, 0u) << "IOPL";
    EXPECT_EQ(back.regs.rflags & 0x200, 0x200u) << "IF";
    EXPECT_EQ(back.regs.rflags & 0x8d5, 0x8d5u) << "arithmetic";
}

TEST(Frame, lies_below_and_aligned)
{
    for (uint64_t top = 0x10000; top < 0x10080; top++) {
        for (size_t fpu : {512u, 832u, 2696u}) {
            struct sigframe_place p = sigframe_place(top, fpu);
            EXPECT_EQ(p.sp % 16, 8u);
            EXPECT_EQ(p.fpu % 64, 0u);
            EXPECT_LE(p.fpu + fpu + (fpu > 512 ? SIGFRAME_MAGIC_SIZE : 0), top);
            EXPECT_LE(p.sp + SIGFRAME_SIZE, p.fpu);
            EXPECT_LT(top - p.sp, fpu + SIGFRAME_SIZE + 100);
        }
    }
}

TEST(Frame, vector_registers_say_how_many_bytes_they_are)
{
    std::vector<uint8_t> area(832 + SIGFRAME_MAGIC_SIZE, 0xaa);
    struct span all = span_make(area.data(), area.size());
    EXPECT_FALSE(sigframe_fpu_is_marked(span_const(all)));
    sigframe_mark_fpu(all);
    EXPECT_TRUE(sigframe_fpu_is_marked(span_const(all)));
    uint32_t sizes[2];
    memcpy(&sizes[0], &area[464 + 4], 4);
    memcpy(&sizes[1], &area[464 + 16], 4);
    EXPECT_EQ(sizes[0], area.size());
    EXPECT_EQ(sizes[1], 832u);
    for (size_t at : {464u, 480u, 832u}) {
        std::vector<uint8_t> broken = area;
        broken[at] ^= 1;
        EXPECT_FALSE(sigframe_fpu_is_marked(cspan_make(broken.data(), broken.size()))) << at;
    }
}

} // namespace
