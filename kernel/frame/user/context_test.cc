// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/user/context_priv.h"
#include "testing/host/fake_machine.h"
#include <cstring>
#include <gtest/gtest.h>
#include <random>

// What the code under test asks the CPUs for.
static std::vector<std::pair<struct user_context *, bool>> synced;
void user_ctx_sync(struct user_context *ctx, bool forget) { synced.emplace_back(ctx, forget); }

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

struct user_regs get(struct user_context &ctx)
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
    fill(&ctx.exception, sizeof(ctx.exception));
    ctx.from_syscall = random() % 2;
    // Random words are hardly ever canonical, but bases always are.
    auto canonical = [](uint64_t word) {
        return static_cast<uint64_t>(static_cast<int64_t>(word << 16) >> 16);
    };
    if (random() % 2)
        ctx.regs.rip = canonical(ctx.regs.rip);
    ctx.state.fs_base = canonical(random());
    ctx.state.gs_base = canonical(random());
    return ctx;
}

void expect_fresh(struct user_context &ctx)
{
    struct user_regs want = {};
    want.rflags = FORCED_FLAGS;
    want.rip = 0x401000;
    want.rsp = 0x7fff'ffff'e000;
    EXPECT_EQ(to_array(get(ctx)), to_array(want));
    EXPECT_EQ(user_ctx_ip(&ctx).raw, 0x401000u);
    EXPECT_FALSE(ctx.from_syscall);
    EXPECT_EQ(user_ctx_exception(&ctx).vector, 0u);
    std::vector<uint8_t> fpu(user_ctx_fpu_size()), want_fpu(fpu.size());
    ASSERT_EQ(user_ctx_get_fpu(&ctx, {fpu.data(), fpu.size()}), ERR_OK);
    // The control words' defaults (SDM Vol. 1, "x87 FPU Control Word", "MXCSR").
    want_fpu[0] = 0x7f, want_fpu[1] = 0x03;
    want_fpu[24] = 0x80, want_fpu[25] = 0x1f;
    EXPECT_EQ(fpu, want_fpu);
}

TEST(UserContext, begins_with_nothing_but_ip_and_sp)
{
    FakeMachine machine{4};
    machine.start_pmm();
    uint64_t free = machine.free_pages();
    struct user_context *ctx;
    ASSERT_EQ(user_ctx_create({0x401000}, {0x7fff'ffff'e000}, &ctx), ERR_OK);
    expect_fresh(*ctx);
    EXPECT_EQ(reinterpret_cast<uint64_t>(ctx) % 64, 0u) << "XSAVE wants that";
    synced.clear();
    user_ctx_destroy(ctx);
    EXPECT_EQ(synced, (decltype(synced){{ctx, true}})) << "no CPU writes to it any more";
    EXPECT_EQ(machine.free_pages(), free);
}

TEST(UserContext, none_without_memory)
{
    FakeMachine machine{4};
    machine.start_pmm();
    machine.leave_free(0);
    struct user_context *ctx = nullptr;
    EXPECT_EQ(user_ctx_create({0}, {0}, &ctx), ERR_NOMEM);
    EXPECT_EQ(ctx, nullptr);
    machine.give_back();
}

TEST(UserContext, reset_forgets_everything)
{
    std::mt19937_64 random(50);
    struct user_context ctx = junk(random);
    ctx.from_syscall = true;
    ctx.state.fpu[100] = 17;
    synced.clear();
    user_ctx_reset(&ctx, {0x401000}, {0x7fff'ffff'e000});
    EXPECT_EQ(synced, (decltype(synced){{&ctx, true}}));
    expect_fresh(ctx);
}

TEST(UserContext, copy_is_the_same_but_for_sysret)
{
    std::mt19937_64 random(53);
    struct user_context from = junk(random), to = junk(random);
    from.from_syscall = true;
    from.state.fpu[100] = 17;
    synced.clear();
    user_ctx_copy(&to, &from);
    EXPECT_EQ(synced, (decltype(synced){{&to, true}, {&from, true}}));
    EXPECT_EQ(to_array(get(to)), to_array(get(from)));
    EXPECT_EQ(to.state.fpu[100], 17);
    EXPECT_FALSE(to.from_syscall);
}

class Fpu : public ::testing::Test
{
protected:
    Fpu() { user_state_kind = {.xcr0 = 7, .fpu_size = 832, .mxcsr_mask = 0x2ffff}; }
    ~Fpu() { user_state_kind = before; }

    struct user_state_kind before = user_state_kind;
    struct user_context ctx = {};
};

TEST_F(Fpu, image_there_and_back)
{
    std::vector<uint8_t> image(832), got(832);
    for (size_t i = 0; i < 512; i++)
        image[i] = static_cast<uint8_t>(i * 7);
    image[26] = image[27] = 0;
    image[512] = 7;
    for (size_t i = 576; i < 832; i++)
        image[i] = static_cast<uint8_t>(i * 3);
    EXPECT_EQ(user_ctx_fpu_size(), 832u);
    EXPECT_EQ(user_ctx_set_fpu(&ctx, {image.data(), image.size()}), ERR_OK);
    EXPECT_EQ(user_ctx_get_fpu(&ctx, {got.data(), got.size()}), ERR_OK);
    EXPECT_EQ(got, image);
}

TEST_F(Fpu, any_image_becomes_harmless)
{
    std::vector<uint8_t> image(832, 0xff), got(832), want(832, 0xff);
    EXPECT_EQ(user_ctx_set_fpu(&ctx, {image.data(), image.size()}), ERR_OK);
    EXPECT_EQ(user_ctx_get_fpu(&ctx, {got.data(), got.size()}), ERR_OK);
    // MXCSR: what the CPU has. The header: parts that are switched on, and zeros.
    want[26] = 2, want[27] = 0;
    std::fill(want.begin() + 512, want.begin() + 576, 0);
    want[512] = 7;
    EXPECT_EQ(got, want);
}

TEST_F(Fpu, image_of_another_size_is_refused)
{
    std::vector<uint8_t> image(833, 1);
    for (size_t size : {0, 512, 831, 833}) {
        EXPECT_EQ(user_ctx_set_fpu(&ctx, {image.data(), size}), ERR_INVAL);
        EXPECT_EQ(user_ctx_get_fpu(&ctx, {image.data(), size}), ERR_INVAL);
    }
    EXPECT_EQ(ctx.state.fpu[100], 0);
    EXPECT_EQ(image[100], 1);
}

TEST(UserContext, every_register_is_kept_apart)
{
    for (size_t i = 0; i < REGISTERS; i++) {
        struct user_context ctx = {};
        array a = {};
        a[i] = 0x1122'3344'5566; // canonical, or it could be no segment base
        struct user_regs r = to_regs(a);
        user_ctx_set_regs(&ctx, &r);
        r.rflags = (r.rflags & FREE_FLAGS) | FORCED_FLAGS;
        EXPECT_EQ(to_array(get(ctx)), to_array(r)) << "register " << i;
    }
}

TEST(UserContext, registers_are_where_entry_expects_them)
{
    array a;
    for (size_t i = 0; i < REGISTERS; i++)
        a[i] = 0x100 + i;
    struct user_regs u = to_regs(a);
    u.rflags = FORCED_FLAGS;
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
    EXPECT_EQ(ctx.state.fs_base, u.fs_base);
    EXPECT_EQ(ctx.state.gs_base, u.gs_base);
}

TEST(UserContext, setting_registers_keeps_the_exception_and_forbids_sysret)
{
    std::mt19937_64 random(51);
    struct user_context ctx = junk(random);
    ctx.from_syscall = true;
    struct user_exception before = ctx.exception;
    struct user_regs r = get(ctx);
    r.rflags = FORCED_FLAGS;
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
    r.rflags = FORCED_FLAGS;
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
        struct user_regs r = {};
        r.rflags = 1ull << bit;
        user_ctx_set_regs(&ctx, &r);
        EXPECT_EQ(get(ctx).rflags, FORCED_FLAGS | ((1ull << bit) & FREE_FLAGS)) << "bit " << bit;
    }
}

TEST(Sanitize, selectors_are_the_users)
{
    struct user_context ctx = {};
    struct user_regs r = {};
    user_ctx_set_regs(&ctx, &r);
    EXPECT_EQ(ctx.regs.cs, 0x2bu);
    EXPECT_EQ(ctx.regs.ss, 0x23u);
    EXPECT_EQ(ctx.regs.cs & ctx.regs.ss & 3, 3u) << "of ring 3";
    ctx.regs = {};
    user_ctx_reset(&ctx, {0}, {0});
    EXPECT_EQ(ctx.regs.cs, 0x2bu);
    EXPECT_EQ(ctx.regs.ss, 0x23u);
}

TEST(UserContext, segment_bases_that_would_fault_become_zero)
{
    struct user_context ctx = {};
    struct user_regs r = {};
    r.fs_base = 0x8000'0000'0000;
    r.gs_base = 1ull << 63;
    user_ctx_set_regs(&ctx, &r);
    EXPECT_EQ(ctx.state.fs_base, 0u);
    EXPECT_EQ(ctx.state.gs_base, 0u);
    r.fs_base = 0x7fff'ffff'ffff;
    r.gs_base = 0xffff'8000'0000'0000;
    user_ctx_set_regs(&ctx, &r);
    EXPECT_EQ(ctx.state.fs_base, 0x7fff'ffff'ffffu);
    EXPECT_EQ(ctx.state.gs_base, 0xffff'8000'0000'0000u);
}

TEST(Sanitize, any_registers_at_all_become_harmless)
{
    constexpr uint64_t SEED = 52;
    std::mt19937_64 random(SEED);
    for (int step = 0; step < 20'000; step++) {
        SCOPED_TRACE("seed " + std::to_string(SEED) + " step " + std::to_string(step));
        struct user_context ctx = junk(random);
        array a;
        for (uint64_t &word : a)
            word = random();
        struct user_regs want = to_regs(a);
        user_ctx_set_regs(&ctx, &want);
        ASSERT_EQ(ctx.regs.cs, 0x2bu);
        ASSERT_EQ(ctx.regs.ss, 0x23u);
        struct user_regs got = get(ctx);
        // The rest is the program's own.
        want.rflags = (want.rflags & FREE_FLAGS) | FORCED_FLAGS;
        want.fs_base = address_is_canonical(want.fs_base) ? want.fs_base : 0;
        want.gs_base = address_is_canonical(want.gs_base) ? want.gs_base : 0;
        ASSERT_EQ(to_array(got), to_array(want));
        // Once harmless it stays as it is.
        user_ctx_set_regs(&ctx, &got);
        ASSERT_EQ(to_array(get(ctx)), to_array(got));
    }
}

} // namespace
