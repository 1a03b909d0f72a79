// SPDX-License-Identifier: Apache-2.0
// Out of memory is an error returned: everything of the frame that allocates is done with the n-th
// allocation failing, for every n, and whatever fails leaves nothing behind.
#include "kernel/frame/heap/array.h"
#include "kernel/frame/user/user.h"
#include "kernel/frame/vmm/kva.h"
#include "testing/ktest/ktest.h"

constexpr uint64_t LARGE = VM_LARGE_PAGES * PAGE_SIZE;

struct object {
    uint8_t bytes[3000];
};
HEAP_DEFINE(object, struct object);
ARRAY_DEFINE(objects, struct object);

// Each tries something, undoes it, and says whether it came to its end.

static bool make_objects(void)
{
    struct object *a = object_new(), *b = a != nullptr ? object_new() : nullptr;
    object_delete(a);
    object_delete(b);
    return b != nullptr;
}

static bool make_array(void)
{
    struct objects a = {};
    bool ok = objects_resize(&a, 1) == ERR_OK && objects_resize(&a, 20) == ERR_OK;
    objects_free(&a);
    return ok;
}

static bool make_pages(void)
{
    struct page *page;
    struct page_run run;
    if (page_alloc(PAGE_ZERO, &page) != ERR_OK)
        return false;
    bool ok = true;
    for (size_t count = 1; ok && count <= 64; count += 21) {
        ok = page_run_alloc(count, PAGE_ZERO, &run) == ERR_OK;
        if (ok)
            page_run_put(&run);
    }
    page_put(page);
    return ok;
}

static bool make_context(void)
{
    struct user_context *ctx, *copy;
    if (user_ctx_create((uaddr_t){PAGE_SIZE}, (uaddr_t){0}, &ctx) != ERR_OK)
        return false;
    bool ok = user_ctx_create((uaddr_t){0}, (uaddr_t){0}, &copy) == ERR_OK;
    if (ok) {
        user_ctx_copy(copy, ctx);
        user_ctx_destroy(copy);
    }
    user_ctx_destroy(ctx);
    return ok;
}

static bool make_area(void)
{
    struct kva *small, *large;
    if (kva_alloc(1, &small) != ERR_OK)
        return false;
    bool ok = kva_alloc(40, &large) == ERR_OK;
    if (ok)
        kva_free(large);
    kva_free(small);
    return ok;
}

static uint32_t ended;
static uint32_t started;

TASK_DEFINE(end_at_once, uint32_t, counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELEASE); }

static bool make_task(void)
{
    struct task *never, *task;
    if (end_at_once_create(&ended, &never) != ERR_OK)
        return false;
    bool ok = end_at_once_create(&ended, &task) == ERR_OK;
    if (ok) {
        task_start(task);
        task_put(task);
        started++;
        while (__atomic_load_n(&ended, __ATOMIC_ACQUIRE) != started)
            task_yield();
        task_yield(); // whoever exits is freed by the next to run
    }
    task_put(never);
    return ok;
}

// Small pages far apart, with tables of every level between them.
static bool map_small(struct vm_cursor *c)
{
    static const uint64_t places[] = {PAGE_SIZE, 3 * LARGE, 2 * GIB, 1024 * GIB};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct page *page;
        must(vm_cursor_jump(c, (uaddr_t){places[i]}));
        if (page_alloc(PAGE_ZERO, &page) != ERR_OK)
            return false;
        if (vm_cursor_map(c, page, (struct page_prop){.perm = VM_READ}) != ERR_OK) {
            page_put(page);
            return false;
        }
    }
    return true;
}

static bool map_large(struct vm_cursor *c)
{
    struct page_run run;
    must(vm_cursor_jump(c, (uaddr_t){8 * GIB}));
    if (page_run_alloc(VM_LARGE_PAGES, PAGE_UNINIT, &run) != ERR_OK)
        return false;
    if (vm_cursor_map_large(c, &run, (struct page_prop){.perm = VM_WRITE}) != ERR_OK) {
        page_run_put(&run);
        return false;
    }
    // What splits a large page has its table since then, and cannot fail.
    must(vm_cursor_jump(c, (uaddr_t){8 * GIB + 5 * PAGE_SIZE}));
    EXPECT(vm_cursor_protect(c, 3, VM_READ) == 3);
    EXPECT(vm_cursor_unmap(c, 3) == 3);
    return true;
}

static bool make_space(void)
{
    struct vm_space *space;
    struct vm_cursor c;
    if (vm_space_create(&space) != ERR_OK)
        return false;
    must(vm_cursor_open(space, (uaddr_t){USER_START}, (uaddr_t){USER_END}, &c));
    bool ok = map_small(&c) && map_large(&c);
    vm_cursor_close(&c);
    vm_space_put(space);
    return ok;
}

// As for fork(2): the child's tables are what is allocated.
static bool share_all(struct vm_space *parent, struct vm_space *child)
{
    struct vm_cursor from, to;
    constexpr size_t pages = (USER_END - USER_START) / PAGE_SIZE;
    must(vm_cursor_open(parent, (uaddr_t){USER_START}, (uaddr_t){USER_END}, &from));
    must(vm_cursor_open(child, (uaddr_t){USER_START}, (uaddr_t){USER_END}, &to));
    bool ok = vm_cursor_share(&from, &to, pages, true) == ERR_OK;
    EXPECT(vm_cursor_address(&from).raw == vm_cursor_address(&to).raw);
    vm_cursor_close(&to);
    vm_cursor_close(&from);
    return ok;
}

static struct vm_space *shared; // with pages far apart and a large one

static bool make_child(void)
{
    struct vm_space *child;
    if (vm_space_create(&child) != ERR_OK)
        return false;
    bool ok = share_all(shared, child);
    vm_space_put(child);
    return ok;
}

// `least`: what it allocates at least, or the sweep would be none.
static void sweep(bool (*attempt)(void), uint64_t least)
{
    EXPECT(attempt()); // tables of kernel areas stay
    uint64_t before = free_pages();
    for (uint64_t n = 0;; n++) {
        task_trim(); // a kept stack is no allocation
        heap_fail_after(n);
        bool ok = attempt();
        bool failed = heap_fail_stop();
        EXPECT(ok == !failed);
        EXPECT(free_pages() == before);
        if (ok) {
            EXPECT(n >= least);
            return;
        }
    }
}

static void sweep_children(void)
{
    struct vm_cursor c;
    must(vm_space_create(&shared));
    must(vm_cursor_open(shared, (uaddr_t){USER_START}, (uaddr_t){USER_END}, &c));
    EXPECT(map_small(&c) && map_large(&c));
    vm_cursor_close(&c);
    sweep(make_child, 12);
    vm_space_put(shared);
}

static void nth_allocation(void)
{
    sweep(make_objects, 2);
    sweep(make_array, 2);
    sweep(make_pages, 5);
    sweep(make_context, 2);
    sweep(make_area, 43);
    sweep(make_task, 10);
    sweep(make_space, 18);
    sweep_children();
}

const struct ktest ktest_nomem[] = {
    {"nth_allocation", nth_allocation},
    {},
};
