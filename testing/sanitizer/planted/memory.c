// SPDX-License-Identifier: Apache-2.0
// Accesses to memory that is not theirs.
#include "kernel/frame/base/mem.h"
#include "kernel/frame/heap/heap.h"
#include "kernel/frame/pmm/page_priv.h"
#include "kernel/frame/task/task.h"
#include "kernel/frame/vmm/kva.h"
#include "testing/sanitizer/planted/planted.h"

struct parcel {
    char bytes[44];
};
HEAP_DEFINE(parcel, struct parcel);

// What the compiler must not see through.
static volatile size_t nothing = 0;

static char *address_of(void *object)
{
    char *volatile p = object;
    return p;
}

static void heap_read(void)
{
    const char *p = address_of(parcel_new());
    (void)*(const volatile char *)(p + 44 + nothing);
}

static void heap_write(void) { address_of(parcel_new())[47 + nothing] = 1; }

static void heap_before(void) { address_of(parcel_new())[-8 - (long)nothing] = 1; }

static void heap_copy(void)
{
    static const char bytes[64];
    memcpy(address_of(parcel_new()), bytes, 48 + nothing);
}

[[gnu::noinline]] static struct parcel *make_and_lose(void)
{
    struct parcel *p = parcel_new();
    parcel_delete(p);
    return p;
}

static void heap_after_free(void)
{
    char *p = address_of(make_and_lose());
    // Others come and go meanwhile; the memory is not theirs yet.
    for (int i = 0; i < 100; i++)
        parcel_delete(parcel_new());
    p[8] = 1;
}

static void heap_double_free(void)
{
    struct parcel *p = make_and_lose();
    parcel_delete(p);
}

static void page_after_free(void)
{
    struct page *page;
    must(page_alloc(PAGE_ZERO, &page));
    const char *p = address_of(page_virt(page));
    page_put(page);
    (void)*(const volatile char *)(p + 100);
}

static void large_page_after_free(void)
{
    struct page *page;
    must(page_alloc_kernel(3, &page));
    char *p = address_of(page_virt(page));
    page_free_kernel(page, 3);
    p[7 * PAGE_SIZE] = 1;
}

static void stack_read(void)
{
    char bytes[20] = {1};
    const char *p = address_of(bytes);
    (void)*(const volatile char *)(p + 20 + nothing);
}

static void stack_write(void)
{
    uint64_t words[3] = {};
    address_of(words)[-1 - (long)nothing] = 1;
}

[[gnu::noinline]] static void out_of_scope(void)
{
    char *p;
    {
        char inner[32] = {};
        p = address_of(inner);
    }
    p[3] = 1;
}

static char table[10];

static void global_read(void)
{
    const char *p = address_of(table);
    (void)*(const volatile char *)(p + 10 + nothing);
}

static void leave(void *) {}

static void stack_after_exit(void)
{
    struct task *t;
    // The task's stack lies where the next area would.
    struct kva *area;
    must(kva_alloc(1, &area));
    must(task_create(leave, nullptr, &t));
    char *stack = address_of((char *)kva_end(area) + PAGE_SIZE);
    task_put(t);
    stack[128] = 1;
}

const struct planted planted_memory[] = {
    {"heap_read", heap_read},
    {"heap_write", heap_write},
    {"heap_before", heap_before},
    {"heap_copy", heap_copy},
    {"heap_after_free", heap_after_free},
    {"heap_double_free", heap_double_free},
    {"page_after_free", page_after_free},
    {"large_page_after_free", large_page_after_free},
    {"stack_read", stack_read},
    {"stack_write", stack_write},
    {"out_of_scope", out_of_scope},
    {"global_read", global_read},
    {"stack_after_exit", stack_after_exit},
    {},
};
