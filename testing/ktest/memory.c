// SPDX-License-Identifier: Apache-2.0
// Page tables and user copies on the real thing.
#include "kernel/frame/arch/x86_64/cpu.h"
#include "kernel/frame/task/task.h"
#include "kernel/frame/vmio/vmio.h"
#include "testing/ktest/ktest.h"

constexpr uint64_t BASE = 0x400000;

// A space of the running task's with one writable page at BASE, and a hole behind it.
static struct vm_space *one_page_space(void)
{
    struct vm_space *space;
    struct vm_cursor c;
    struct page *page;
    must(vm_space_create(&space));
    must(page_alloc(PAGE_ZERO, &page));
    must(vm_cursor_open(space, (uaddr_t){BASE}, (uaddr_t){BASE + PAGE_SIZE}, &c));
    must(vm_cursor_map(&c, page, (struct page_prop){.perm = VM_READ | VM_WRITE}));
    vm_cursor_close(&c);
    task_set_space(space);
    return space;
}

static void set_perm(struct vm_space *space, uint8_t perm)
{
    struct vm_cursor c;
    must(vm_cursor_open(space, (uaddr_t){BASE}, (uaddr_t){BASE + PAGE_SIZE}, &c));
    EXPECT(vm_cursor_protect(&c, 1, perm) == 1);
    vm_cursor_close(&c);
}

static size_t copy_in(struct vm_space *space, uint64_t at, struct span to, enum err expected)
{
    struct vm_reader r;
    struct vm_writer w = vm_writer_to(to);
    size_t done;
    must(vm_space_reader(space, (uaddr_t){at}, span_len(to), &r));
    EXPECT(vm_copy(&w, &r, &done) == expected);
    return done;
}

static size_t copy_out(struct vm_space *space, uint64_t at, struct cspan from, enum err expected)
{
    struct vm_reader r = vm_reader_from(from);
    struct vm_writer w;
    size_t done;
    must(vm_space_writer(space, (uaddr_t){at}, cspan_len(from), &w));
    EXPECT(vm_copy(&w, &r, &done) == expected);
    return done;
}

// The count is exact however the copy and the edge of the page lie to each other.
static void vmio_partial(void)
{
    static uint8_t buffer[200];
    struct vm_space *space = one_page_space();
    for (size_t have = 0; have <= 100; have++) {
        for (size_t want = have; want <= have + 60; want += 7) {
            uint64_t at = BASE + PAGE_SIZE - have;
            struct span s = span_sub(SPAN_OF(buffer), have % 8, want);
            enum err err = want > have ? ERR_FAULT : ERR_OK;
            EXPECT(copy_in(space, at, s, err) == have);
            EXPECT(copy_out(space, at, span_const(s), err) == have);
        }
    }
    vm_space_put(space);
}

static void vmio_contents(void)
{
    uint8_t out[] = "what goes out comes in again, byte for byte", in[sizeof(out)] = {};
    struct vm_space *space = one_page_space();
    EXPECT(copy_out(space, BASE + 5, CSPAN_OF(out), ERR_OK) == sizeof(out));
    EXPECT(copy_in(space, BASE + 5, SPAN_OF(in), ERR_OK) == sizeof(in));
    EXPECT(cspan_equal(CSPAN_OF(in), CSPAN_OF(out)));
    vm_space_put(space);
}

// A change of permission takes effect at once; reading needs one, writing another.
static void vmio_permissions(void)
{
    uint8_t b[8] = {};
    struct vm_space *space = one_page_space();
    EXPECT(copy_out(space, BASE, CSPAN_OF(b), ERR_OK) == 8);
    set_perm(space, VM_READ);
    EXPECT(copy_out(space, BASE, CSPAN_OF(b), ERR_FAULT) == 0);
    EXPECT(copy_in(space, BASE, SPAN_OF(b), ERR_OK) == 8);
    set_perm(space, VM_NONE);
    EXPECT(copy_in(space, BASE, SPAN_OF(b), ERR_FAULT) == 0);
    set_perm(space, VM_READ | VM_WRITE);
    EXPECT(copy_out(space, BASE, CSPAN_OF(b), ERR_OK) == 8);
    vm_space_put(space);
}

static void vmio_unmap(void)
{
    uint8_t b[8] = {};
    struct vm_space *space = one_page_space();
    EXPECT(copy_in(space, BASE, SPAN_OF(b), ERR_OK) == 8);
    struct vm_cursor c;
    must(vm_cursor_open(space, (uaddr_t){BASE}, (uaddr_t){BASE + PAGE_SIZE}, &c));
    EXPECT(vm_cursor_unmap(&c, 1) == 1);
    vm_cursor_close(&c);
    EXPECT(copy_in(space, BASE, SPAN_OF(b), ERR_FAULT) == 0);
    vm_space_put(space);
}

// The CPU's own record of use is in the query.
static void accessed_and_dirty(void)
{
    uint8_t b[8] = {};
    struct vm_space *space = one_page_space();
    struct vm_cursor c;
    struct page_prop prop;
    must(vm_cursor_open(space, (uaddr_t){BASE}, (uaddr_t){BASE + PAGE_SIZE}, &c));
    EXPECT(vm_cursor_query(&c, &prop) != nullptr && !prop.accessed && !prop.dirty);
    EXPECT(copy_in(space, BASE, SPAN_OF(b), ERR_OK) == 8);
    EXPECT(vm_cursor_query(&c, &prop) != nullptr && prop.accessed && !prop.dirty);
    EXPECT(copy_out(space, BASE, CSPAN_OF(b), ERR_OK) == 8);
    EXPECT(vm_cursor_query(&c, &prop) != nullptr && prop.accessed && prop.dirty);
    vm_cursor_close(&c);
    vm_space_put(space);
}

static void smap(void)
{
    one_page_space();
    *(volatile uint8_t *)BASE;
}

static void smep(void)
{
    set_perm(one_page_space(), VM_READ | VM_EXEC);
    jump_to((void *)BASE);
}

const struct ktest ktest_memory[] = {
    {"vmio_partial", vmio_partial},
    {"vmio_contents", vmio_contents},
    {"vmio_permissions", vmio_permissions},
    {"vmio_unmap", vmio_unmap},
    {"accessed_and_dirty", accessed_and_dirty},
    {"smap", smap},
    {"smep", smep},
    {},
};
