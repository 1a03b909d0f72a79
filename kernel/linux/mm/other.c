// SPDX-License-Identifier: Apache-2.0
// Memory of a program that is not the one that runs: page by page.
#include "kernel/linux/mm/mm_priv.h"

// The page at an address, if the access is possible without a fault; else null. The reference stays
// the mapping's, and the mapping until the lock is given up.
static struct page *page_at(struct mm *mm, uint64_t at, uint8_t access) REQUIRES_SHARED(lc_mm)
{
    struct vm_cursor c;
    struct page_prop prop;
    must(vm_cursor_open(mm->space, (uaddr_t){at}, (uaddr_t){at + PAGE_SIZE}, &c));
    struct page *page = vm_cursor_query(&c, &prop);
    if (page != nullptr && (prop.perm & access) == 0)
        page = nullptr;
    if (page != nullptr)
        page_get(page);
    vm_cursor_close(&c);
    return page;
}

// Copies from or to one page. Under the lock, so that the page does not become a child's meanwhile.
static bool copy(struct mm *mm, uaddr_t at, const struct span *to, const struct cspan *from)
{
    mm_read_lock(mm);
    struct page *page =
        page_at(mm, align_down(at.raw, PAGE_SIZE), to != nullptr ? VM_READ : VM_WRITE);
    if (page != nullptr) {
        if (to != nullptr)
            page_read(page, at.raw & PAGE_MASK, *to);
        else
            page_write(page, at.raw & PAGE_MASK, *from);
        page_put(page);
    }
    mm_read_unlock(mm);
    return page != nullptr;
}

static enum err copy_or_fault(struct mm *mm, uaddr_t at, size_t len, const struct span *to,
                              const struct cspan *from)
{
    if (at.raw >= USER_END)
        return ERR_FAULT;
    ASSERT((at.raw & PAGE_MASK) + len <= PAGE_SIZE);
    while (!copy(mm, at, to, from)) {
        enum err err = mm_fault(mm, at, to != nullptr ? VM_READ : VM_WRITE);
        if (err != ERR_OK)
            return err == ERR_NOMEM ? err : ERR_FAULT;
    }
    return ERR_OK;
}

enum err mm_read_other(struct mm *mm, uaddr_t from, struct span to)
{
    return copy_or_fault(mm, from, span_len(to), &to, nullptr);
}

enum err mm_write_other(struct mm *mm, uaddr_t to, struct cspan from)
{
    return copy_or_fault(mm, to, cspan_len(from), nullptr, &from);
}
