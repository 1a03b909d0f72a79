// SPDX-License-Identifier: Apache-2.0
// mmap(2), munmap(2), mremap(2), brk(2).
#include "kernel/linux/file/descriptors.h"
#include "kernel/linux/mm/vm_object.h"
#include "kernel/linux/syscall/prot.h"
#include "kernel/linux/syscall/range.h"
#include "kernel/linux/syscall/sys.h"
#include <asm/fcntl.h>
#include <linux/mman.h>

// ---- mmap ---------------------------------------------------------------------------------------

static enum mm_place place_of(uint64_t flags)
{
    return (flags & MAP_FIXED_NOREPLACE) != 0 ? MM_FREE
           : (flags & MAP_FIXED) != 0         ? MM_REPLACE
           : (flags & MAP_32BIT) != 0         ? MM_LOW
                                              : MM_ANYWHERE;
}

// What a descriptor's file has becomes what is mapped, with a reference (mmap(2), "Errors").
static enum err take_file(struct thread *t, uint64_t fd, struct mm_request *r)
{
    const struct area_kind *kind = &r->kind;
    struct file *f;
    enum err err = descriptors_find(t->files, (uint32_t)fd, &f);
    if (err != ERR_OK)
        return err;
    if ((load_acquire(&f->flags) & O_PATH) != 0)
        err = ERR_BADF;
    else if (!file_may_read(f) ||
             (kind->shared && (kind->prot & VM_WRITE) != 0 && !file_may_write(f)))
        err = ERR_ACCES;
    else if (f->inode->data == nullptr)
        err = ERR_NODEV;
    if (err == ERR_OK) {
        r->kind.object = f->inode->data;
        vm_object_get(r->kind.object);
        // A shared mapping writes to the file: if that is not open for it, never.
        r->kind.never = r->kind.shared && !file_may_write(f) ? VM_WRITE : VM_NONE;
    }
    file_put(f);
    return err;
}

// What MAP_SHARED_VALIDATE knows: the flags that there were before it, and itself.
constexpr uint64_t MAP_LEGACY = MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_32BIT | MAP_GROWSDOWN |
                                MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE |
                                MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB |
                                MAP_FIXED_NOREPLACE | (uint64_t)MAP_HUGE_MASK << MAP_HUGE_SHIFT;

// There are large pages, but none is set aside for MAP_HUGETLB.
static enum err refuse_huge(uint64_t flags)
{
    uint64_t size_log = flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;
    return size_log == 0 || size_log == 21 || size_log == 30 ? ERR_NOMEM : ERR_INVAL;
}

// Flags that mean nothing, or nothing to such a mapping, are not looked at (mmap(2)). Memory is
// never promised before it is touched, so that MAP_NORESERVE asks for what is so anyway.
static enum err decode(const struct sys_args *a, struct mm_request *r)
{
    uint64_t len = a->arg[1], flags = a->arg[3], type = flags & MAP_TYPE;
    *r = (struct mm_request){.at = a->arg[0], .place = place_of(flags)};
    if (!is_page_aligned(a->arg[5]))
        return ERR_INVAL;
    if ((flags & MAP_HUGETLB) != 0)
        return refuse_huge(flags);
    if (len == 0)
        return ERR_INVAL;
    if (len > USER_END)
        return ERR_NOMEM;
    if ((r->place == MM_FREE || r->place == MM_REPLACE) && !is_page_aligned(r->at))
        return ERR_INVAL;
    r->at = align_down(r->at, PAGE_SIZE);
    r->size = align_up(len, PAGE_SIZE);
    if ((flags & MAP_ANONYMOUS) == 0)
        r->kind.object_page = a->arg[5] >> PAGE_SHIFT;
    r->populate = (flags & MAP_POPULATE) != 0 && (flags & MAP_NONBLOCK) == 0;
    r->kind.prot = prot_decode(a->arg[2]);
    bool validate = type == MAP_SHARED_VALIDATE && (flags & MAP_ANONYMOUS) == 0;
    if (validate && (flags & ~(uint64_t)MAP_LEGACY) != 0)
        return ERR_OPNOTSUPP;
    r->kind.shared = type == MAP_SHARED || validate;
    r->kind.grows_down = (flags & MAP_GROWSDOWN) != 0;
    // Most of a stack is never touched.
    r->kind.flags = (uint8_t)((flags & MAP_LOCKED ? AREA_LOCKED : 0) |
                              (flags & MAP_STACK ? AREA_SMALL_PAGES : 0));
    bool good = type == MAP_PRIVATE || (r->kind.shared && !r->kind.grows_down);
    return good ? ERR_OK : ERR_INVAL;
}

sysret_t sys_mmap(struct thread *t, const struct sys_args *a)
{
    struct mm_request r;
    uint64_t at;
    enum err err = decode(a, &r);
    if (err != ERR_OK)
        return err;
    if ((a->arg[3] & MAP_ANONYMOUS) == 0)
        err = take_file(t, a->arg[4], &r);
    else if (r.kind.shared)
        err = vm_object_create(r.size, &r.kind.object);
    if (err == ERR_OK)
        err = mm_map(t->mm, &r, &at);
    if (r.kind.object != nullptr)
        vm_object_put(r.kind.object);
    return err == ERR_OK ? (sysret_t)at : err;
}

sysret_t sys_munmap(struct thread *t, const struct sys_args *a)
{
    uint64_t at = a->arg[0], len = a->arg[1];
    if (len == 0 || !is_page_aligned(at) || !range_is_user(at, len))
        return ERR_INVAL;
    return mm_unmap(t->mm, at, at + align_up(len, PAGE_SIZE));
}

// ---- mremap -------------------------------------------------------------------------------------

sysret_t sys_mremap(struct thread *t, const struct sys_args *a)
{
    uint64_t flags = a->arg[3], at;
    struct mm_remap r = {
        .at = a->arg[0],
        .old_size = align_up(a->arg[1], PAGE_SIZE),
        .new_size = align_up(a->arg[2], PAGE_SIZE),
        .to = a->arg[4],
        .may_move = (flags & MREMAP_MAYMOVE) != 0,
        .fixed = (flags & MREMAP_FIXED) != 0,
        .keep = (flags & MREMAP_DONTUNMAP) != 0,
    };
    if ((flags & ~(uint64_t)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0 ||
        !is_page_aligned(r.at) || r.new_size == 0)
        return ERR_INVAL;
    bool moves = r.fixed || r.keep;
    if (moves && (!r.may_move || !is_page_aligned(r.to)))
        return ERR_INVAL;
    if (r.keep && a->arg[1] != a->arg[2])
        return ERR_INVAL;
    enum err err = mm_remap(t->mm, &r, &at);
    return err == ERR_OK ? (sysret_t)at : err;
}

sysret_t sys_brk(struct thread *t, const struct sys_args *a)
{
    return (sysret_t)mm_brk(t->mm, a->arg[0]);
}
