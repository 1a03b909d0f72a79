// SPDX-License-Identifier: Apache-2.0
// Copies to and from user memory, and programs.
#include "kernel/frame/arch/x86_64/trap_regs.h"
#include "testing/hostframe/fixture.h"
#include <cstring>

namespace
{

constexpr uint64_t P = PAGE_SIZE, BASE = 0x400000;

// The running task's space from now on: pages from BASE on with these permissions.
struct vm_space *make_space(std::vector<uint8_t> perms)
{
    struct vm_space *space;
    struct vm_cursor c;
    must(vm_space_create(&space));
    must(vm_cursor_open(space, {BASE}, {BASE + perms.size() * P}, &c));
    for (uint8_t perm : perms) {
        struct page *page;
        must(page_alloc(PAGE_ZERO, &page));
        must(vm_cursor_map(&c, page, {perm, false, false, false}));
    }
    vm_cursor_close(&c);
    task_set_space(space);
    vm_space_put(space);
    return space;
}

size_t copy_in(struct vm_space *space, uint64_t at, void *to, size_t n, enum err want = ERR_OK)
{
    struct vm_reader r;
    struct vm_writer w = vm_writer_to(span_make(to, n));
    size_t done;
    must(vm_space_reader(space, {at}, n, &r));
    EXPECT_EQ(vm_copy(&w, &r, &done), want);
    EXPECT_EQ(vm_reader_left(&r), n - done);
    EXPECT_EQ(vm_writer_left(&w), n - done);
    return done;
}

size_t copy_out(struct vm_space *space, uint64_t at, const void *from, size_t n,
                enum err want = ERR_OK)
{
    struct vm_reader r = vm_reader_from(cspan_make(from, n));
    struct vm_writer w;
    size_t done;
    must(vm_space_writer(space, {at}, n, &w));
    EXPECT_EQ(vm_copy(&w, &r, &done), want);
    return done;
}

TEST(Copy, is_exact_to_the_byte)
{
    run_both([] {
        struct vm_space *space = make_space({VM_READ | VM_WRITE, VM_READ, VM_NONE});
        std::vector<uint8_t> out(3 * P), in(3 * P);
        for (size_t i = 0; i < out.size(); i++)
            out[i] = static_cast<uint8_t>(i * 7);
        for (size_t have : {size_t{0}, size_t{1}, size_t{99}, size_t{P}}) {
            for (size_t more : {0, 1, 60}) {
                enum err want = more != 0 ? ERR_FAULT : ERR_OK;
                EXPECT_EQ(copy_out(space, BASE + P - have, out.data(), have + more, want), have);
                EXPECT_EQ(copy_in(space, BASE + 2 * P - have, in.data(), have + more, want), have);
            }
        }
        EXPECT_EQ(copy_out(space, BASE, out.data(), P), P);
        EXPECT_EQ(copy_in(space, BASE, in.data(), 3 * P, ERR_FAULT), 2 * P);
        EXPECT_EQ(memcmp(in.data(), out.data(), P), 0);
        EXPECT_EQ(in[P], 0);
        task_set_space(nullptr);
    });
}

TEST(Copy, addresses_that_no_user_has)
{
    run_both([] {
        struct vm_space *space = make_space({VM_READ});
        struct vm_reader r;
        struct vm_writer w;
        EXPECT_EQ(vm_space_reader(space, {USER_END}, 1, &r), ERR_FAULT);
        EXPECT_EQ(vm_space_reader(space, {USER_END - 1}, 2, &r), ERR_FAULT);
        EXPECT_EQ(vm_space_writer(space, {~0ull}, 2, &w), ERR_FAULT);
        EXPECT_EQ(vm_space_writer(space, {BASE}, ~size_t{0}, &w), ERR_FAULT);
        EXPECT_EQ(vm_space_reader(space, {USER_END}, 0, &r), ERR_OK);
        uint8_t b;
        EXPECT_EQ(copy_in(space, 0, &b, 1, ERR_FAULT), 0u);
        task_set_space(nullptr);
    });
}

TEST(Copy, between_user_and_user_and_kernel_and_kernel)
{
    run_both([] {
        struct vm_space *space = make_space({VM_READ | VM_WRITE, VM_READ | VM_WRITE});
        char text[] = "from here to there", back[sizeof(text)] = {};
        struct vm_reader r;
        struct vm_writer w;
        size_t done;
        copy_out(space, BASE + 100, text, sizeof(text));
        must(vm_space_reader(space, {BASE + 100}, sizeof(text), &r));
        must(vm_space_writer(space, {BASE + P - 5}, sizeof(text), &w));
        EXPECT_EQ(vm_copy(&w, &r, &done), ERR_OK);
        copy_in(space, BASE + P - 5, back, sizeof(back));
        EXPECT_STREQ(back, text);
        r = vm_reader_from(CSPAN_OF(text));
        w = vm_writer_to(span_make(back, 4));
        EXPECT_EQ(vm_copy(&w, &r, &done), ERR_OK);
        EXPECT_EQ(done, 4u);
        task_set_space(nullptr);
    });
}

TEST(Copy, uses_are_noted_and_changes_take_effect)
{
    run_both([] {
        struct vm_space *space = make_space({VM_READ | VM_WRITE});
        struct page_prop prop;
        uint8_t b = 1;
        auto at = [&](auto fn) {
            struct vm_cursor c;
            must(vm_cursor_open(space, {BASE}, {BASE + P}, &c));
            fn(&c);
            vm_cursor_close(&c);
        };
        copy_in(space, BASE, &b, 1);
        at([&](struct vm_cursor *c) { vm_cursor_query(c, &prop); });
        EXPECT_TRUE(prop.accessed && !prop.dirty);
        copy_out(space, BASE, &b, 1);
        at([&](struct vm_cursor *c) { vm_cursor_query(c, &prop); });
        EXPECT_TRUE(prop.dirty);
        at([&](struct vm_cursor *c) { vm_cursor_protect(c, 1, VM_READ); });
        copy_out(space, BASE, &b, 1, ERR_FAULT);
        at([&](struct vm_cursor *c) { vm_cursor_unmap(c, 1); });
        copy_in(space, BASE, &b, 1, ERR_FAULT);
        task_set_space(nullptr);
    });
}

TEST(Copy, words_are_loaded_and_swapped)
{
    run_both([] {
        struct vm_space *space = make_space({VM_READ | VM_WRITE, VM_READ});
        uint32_t value = 7, expected = 1;
        EXPECT_EQ(vm_user_load_u32(space, {BASE + 8}, &value), ERR_OK);
        EXPECT_EQ(value, 0u);
        EXPECT_EQ(vm_user_compare_swap_u32(space, {BASE + 8}, &expected, 5), ERR_OK);
        EXPECT_EQ(expected, 0u) << "it is another";
        EXPECT_EQ(vm_user_compare_swap_u32(space, {BASE + 8}, &expected, 5), ERR_OK);
        EXPECT_EQ(vm_user_load_u32(space, {BASE + 8}, &value), ERR_OK);
        EXPECT_EQ(value, 5u);
        EXPECT_EQ(vm_user_compare_swap_u32(space, {BASE + P}, &expected, 5), ERR_FAULT);
        EXPECT_EQ(vm_user_load_u32(space, {BASE + 2 * P}, &value), ERR_FAULT);
        EXPECT_EQ(vm_user_load_u32(space, {~3ull}, &value), ERR_FAULT);
        task_set_space(nullptr);
    });
}

// User memory may be raced on: that is no finding of TSan's.
TEST(Copy, races_in_user_memory_are_the_programs_business)
{
    run_both([] {
        static struct vm_space *space;
        space = make_space({VM_READ | VM_WRITE});
        vm_space_get(space);
        Crew::run(4, [](uint32_t i) {
            task_set_space(space);
            uint8_t b[64];
            memset(b, static_cast<int>(i), sizeof(b));
            for (int n = 0; n < 50; n++) {
                copy_out(space, BASE, b, sizeof(b));
                copy_in(space, BASE, b, sizeof(b));
            }
        });
        task_set_space(nullptr);
        vm_space_put(space);
    });
}

// A space stays while a task has it, and goes with the last.
TEST(Copy, while_another_unmaps)
{
    run_both([] {
        static struct vm_space *space;
        space = make_space({VM_READ | VM_WRITE});
        vm_space_get(space);
        Crew::run(2, [](uint32_t i) {
            task_set_space(space);
            for (int n = 0; n < 100; n++) {
                struct vm_reader r;
                uint8_t b[100];
                struct vm_writer w = vm_writer_to(SPAN_OF(b));
                size_t done;
                must(vm_space_reader(space, {BASE}, sizeof(b), &r));
                if (i == 0) {
                    enum err err = vm_copy(&w, &r, &done);
                    EXPECT_TRUE(err == ERR_OK || err == ERR_FAULT);
                    continue;
                }
                struct vm_cursor c;
                struct page *page;
                must(page_alloc(PAGE_UNINIT, &page));
                must(vm_cursor_open(space, {BASE}, {BASE + P}, &c));
                vm_cursor_unmap(&c, 1);
                must(vm_cursor_jump(&c, {BASE}));
                must(vm_cursor_map(&c, page, {VM_READ, false, false, false}));
                vm_cursor_close(&c);
            }
        });
        task_set_space(nullptr);
        vm_space_put(space);
    });
}

// ---- programs --------------------------------------------------------------------------------

struct event_at {
    enum user_event event;
    uint64_t ip;
};

TEST(Program, registers_go_in_and_out)
{
    auto program = [](hostframe::Cpu &cpu) {
        EXPECT_EQ(cpu.regs.rsp, 77u);
        EXPECT_EQ(cpu.regs.fs_base, 0x1234u);
        return cpu.syscall(5, 10, 11, 12, 13, 14, 15);
    };
    run_both(
        [] {
            make_space({VM_READ | VM_EXEC});
            struct user_context *ctx;
            must(user_ctx_create({BASE}, {77}, &ctx));
            struct user_regs regs;
            user_ctx_get_regs(ctx, &regs);
            regs.fs_base = 0x1234;
            user_ctx_set_regs(ctx, &regs);
            EXPECT_EQ(user_mode_run(ctx, nullptr), USER_SYSCALL);
            EXPECT_EQ(user_ctx_syscall_nr(ctx), 5u);
            for (unsigned i = 0; i < 6; i++)
                EXPECT_EQ(user_ctx_syscall_arg(ctx, i), 10 + i);
            EXPECT_EQ(user_ctx_ip(ctx).raw, BASE + 2);
            user_ctx_set_result(ctx, 99);
            struct user_context *copy;
            must(user_ctx_create({0}, {0}, &copy));
            user_ctx_copy(copy, ctx);
            EXPECT_EQ(user_mode_run(copy, nullptr), USER_SYSCALL);
            EXPECT_EQ(user_ctx_ip(copy).raw, BASE + 4);
            user_ctx_destroy(copy);
            user_ctx_destroy(ctx);
            task_set_space(nullptr);
        },
        program);
}

TEST(Program, exceptions)
{
    hostframe::Script script;
    script.at(BASE, [](hostframe::Cpu &cpu) {
        uint32_t word = 0;
        EXPECT_TRUE(cpu.read(BASE, &word, 4));
        EXPECT_FALSE(cpu.write(BASE + P - 2, &word, 4));
        return cpu.fault();
    });
    run_both(
        [] {
            make_space({VM_READ | VM_EXEC, VM_READ | VM_WRITE});
            auto run_at = [](uint64_t ip) {
                struct user_context *ctx;
                must(user_ctx_create({ip}, {0}, &ctx));
                EXPECT_EQ(user_mode_run(ctx, nullptr), USER_EXCEPTION);
                EXPECT_EQ(user_ctx_ip(ctx).raw, ip);
                struct user_exception e = user_ctx_exception(ctx);
                user_ctx_destroy(ctx);
                return e;
            };
            struct user_exception e = run_at(BASE);
            EXPECT_EQ(e.vector, static_cast<uint64_t>(TRAP_PAGE_FAULT));
            EXPECT_EQ(e.error, PAGE_FAULT_USER | PAGE_FAULT_WRITE | PAGE_FAULT_PRESENT);
            EXPECT_EQ(e.address, BASE + P - 2);
            e = run_at(BASE + P);
            EXPECT_EQ(e.error, PAGE_FAULT_USER | PAGE_FAULT_FETCH | PAGE_FAULT_PRESENT);
            e = run_at(BASE + 2 * P);
            EXPECT_EQ(e.error, PAGE_FAULT_USER | PAGE_FAULT_FETCH);
            e = run_at(BASE + 16);
            EXPECT_EQ(e.vector, static_cast<uint64_t>(TRAP_INVALID_OPCODE));
            e = run_at(1ull << 63);
            EXPECT_EQ(e.vector, static_cast<uint64_t>(TRAP_GENERAL_PROTECTION));
            task_set_space(nullptr);
        },
        script);
}

bool event_asked;

TEST(Program, kernel_events)
{
    run_both(
        [] {
            static const struct user_hooks hooks = {.has_kernel_event = [] {
                event_asked = !event_asked;
                return event_asked;
            }};
            event_asked = false;
            make_space({VM_EXEC});
            struct user_context *ctx;
            must(user_ctx_create({BASE}, {0}, &ctx));
            EXPECT_EQ(user_mode_run(ctx, &hooks), USER_KERNEL_EVENT);
            EXPECT_EQ(user_ctx_ip(ctx).raw, BASE);
            EXPECT_EQ(user_mode_run(ctx, &hooks), USER_SYSCALL);
            user_ctx_destroy(ctx);
            task_set_space(nullptr);
        },
        [](hostframe::Cpu &cpu) { return cpu.syscall(1); });
}

TEST(CopyDeath, from_a_space_that_is_not_active)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    hostframe::Machine m;
    m.main = [] {
        struct vm_space *space;
        struct vm_reader r;
        must(vm_space_create(&space));
        (void)vm_space_reader(space, {BASE}, 1, &r);
    };
    EXPECT_DEATH(hostframe::run(m), "active == space");
    m.main = [] {
        struct vm_space *space = make_space({VM_READ});
        uint8_t b;
        preempt_disable();
        copy_in(space, BASE, &b, 1);
    };
    EXPECT_DEATH(hostframe::run(m), "vm_copy where preemption is off");
}

} // namespace
