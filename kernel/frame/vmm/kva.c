// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/vmm/kva.h"
#include "kernel/frame/cpu/preempt.h"
#include "kernel/frame/heap/heap.h"
#include "kernel/frame/lock/lock_classes.h"
#include "kernel/frame/lock/spinlock.h"
#include "kernel/frame/pmm/page_priv.h"
#include "kernel/frame/vmm/pt.h"
#include "kernel/frame/vmm/tlb.h"
#include "kernel/frame/vmm/vmm.h"

HEAP_TYPE(kva_type, struct kva);

static struct {
    struct spinlock lock;
    struct list areas GUARDED_BY(lc_kva); // by address
} kva = {.lock = {}, .areas = LIST_INIT(kva.areas)};

static void kva_lock(void) NO_LOCK_ANALYSIS ACQUIRE(lc_kva) { spin_lock(&kva.lock, &lc_kva); }
static void kva_unlock(void) NO_LOCK_ANALYSIS RELEASE(lc_kva) { spin_unlock(&kva.lock, &lc_kva); }

// Enters `area` into the first gap that holds it and its guards. Neighbours share a guard.
static enum err place(struct kva *area) REQUIRES(lc_kva)
{
    uint64_t at = KVA_START + PAGE_SIZE;
    uint64_t need = (area->pages + 1) * PAGE_SIZE;
    struct list *next = kva.areas.next;
    for (; next != &kva.areas; next = next->next) {
        struct kva *other = LIST_ENTRY(next, struct kva, link);
        if (other->start - at >= need)
            break;
        at = kva_end(other) + PAGE_SIZE;
    }
    if (KVA_END - at < need)
        return ERR_NOMEM;
    area->start = at;
    list_insert_before(next, &area->link);
    return ERR_OK;
}

static enum err create(size_t pages, struct kva **out)
{
    if (pages == 0 || pages >= (KVA_END - KVA_START) >> PAGE_SHIFT)
        return ERR_INVAL;
    struct kva *area = heap_alloc(&kva_type);
    if (area == nullptr)
        return ERR_NOMEM;
    area->pages = pages;
    kva_lock();
    enum err err = place(area);
    kva_unlock();
    if (err != ERR_OK) {
        heap_free(&kva_type, area);
        return err;
    }
    *out = area;
    return ERR_OK;
}

static enum err map_page(uint64_t at, paddr_t to, uint64_t flags)
{
    uint64_t *entry;
    enum err err = pt_reach(vmm_kernel_root(), at, 1, PTE_WRITE, &entry);
    if (err == ERR_OK)
        *entry = to.raw | flags | PTE_PRESENT | PTE_WRITE | PTE_NO_EXECUTE | PTE_GLOBAL;
    return err;
}

// Takes back an area of which the first `mapped` pages are mapped.
static void destroy(struct kva *area, size_t mapped)
{
    struct tlb_batch batch;
    struct list pages = LIST_INIT(pages);
    tlb_batch_init(&batch, nullptr);
    preempt_disable();
    for (size_t i = 0; i < mapped; i++) {
        uint64_t at = area->start + i * PAGE_SIZE;
        uint64_t *entry = pt_find(vmm_kernel_root(), at, 1);
        if (!area->io)
            list_push_front(&pages, &page_at((paddr_t){*entry & PTE_ADDRESS})->link);
        *entry = 0;
        tlb_issue(&batch, at);
    }
    tlb_sync(&batch);
    preempt_enable();
    for (struct list *l; (l = list_pop_front(&pages)) != nullptr;)
        page_free_kernel(LIST_ENTRY(l, struct page, link), 0);
    kva_lock();
    list_remove(&area->link);
    kva_unlock();
    heap_free(&kva_type, area);
}

void kva_free(struct kva *area)
{
    ASSERT(!area->io);
    destroy(area, area->pages);
}

enum err kva_alloc(size_t pages, struct kva **out)
{
    struct kva *area;
    enum err err = create(pages, &area);
    if (err != ERR_OK)
        return err;
    for (size_t i = 0; i < pages; i++) {
        struct page *page;
        err = page_alloc_kernel(0, &page);
        if (err == ERR_OK) {
            err = map_page(area->start + i * PAGE_SIZE, page_paddr(page), 0);
            if (err != ERR_OK)
                page_free_kernel(page, 0);
        }
        if (err != ERR_OK) {
            destroy(area, i);
            return err;
        }
    }
    *out = area;
    return ERR_OK;
}

enum err kva_map_io(paddr_t at, size_t size, volatile void **mapped)
{
    // Higher addresses would run into an entry's other bits.
    constexpr uint64_t limit = PTE_ADDRESS + PAGE_SIZE;
    if (size == 0 || at.raw >= limit || size > limit - at.raw)
        return ERR_INVAL;
    uint64_t first = align_down(at.raw, PAGE_SIZE);
    struct kva *area;
    enum err err = create(pages_for(at.raw - first + size), &area);
    if (err != ERR_OK)
        return err;
    area->io = true;
    for (size_t i = 0; i < area->pages; i++) {
        err = map_page(area->start + i * PAGE_SIZE, (paddr_t){first + i * PAGE_SIZE},
                       PTE_CACHE_DISABLE | PTE_WRITE_THROUGH);
        if (err != ERR_OK) {
            destroy(area, i);
            return err;
        }
    }
    *mapped = (volatile void *)(area->start + (at.raw - first));
    return ERR_OK;
}
