// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/vdso/vdso.h"
#include "kernel/linux/lock_classes.h"
#include "kernel/linux/mm/vm_object.h"
#include "kernel/linux/vdso/data.h"

static const uint8_t image_bytes[] = {
#embed "userprogs/vdso/vdso"
};

static struct vdso {
    struct vm_object *data, *image; // constant; null: programs have none
    struct page *page;              // the data's; constant
    bool told;                      // atomic: the clocks' fields are there
    struct spinlock lock;
    uint32_t sequence GUARDED_BY(lc_vdso);
} vdso;
SPINLOCK_OPS(vdso, struct vdso, lock, lc_vdso)

static bool is_wanted(void)
{
    struct cspan value;
    return !cmdline_find(boot_cmdline(), SPAN_TEXT("vdso"), &value) ||
           !cspan_equal(value, SPAN_TEXT("0"));
}

// If it fails the machine does not go on, so nothing needs to be freed.
enum err vdso_init(void)
{
    struct vdso_data data = {.has_rdtscp = user_has_rdtscp()};
    if (!is_wanted())
        return ERR_OK;
    enum err err = vm_object_create(PAGE_SIZE, &vdso.data);
    if (err == ERR_OK)
        err = vm_object_page(vdso.data, 0, &vdso.page);
    if (err == ERR_OK)
        err = vm_object_create_over(CSPAN_OF(image_bytes), &vdso.image);
    if (err == ERR_OK)
        page_write(vdso.page, 0, CSPAN_OF(data));
    return err;
}

enum err vdso_map(struct mm *mm, uint64_t below, uint64_t *image)
{
    uint64_t size = align_up(sizeof(image_bytes), PAGE_SIZE), at;
    *image = 0;
    if (vdso.image == nullptr)
        return ERR_OK;
    // First all of it as the data, so that there is room for both.
    struct mm_request r = {
        .at = below - PAGE_SIZE - size,
        .size = PAGE_SIZE + size,
        .place = MM_ANYWHERE,
        .kind = {.prot = VM_READ, .never = VM_WRITE | VM_EXEC, .object = vdso.data},
    };
    enum err err = mm_map(mm, &r, &at);
    if (err != ERR_OK)
        return err;
    *image = at + PAGE_SIZE;
    r = (struct mm_request){
        .at = *image,
        .size = size,
        .place = MM_REPLACE,
        .kind = {.prot = VM_READ | VM_EXEC, .object = vdso.image},
    };
    return mm_map(mm, &r, &at);
}

// ---- the clocks -----------------------------------------------------------------------------

static void write_sequence(void) REQUIRES(lc_vdso)
{
    vdso.sequence++;
    page_write(vdso.page, offsetof(struct vdso_data, sequence), CSPAN_OF(vdso.sequence));
    atomic_fence();
}

static void write_u64(size_t at, uint64_t value) { page_write(vdso.page, at, CSPAN_OF(value)); }

void vdso_clock_changed(void)
{
    if (vdso.image == nullptr)
        return;
    vdso_lock(&vdso);
    struct clock_scale s = clock_scale();
    write_sequence();
    write_u64(offsetof(struct vdso_data, base), s.base);
    write_u64(offsetof(struct vdso_data, mult), s.mult);
    write_u64(offsetof(struct vdso_data, real_base_ns), s.real_base_ns);
    atomic_fence();
    write_sequence();
    vdso_unlock(&vdso);
}

void vdso_clock_asked(void)
{
    if (load_acquire(&vdso.told))
        return;
    vdso_clock_changed();
    store_release(&vdso.told, true);
}
