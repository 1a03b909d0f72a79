// SPDX-License-Identifier: Apache-2.0
// Large pages: what a program would touch page by page comes at once, while there is plenty of
// memory. What is done to a part later makes small ones of it, by itself.
#include "kernel/linux/mm/mm_priv.h"

constexpr uint64_t LARGE_SIZE = VM_LARGE_PAGES * PAGE_SIZE;

// As much stays free for what needs single pages: a program may touch but one of each large page.
static bool is_memory_ample(void)
{
    struct pmm_stats s = pmm_stats();
    return s.free >= max_u64(16 * VM_LARGE_PAGES, s.total / 4);
}

bool mm_may_be_large(const struct area *x, uint64_t at)
{
    uint64_t start = align_down(at, LARGE_SIZE);
    return x->kind.object == nullptr && !x->kind.shared && !x->kind.grows_down &&
           (x->kind.prot & VM_WRITE) != 0 && (x->kind.flags & AREA_SMALL_PAGES) == 0 &&
           start >= x->start && start + LARGE_SIZE <= x->end;
}

static bool is_empty(struct mm *mm, uint64_t start)
{
    struct vm_cursor c;
    must(vm_cursor_open(mm->space, (uaddr_t){start}, (uaddr_t){start + LARGE_SIZE}, &c));
    bool found = vm_cursor_find_next(&c);
    vm_cursor_close(&c);
    return !found;
}

bool mm_map_large(struct mm *mm, const struct area *x, uint64_t at)
{
    struct page_run run = {};
    struct vm_cursor c;
    uint64_t start = align_down(at, LARGE_SIZE);
    // Cleared with nothing locked, since that takes a while.
    if (!is_empty(mm, start) || !is_memory_ample() ||
        page_run_alloc(VM_LARGE_PAGES, PAGE_ZERO, &run) != ERR_OK)
        return false;
    must(vm_cursor_open(mm->space, (uaddr_t){start}, (uaddr_t){start + LARGE_SIZE}, &c));
    // Another thread may have been faster, and a table of small pages that have gone stays.
    enum err err = vm_cursor_map_large(&c, &run, (struct page_prop){.perm = x->kind.prot});
    vm_cursor_close(&c);
    if (err != ERR_OK)
        page_run_put(&run);
    return err == ERR_OK;
}
