// SPDX-License-Identifier: Apache-2.0
// The fake machine's copy_fallible goes by the page tables, so these tests see what a user
// program would.
#include "kernel/frame/vmio/vmio.h"
#include "kernel/frame/vmm/vmm_fixture.h"
#include <gtest/gtest.h>
#include <random>
#include <string>

namespace
{

constexpr uint64_t P = PAGE_SIZE;
constexpr uint64_t AT = 0x40'0000;

class Vmio : public VmmFixture
{
protected:
    Vmio() : space(create_space()) { vm_space_activate(space); }

    void TearDown() override
    {
        vm_space_activate(nullptr);
        vm_space_put(space);
        VmmFixture::TearDown();
    }

    // Maps pages of letters: the first all 'a', and so on.
    void map_letters(uint64_t at, size_t pages, uint8_t perm = VM_READ | VM_WRITE)
    {
        for (size_t i = 0; i < pages; i++) {
            struct page *page = map_page(space, at + i * P, perm);
            memset(page_virt(page), static_cast<int>('a' + i), P);
        }
    }

    // Copies user memory into a buffer with room for `room`; what arrived is in `got`.
    enum err read(uint64_t at, size_t len, size_t room)
    {
        got.assign(room, '#');
        struct vm_reader r;
        enum err err = vm_space_reader(space, {at}, len, &r);
        if (err != ERR_OK) {
            EXPECT_EQ(vm_reader_left(&r), 0u) << "what could not be made is empty";
            return err;
        }
        EXPECT_EQ(vm_reader_left(&r), len);
        struct vm_writer w = vm_writer_to(span_make(got.data(), got.size()));
        err = vm_copy(&w, &r, &done);
        EXPECT_LE(done, std::min(len, room));
        EXPECT_EQ(vm_reader_left(&r), len - done);
        EXPECT_EQ(vm_writer_left(&w), room - done);
        EXPECT_EQ(got.substr(done), std::string(room - done, '#'));
        got.resize(done);
        return err;
    }

    // Copies `text` to user memory, as far as `len` goes.
    enum err write(uint64_t at, size_t len, const std::string &text)
    {
        struct vm_writer w;
        enum err err = vm_space_writer(space, {at}, len, &w);
        if (err != ERR_OK) {
            EXPECT_EQ(vm_writer_left(&w), 0u);
            return err;
        }
        EXPECT_EQ(vm_writer_left(&w), len);
        struct vm_reader r = vm_reader_from(cspan_make(text.data(), text.size()));
        err = vm_copy(&w, &r, &done);
        EXPECT_EQ(vm_reader_left(&r), text.size() - done);
        EXPECT_EQ(vm_writer_left(&w), len - done);
        return err;
    }

    enum err read(uint64_t at, size_t len) { return read(at, len, len); }
    enum err write(uint64_t at, const std::string &text) { return write(at, text.size(), text); }

    struct vm_space *space;
    std::string got;
    size_t done = SIZE_MAX;
};

TEST_F(Vmio, kernel_memory_to_kernel_memory)
{
    std::string from = "abcdef", to(4, '#');
    struct vm_reader r = vm_reader_from(cspan_make(from.data(), from.size()));
    struct vm_writer w = vm_writer_to(span_make(to.data(), to.size()));
    EXPECT_EQ(vm_reader_left(&r), 6u);
    EXPECT_EQ(vm_writer_left(&w), 4u);
    ASSERT_EQ(vm_copy(&w, &r, &done), ERR_OK);
    EXPECT_EQ(done, 4u);
    EXPECT_EQ(to, "abcd");
    EXPECT_EQ(vm_reader_left(&r), 2u);
    // And on from there.
    std::string rest(5, '#');
    w = vm_writer_to(span_make(rest.data(), rest.size()));
    ASSERT_EQ(vm_copy(&w, &r, &done), ERR_OK);
    EXPECT_EQ(rest, "ef###");
    EXPECT_EQ(vm_writer_left(&w), 3u);
    ASSERT_EQ(vm_copy(&w, &r, &done), ERR_OK);
    EXPECT_EQ(done, 0u) << "nothing is left";
}

TEST_F(Vmio, nothing_to_nothing)
{
    struct vm_reader r = vm_reader_from(cspan_make(nullptr, 0));
    struct vm_writer w = vm_writer_to(span_make(nullptr, 0));
    EXPECT_EQ(vm_copy(&w, &r, &done), ERR_OK);
    EXPECT_EQ(done, 0u);
}

TEST_F(Vmio, reads_user_memory)
{
    map_letters(AT, 2, VM_READ);
    ASSERT_EQ(read(AT + P - 3, 6), ERR_OK);
    EXPECT_EQ(got, "aaabbb");
    ASSERT_EQ(read(AT + 2 * P - 1, 1), ERR_OK);
    EXPECT_EQ(got, "b");
}

TEST_F(Vmio, writes_user_memory)
{
    map_letters(AT, 2);
    ASSERT_EQ(write(AT + P - 2, "WXYZ"), ERR_OK);
    ASSERT_EQ(read(AT + P - 3, 6), ERR_OK);
    EXPECT_EQ(got, "aWXYZb");
}

TEST_F(Vmio, the_shorter_side_decides)
{
    map_letters(AT, 1);
    ASSERT_EQ(read(AT, 10, 3), ERR_OK);
    EXPECT_EQ(got, "aaa");
    ASSERT_EQ(read(AT, 3, 10), ERR_OK);
    EXPECT_EQ(got, "aaa");
    ASSERT_EQ(write(AT, 2, "WXYZ"), ERR_OK);
    ASSERT_EQ(read(AT, 4), ERR_OK);
    EXPECT_EQ(got, "WXaa");
}

TEST_F(Vmio, a_missing_page_ends_the_copy_where_it_begins)
{
    map_letters(AT, 2);
    EXPECT_EQ(read(AT + P + 1, P + 100), ERR_FAULT);
    EXPECT_EQ(got, std::string(P - 1, 'b'));
    EXPECT_EQ(write(AT + 2 * P - 3, "WXYZ"), ERR_FAULT);
    EXPECT_EQ(done, 3u);
    ASSERT_EQ(read(AT + 2 * P - 4, 4), ERR_OK);
    EXPECT_EQ(got, "bWXY");
    EXPECT_EQ(read(AT + 2 * P, 1), ERR_FAULT);
    EXPECT_EQ(done, 0u);
}

TEST_F(Vmio, a_copy_may_go_on_behind_a_fault)
{
    map_letters(AT, 1);
    std::string to(2 * P, '#');
    struct vm_reader r;
    ASSERT_EQ(vm_space_reader(space, {AT}, 2 * P, &r), ERR_OK);
    struct vm_writer w = vm_writer_to(span_make(to.data(), to.size()));
    EXPECT_EQ(vm_copy(&w, &r, &done), ERR_FAULT);
    EXPECT_EQ(done, P);
    map_letters(AT + P, 1); // as a fault handler would
    EXPECT_EQ(vm_copy(&w, &r, &done), ERR_OK);
    EXPECT_EQ(done, P);
    EXPECT_EQ(to, std::string(2 * P, 'a'));
}

TEST_F(Vmio, permissions_are_the_users)
{
    map_letters(AT, 1, VM_READ);
    map_letters(AT + P, 1, VM_NONE);
    EXPECT_EQ(write(AT, "x"), ERR_FAULT);
    EXPECT_EQ(read(AT + P, 1), ERR_FAULT);
    EXPECT_EQ(write(AT + P, "x"), ERR_FAULT);
    EXPECT_EQ(read(AT, 1), ERR_OK);
    EXPECT_EQ(got, "a");
}

TEST_F(Vmio, user_memory_to_user_memory)
{
    map_letters(AT, 2);
    struct vm_reader r;
    struct vm_writer w;
    ASSERT_EQ(vm_space_reader(space, {AT}, 100, &r), ERR_OK);
    ASSERT_EQ(vm_space_writer(space, {AT + 2 * P - 50}, 100, &w), ERR_OK);
    EXPECT_EQ(vm_copy(&w, &r, &done), ERR_FAULT);
    EXPECT_EQ(done, 50u);
    EXPECT_EQ(vm_reader_left(&r), 50u);
    ASSERT_EQ(read(AT + 2 * P - 51, 51), ERR_OK);
    EXPECT_EQ(got, "b" + std::string(50, 'a'));
}

TEST_F(Vmio, access_to_user_memory_is_open_only_for_the_copy)
{
    map_letters(AT, 1);
    EXPECT_EQ(read(AT, 1), ERR_OK);
    EXPECT_FALSE(machine.user_access);
    EXPECT_EQ(read(AT + P, 1), ERR_FAULT);
    EXPECT_FALSE(machine.user_access) << "closed after a fault, too";
    EXPECT_EQ(write(AT, "x"), ERR_OK);
    EXPECT_EQ(machine.user_accesses, 3);

    std::string from = "abc", to = "###";
    struct vm_reader r = vm_reader_from(cspan_make(from.data(), from.size()));
    struct vm_writer w = vm_writer_to(span_make(to.data(), to.size()));
    ASSERT_EQ(vm_copy(&w, &r, &done), ERR_OK);
    EXPECT_EQ(machine.user_accesses, 3) << "kernel memory needs none";
}

TEST_F(Vmio, no_bytes_never_fault)
{
    for (uint64_t at : {uint64_t{0}, AT, USER_END}) {
        EXPECT_EQ(read(at, 0, 0), ERR_OK);
        EXPECT_EQ(read(at, 0, 5), ERR_OK);
        EXPECT_EQ(done, 0u);
        EXPECT_EQ(write(at, ""), ERR_OK);
    }
}

TEST_F(Vmio, ranges_that_leave_user_space_are_refused)
{
    map_letters(USER_END - P, 1);
    for (auto [at, len] :
         std::initializer_list<std::pair<uint64_t, size_t>>{{USER_END, 1},
                                                            {USER_END - 1, 2},
                                                            {USER_END + 1, 0},
                                                            {AT, USER_END - AT + 1},
                                                            {AT, SIZE_MAX},
                                                            {AT, SIZE_MAX - AT + 1}, // wraps to 0
                                                            {1, UINT64_MAX},
                                                            {DIRECT_MAP_BASE, 1},
                                                            {0x8000'0000'0000, 1},
                                                            {UINT64_MAX, 0},
                                                            {UINT64_MAX, 2},
                                                            {UINT64_MAX, UINT64_MAX}}) {
        SCOPED_TRACE(testing::PrintToString(std::pair(at, len)));
        struct vm_reader r = {reinterpret_cast<const uint8_t *>(0x5eed), 7, false};
        struct vm_writer w = {reinterpret_cast<uint8_t *>(0x5eed), 7, false};
        EXPECT_EQ(vm_space_reader(space, {at}, len, &r), ERR_FAULT);
        EXPECT_EQ(vm_space_writer(space, {at}, len, &w), ERR_FAULT);
        EXPECT_EQ(vm_reader_left(&r), 0u) << "and nothing can be done with them";
        EXPECT_EQ(vm_writer_left(&w), 0u);
    }
}

TEST_F(Vmio, up_to_the_end_of_user_space)
{
    map_letters(USER_END - P, 1);
    EXPECT_EQ(read(USER_END - 4, 4), ERR_OK);
    EXPECT_EQ(got, "aaaa");
    EXPECT_EQ(write(USER_END - P, std::string(P, 'z')), ERR_OK);
    EXPECT_EQ(read(USER_END - 1, 1), ERR_OK);
    EXPECT_EQ(got, "z");
}

TEST_F(Vmio, the_page_at_zero_is_nobodys)
{
    EXPECT_EQ(read(0, 1), ERR_FAULT);
    EXPECT_EQ(write(USER_START - 1, "x"), ERR_FAULT);
}

TEST_F(Vmio, random_copies_agree_with_a_model)
{
    constexpr uint32_t SEED = 111;
    constexpr size_t PAGES = 8;
    std::mt19937 random(SEED);
    std::string memory(PAGES * P, '\0');
    uint8_t perms[PAGES] = {VM_READ | VM_WRITE,
                            VM_READ | VM_WRITE,
                            VM_READ,
                            VM_READ | VM_WRITE,
                            VM_NONE,
                            VM_READ | VM_WRITE,
                            0xff,
                            VM_READ | VM_WRITE};
    for (size_t i = 0; i < PAGES; i++) {
        if (perms[i] != 0xff) // or no page at all
            map_page(space, AT + i * P, perms[i]);
    }
    auto reachable = [&](size_t at, size_t len, uint8_t perm) {
        size_t n = 0;
        while (n < len && at + n < memory.size() && perms[(at + n) / P] != 0xff &&
               perms[(at + n) / P] & perm)
            n++;
        return n;
    };
    for (int step = 0; step < 1'500; step++) {
        SCOPED_TRACE("seed " + std::to_string(SEED) + " step " + std::to_string(step));
        size_t at = random() % memory.size(), len = random() % (3 * P);
        bool writes = random() % 2;
        size_t n = reachable(at, len, writes ? VM_WRITE : VM_READ);
        enum err want = n == len ? ERR_OK : ERR_FAULT;
        if (writes) {
            std::string text(len, static_cast<char>('A' + step % 26));
            ASSERT_EQ(write(AT + at, text), want);
            memory.replace(at, n, text.substr(0, n));
        } else {
            ASSERT_EQ(read(AT + at, len), want);
            ASSERT_EQ(got, memory.substr(at, n));
        }
        ASSERT_EQ(done, n);
    }
}

TEST_F(Vmio, words_are_loaded_and_swapped)
{
    map_letters(AT, 1);
    uint32_t value = 0, expected = 1;
    ASSERT_EQ(vm_user_load_u32(space, {AT + 8}, &value), ERR_OK);
    EXPECT_EQ(value, 0x61616161u);
    ASSERT_EQ(vm_user_compare_swap_u32(space, {AT + 8}, &expected, 5), ERR_OK);
    EXPECT_EQ(expected, 0x61616161u) << "it is another";
    ASSERT_EQ(vm_user_compare_swap_u32(space, {AT + 8}, &expected, 5), ERR_OK);
    EXPECT_EQ(expected, 0x61616161u);
    ASSERT_EQ(vm_user_load_u32(space, {AT + 8}, &value), ERR_OK);
    EXPECT_EQ(value, 5u);
}

TEST_F(Vmio, words_out_of_reach_are_faults)
{
    map_letters(AT, 1, VM_READ);
    uint32_t value = 0, expected = 0x61616161;
    EXPECT_EQ(vm_user_load_u32(space, {AT + P}, &value), ERR_FAULT);
    EXPECT_EQ(vm_user_load_u32(space, {USER_END}, &value), ERR_FAULT);
    EXPECT_EQ(vm_user_load_u32(space, {~3ull}, &value), ERR_FAULT);
    EXPECT_EQ(vm_user_compare_swap_u32(space, {AT}, &expected, 5), ERR_FAULT);
    EXPECT_EQ(vm_user_compare_swap_u32(space, {~3ull}, &expected, 5), ERR_FAULT);
}

using VmioDeathTest = Vmio;

TEST_F(VmioDeathTest, space_must_be_the_active_one)
{
    struct vm_space *other = create_space();
    struct vm_reader r;
    struct vm_writer w;
    EXPECT_DEATH(must(vm_space_reader(other, {AT}, 1, &r)), "assertion failed");
    EXPECT_DEATH(must(vm_space_writer(other, {AT}, 1, &w)), "assertion failed");
    vm_space_put(other);
}

TEST_F(VmioDeathTest, a_fault_on_kernel_memory_is_a_bug)
{
    // A kernel buffer whose address is a lie.
    std::string text = "x";
    struct vm_reader r = vm_reader_from(cspan_make(text.data(), text.size()));
    struct vm_writer w = vm_writer_to(span_make(reinterpret_cast<void *>(0x1000), 1));
    EXPECT_DEATH(must(vm_copy(&w, &r, &done)), "assertion failed");
}

} // namespace
