// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/cpu/cpu.h"
#include "kernel/frame/vmm/pt.h"
#include "kernel/frame/vmm/vm_space_priv.h"

enum err vm_cursor_open(struct vm_space *space, uaddr_t start, uaddr_t end, struct vm_cursor *c)
{
    if (((start.raw | end.raw) & PAGE_MASK) != 0 || start.raw < USER_START || end.raw > USER_END ||
        start.raw >= end.raw)
        return ERR_INVAL;
    *c = (struct vm_cursor){.space = space, .start = start.raw, .end = end.raw, .at = start.raw};
    return ERR_OK;
}

void vm_cursor_close(struct vm_cursor *c) { *c = (struct vm_cursor){}; }

uaddr_t vm_cursor_address(const struct vm_cursor *c) { return (uaddr_t){c->at}; }

enum err vm_cursor_jump(struct vm_cursor *c, uaddr_t to)
{
    if ((to.raw & PAGE_MASK) != 0 || to.raw < c->start || to.raw > c->end)
        return ERR_INVAL;
    c->at = to.raw;
    return ERR_OK;
}

static uint64_t perm_bits(uint8_t perm)
{
    uint64_t bits = PTE_USER | PTE_HOLDS_PAGE;
    if (perm != VM_NONE)
        bits |= PTE_PRESENT;
    if (perm & VM_WRITE)
        bits |= PTE_WRITE;
    if (!(perm & VM_EXEC))
        bits |= PTE_NO_EXECUTE;
    return bits;
}

static uint8_t perm_of(uint64_t entry)
{
    if (!(entry & PTE_PRESENT))
        return VM_NONE;
    return (uint8_t)(VM_READ | (entry & PTE_WRITE ? VM_WRITE : 0) |
                     (entry & PTE_NO_EXECUTE ? 0 : VM_EXEC));
}

struct page *vm_cursor_query(const struct vm_cursor *c, struct page_prop *prop)
{
    *prop = (struct page_prop){};
    if (c->at == c->end)
        return nullptr;
    uint64_t *entry = pt_find(page_paddr(c->space->root), c->at, 1);
    if (entry == nullptr || *entry == 0)
        return nullptr;
    *prop = (struct page_prop){
        .perm = perm_of(*entry),
        .accessed = *entry & PTE_ACCESSED,
        .dirty = *entry & PTE_DIRTY,
    };
    return page_at((paddr_t){*entry & PTE_ADDRESS});
}

enum err vm_cursor_map(struct vm_cursor *c, struct page *page, struct page_prop prop)
{
    ASSERT(c->at < c->end);
    ASSERT(page->kind == PAGE_USER);
    uint64_t *entry;
    enum err err = pt_reach(page_paddr(c->space->root), c->at, 1, PTE_USER | PTE_WRITE, &entry);
    if (err != ERR_OK)
        return err;
    ASSERT(*entry == 0);
    *entry = page_paddr(page).raw | perm_bits(prop.perm);
    c->at += PAGE_SIZE;
    return ERR_OK;
}

// What vm_cursor_unmap and _protect do to an entry that holds a page.
typedef void change_entry(uint64_t *entry, uint8_t perm);

static void change_to_nothing(uint64_t *entry, uint8_t) { *entry = 0; }

static void change_perm(uint64_t *entry, uint8_t perm)
{
    constexpr uint64_t kept = PTE_ADDRESS | PTE_ACCESSED | PTE_DIRTY;
    *entry = (*entry & kept) | perm_bits(perm);
}

// From an address that no table of the lowest level covers, to where the next one may begin.
static uint64_t behind_gap(paddr_t root, uint64_t at)
{
    int level = PT_LEVELS;
    while (*pt_find(root, at, level) != 0)
        level--;
    return align_down(at, pt_span(level)) + pt_span(level);
}

static size_t change_pages(struct vm_cursor *c, size_t pages, change_entry *change, uint8_t perm,
                           bool put)
{
    ASSERT(pages <= (c->end - c->at) >> PAGE_SHIFT);
    paddr_t root = page_paddr(c->space->root);
    bool active = cpu_this()->active == c->space;
    size_t changed = 0;
    uint64_t stop = c->at + (pages << PAGE_SHIFT);
    while (c->at < stop) {
        uint64_t *entry = pt_find(root, c->at, 1);
        if (entry == nullptr) {
            c->at = min_u64(stop, behind_gap(root, c->at));
            continue;
        }
        if (*entry != 0) {
            struct page *page = page_at((paddr_t){*entry & PTE_ADDRESS});
            change(entry, perm);
            // Before the page may be used for something else.
            if (active)
                tlb_flush_page(c->at);
            if (put)
                page_put(page);
            changed++;
        }
        c->at += PAGE_SIZE;
    }
    return changed;
}

size_t vm_cursor_unmap(struct vm_cursor *c, size_t pages)
{
    return change_pages(c, pages, change_to_nothing, VM_NONE, true);
}

size_t vm_cursor_protect(struct vm_cursor *c, size_t pages, uint8_t perm)
{
    return change_pages(c, pages, change_perm, perm, false);
}
