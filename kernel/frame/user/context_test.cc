// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/user/user.h"
#include <cstring>
#include <gtest/gtest.h>
#include <random>

namespace
{

// What a program may set by itself: CF PF AF ZF SF TF DF OF NT RF AC ID. The rest is the
// kernel's: bit 1 and IF are on, everything else (IOPL, VM, VIF, VIP, reserved) off.
constexpr uint64_t FREE_FLAGS = 1u << 0 | 1u << 2 | 1u << 4 | 1u << 6 | 1u << 7 | 1u << 8 |
                                1u << 10 | 1u << 11 | 1u << 14 | 1u << 16 | 1u << 18 | 1u << 21;
constexpr uint64_t FORCED_FLAGS = 1u << 1 | 1u << 9;

constexpr size_t REGISTERS = sizeof(struct user_regs) / sizeof(uint64_t);

// The registers as an array, to go over all of them.
using array = std::array<uint64_t, REGISTERS>;

array to_array(const struct user_regs &r)
{
    array a;
    memcpy(a.data(), &r, sizeof(r));
    return a;
}

struct user_regs to_regs(const array &a)
{
    struct user_regs r;
    memcpy(&r, a.data(), sizeof(r));
    return r;
}

struct user_regs get(const struct user_context &ctx)
{
    struct user_regs r;
    memset(&r, 0xee, sizeof(r));
    user_ctx_get_regs(&ctx, &r);
    return r;
}

struct user_context junk(std::mt19937_64 &random)
{
    struct user_context ctx = {};
    auto fill = [&random](void *at, size_t n) {
        for (size_t i = 0; i < n; i++)
            static_cast<uint8_t *>(at)[i] = static_cast<uint8_t>(random());
    };
    fill(&ctx.regs, sizeof(ctx.regs));
    fill(&ctx.fs_base, 8);
    fill(&ctx.gs_base, 8);
    fill(&ctx.exception, sizeof(ctx.exception));
    ctx.from_syscall = random() % 2;
    // Random words are hardly ever canonical.
    for (uint64_t *word : {&ctx.regs.rip, &ctx.fs_base, &ctx.gs_base}) {
        if (random() % 2)
            *word = static_cast<uint64_t>(static_cast<int64_t>(*word << 16) >> 16);
    }
    return ctx;
}

TEST(UserContext, begins_with_nothing_but_ip_and_sp)
{
    struct user_context ctx;
    memset(static_cast<void *>(&ctx), 0xee, sizeof(ctx));
    ctx.from_syscall = true;
    user_ctx_init(&ctx, {0x401000}, {0x7fff'ffff'e000});
    struct user_regs want = {};
    want.rip = 0x401000;
    want.rsp = 0x7fff'ffff'e000;
    EXPECT_EQ(to_array(get(ctx)), to_array(want));
    EXPECT_EQ(user_ctx_ip(&ctx).raw, 0x401000u);
    EXPECT_FALSE(ctx.from_syscall);
    EXPECT_EQ(user_ctx_exception(&ctx).vector, 0u);
}

TEST(UserContext, every_register_is_kept_apart)
{
    for (size_t i = 0; i < REGISTERS; i++) {
        struct user_context ctx = {};
        array a = {};
        a[i] = 0x1122'3344'5566'7788;
        struct user_regs r = to_regs(a);
        user_ctx_set_regs(&ctx, &r);
        EXPECT_EQ(to_array(get(ctx)), a) << "register " << i;
    }
}

TEST(UserContext, registers_are_where_entry_expects_them)
{
    array a;
    for (size_t i = 0; i < REGISTERS; i++)
        a[i] = 0x100 + i;
    struct user_regs u = to_regs(a);
    struct user_context ctx = {};
    user_ctx_set_regs(&ctx, &u);
    const struct trap_regs &t = ctx.regs;
    EXPECT_EQ(t.rax, u.rax);
    EXPECT_EQ(t.rbx, u.rbx);
    EXPECT_EQ(t.rcx, u.rcx);
    EXPECT_EQ(t.rdx, u.rdx);
    EXPECT_EQ(t.rsi, u.rsi);
    EXPECT_EQ(t.rdi, u.rdi);
    EXPECT_EQ(t.rbp, u.rbp);
    EXPECT_EQ(t.rsp, u.rsp);
    EXPECT_EQ(t.r8, u.r8);
    EXPECT_EQ(t.r9, u.r9);
    EXPECT_EQ(t.r10, u.r10);
    EXPECT_EQ(t.r11, u.r11);
    EXPECT_EQ(t.r12, u.r12);
    EXPECT_EQ(t.r13, u.r13);
    EXPECT_EQ(t.r14, u.r14);
    EXPECT_EQ(t.r15, u.r15);
    EXPECT_EQ(t.rip, u.rip);
    EXPECT_EQ(t.rflags, u.rflags);
    EXPECT_EQ(ctx.fs_base, u.fs_base);
    EXPECT_EQ(ctx.gs_base, u.gs_base);
}

TEST(UserContext, setting_registers_keeps_the_exception_and_forbids_sysret)
{
    std::mt19937_64 random(51);
    struct user_context ctx = junk(random);
    ctx.from_syscall = true;
    struct user_exception before = ctx.exception;
    struct user_regs r = get(ctx);
    user_ctx_set_regs(&ctx, &r);
    struct user_exception after = user_ctx_exception(&ctx);
    EXPECT_EQ(memcmp(&before, &after, sizeof(before)), 0);
    EXPECT_FALSE(ctx.from_syscall) << "rcx and r11 must come back as they were set";
    EXPECT_EQ(to_array(get(ctx)), to_array(r));
}

TEST(UserContext, system_call_convention)
{
    struct user_context ctx = {};
    struct user_regs r = {};
    r.rax = 39;
    r.rdi = 10, r.rsi = 11, r.rdx = 12, r.r10 = 13, r.r8 = 14, r.r9 = 15;
    r.rcx = 99;
    user_ctx_set_regs(&ctx, &r);
    EXPECT_EQ(user_ctx_syscall_nr(&ctx), 39u);
    for (unsigned i = 0; i < 6; i++)
        EXPECT_EQ(user_ctx_syscall_arg(&ctx, i), 10u + i);
    user_ctx_set_result(&ctx, static_cast<uint64_t>(-38));
    r.rax = static_cast<uint64_t>(-38);
    EXPECT_EQ(to_array(get(ctx)), to_array(r)) << "a result changes rax only";
}

TEST(UserContextDeathTest, there_are_six_arguments)
{
    struct user_context ctx = {};
    EXPECT_DEATH(user_ctx_syscall_arg(&ctx, 6), "assertion failed");
    EXPECT_DEATH(user_ctx_syscall_arg(&ctx, UINT32_MAX), "assertion failed");
}

TEST(Sanitize, every_flag_alone)
{
    for (int bit = 0; bit < 64; bit++) {
        struct user_context ctx = {};
        ctx.regs.rflags = 1ull << bit;
        EXPECT_TRUE(user_ctx_sanitize(&ctx));
        EXPECT_EQ(ctx.regs.rflags, FORCED_FLAGS | ((1ull << bit) & FREE_FLAGS)) << "bit " << bit;
    }
}

TEST(Sanitize, selectors_are_the_users)
{
    struct user_context ctx = {};
    ctx.regs.cs = SELECTOR_KERNEL_CODE;
    ctx.regs.ss = SELECTOR_KERNEL_DATA;
    EXPECT_TRUE(user_ctx_sanitize(&ctx));
    EXPECT_EQ(ctx.regs.cs, 0x2bu);
    EXPECT_EQ(ctx.regs.ss, 0x23u);
    EXPECT_EQ(ctx.regs.cs & ctx.regs.ss & 3, 3u) << "of ring 3";
}

TEST(Sanitize, instruction_pointer_must_be_canonical)
{
    for (uint64_t rip : {uint64_t{0}, USER_END, uint64_t{0x7fff'ffff'ffff}, DIRECT_MAP_BASE,
                         uint64_t{0xffff'8000'0000'0000}, UINT64_MAX}) {
        struct user_context ctx = {};
        ctx.regs.rip = rip;
        EXPECT_TRUE(user_ctx_sanitize(&ctx)) << std::hex << rip;
    }
    for (uint64_t rip : {uint64_t{0x8000'0000'0000}, uint64_t{0xffff'7fff'ffff'ffff},
                         uint64_t{1} << 63, uint64_t{1} << 48}) {
        struct user_context ctx = {};
        ctx.regs.rip = rip;
        EXPECT_FALSE(user_ctx_sanitize(&ctx)) << std::hex << rip;
        EXPECT_EQ(ctx.regs.rip, rip) << "the exception's report shows it";
    }
}

TEST(Sanitize, segment_bases_that_would_fault_become_zero)
{
    struct user_context ctx = {};
    ctx.fs_base = 0x8000'0000'0000;
    ctx.gs_base = 1ull << 63;
    EXPECT_TRUE(user_ctx_sanitize(&ctx));
    EXPECT_EQ(ctx.fs_base, 0u);
    EXPECT_EQ(ctx.gs_base, 0u);
    ctx.fs_base = 0x7fff'ffff'ffff;
    ctx.gs_base = 0xffff'8000'0000'0000;
    EXPECT_TRUE(user_ctx_sanitize(&ctx));
    EXPECT_EQ(ctx.fs_base, 0x7fff'ffff'ffffu);
    EXPECT_EQ(ctx.gs_base, 0xffff'8000'0000'0000u);
}

TEST(Sanitize, any_context_at_all_becomes_harmless)
{
    constexpr uint64_t SEED = 52;
    std::mt19937_64 random(SEED);
    for (int step = 0; step < 20'000; step++) {
        SCOPED_TRACE("seed " + std::to_string(SEED) + " step " + std::to_string(step));
        struct user_context ctx = junk(random), before = ctx;
        bool runs = user_ctx_sanitize(&ctx);
        ASSERT_EQ(runs, address_is_canonical(ctx.regs.rip));
        ASSERT_EQ(ctx.regs.rflags, (before.regs.rflags & FREE_FLAGS) | FORCED_FLAGS);
        ASSERT_EQ(ctx.regs.cs, 0x2bu);
        ASSERT_EQ(ctx.regs.ss, 0x23u);
        for (auto [now, old] :
             {std::pair(ctx.fs_base, before.fs_base), std::pair(ctx.gs_base, before.gs_base)})
            ASSERT_EQ(now, address_is_canonical(old) ? old : 0);
        // The rest is the program's own.
        struct user_regs want = get(before), got = get(ctx);
        want.rflags = got.rflags;
        want.fs_base = got.fs_base;
        want.gs_base = got.gs_base;
        ASSERT_EQ(to_array(got), to_array(want));
        // Once harmless it stays as it is.
        struct user_context again = ctx;
        ASSERT_EQ(user_ctx_sanitize(&again), runs);
        ASSERT_EQ(to_array(get(again)), to_array(got));
    }
}

} // namespace
