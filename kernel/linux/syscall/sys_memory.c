// SPDX-License-Identifier: Apache-2.0
// mmap(2), munmap(2), mprotect(2), brk(2), madvise(2).
#include "kernel/linux/file/descriptors.h"
#include "kernel/linux/mm/vm_object.h"
#include "kernel/linux/syscall/sys.h"
#include <asm/fcntl.h>
#include <linux/mman.h>

static bool range_is_good(uint64_t at, uint64_t len)
{
    return (at & PAGE_MASK) == 0 && at <= USER_END && len <= USER_END - at;
}

// Of PROT_ flags; false: some that are not supported. Reading comes with the others, since the CPU
// cannot forbid it.
static bool decode_prot(uint64_t prot, uint8_t *out)
{
    if ((prot & ~(uint64_t)(PROT_READ | PROT_WRITE | PROT_EXEC)) != 0)
        return false;
    *out = (uint8_t)((prot != 0 ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
                     (prot & PROT_EXEC ? VM_EXEC : 0));
    return true;
}

// Brings all pages of a range, as far as there is memory: MAP_POPULATE does not fail.
static void populate(struct thread *t, uint64_t start, uint64_t end, uint8_t prot)
{
    uint8_t access = (prot & VM_WRITE) != 0 ? VM_WRITE : VM_READ;
    for (uint64_t at = start; at < end && prot != VM_NONE; at += PAGE_SIZE) {
        if (mm_fault(t->mm, (uaddr_t){at}, access) != ERR_OK)
            return;
    }
}

constexpr uint64_t FLAGS_KNOWN = MAP_TYPE | MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_ANONYMOUS |
                                 MAP_NORESERVE | MAP_POPULATE | MAP_STACK | MAP_NONBLOCK |
                                 MAP_DENYWRITE |
                                 MAP_EXECUTABLE; // the last two mean nothing (mmap(2))

static enum mm_place place_of(uint64_t flags)
{
    return (flags & MAP_FIXED_NOREPLACE) != 0 ? MM_FREE
           : (flags & MAP_FIXED) != 0         ? MM_REPLACE
                                              : MM_ANYWHERE;
}

// What a descriptor's file has that can be mapped so, with a reference (mmap(2), "Errors").
static enum err object_of(struct thread *t, uint64_t fd, const struct area_kind *kind,
                          struct vm_object **out)
{
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
        *out = f->inode->data;
        vm_object_get(*out);
    }
    file_put(f);
    return err;
}

// Memory is never promised before it is touched, so that MAP_NORESERVE asks for what is so anyway.
sysret_t sys_mmap(struct thread *t, const struct sys_args *a)
{
    uint64_t len = a->arg[1], flags = a->arg[3], type = flags & MAP_TYPE;
    struct mm_request r = {.at = a->arg[0], .place = place_of(flags)};
    if (len == 0 || (flags & ~FLAGS_KNOWN) != 0 || !decode_prot(a->arg[2], &r.kind.prot) ||
        (type != MAP_PRIVATE && type != MAP_SHARED) || (a->arg[5] & PAGE_MASK) != 0)
        return ERR_INVAL;
    if (len > USER_END)
        return ERR_NOMEM;
    if (r.place != MM_ANYWHERE && (r.at & PAGE_MASK) != 0)
        return ERR_INVAL;
    r.at = align_down(r.at, PAGE_SIZE);
    r.size = align_up(len, PAGE_SIZE);
    r.kind.shared = type == MAP_SHARED;
    enum err err = ERR_OK;
    if ((flags & MAP_ANONYMOUS) == 0) {
        r.kind.object_page = a->arg[5] >> PAGE_SHIFT;
        err = object_of(t, a->arg[4], &r.kind, &r.kind.object);
    } else if (r.kind.shared)
        err = vm_object_create(r.size, &r.kind.object);
    uint64_t at;
    if (err == ERR_OK)
        err = mm_map(t->mm, &r, &at);
    if (r.kind.object != nullptr)
        vm_object_put(r.kind.object);
    if (err != ERR_OK)
        return err;
    if ((flags & MAP_POPULATE) != 0 && (flags & MAP_NONBLOCK) == 0)
        populate(t, at, at + r.size, r.kind.prot);
    return (sysret_t)at;
}

sysret_t sys_munmap(struct thread *t, const struct sys_args *a)
{
    uint64_t at = a->arg[0], len = a->arg[1];
    if (len == 0 || !range_is_good(at, len))
        return ERR_INVAL;
    return mm_unmap(t->mm, at, at + align_up(len, PAGE_SIZE));
}

sysret_t sys_mprotect(struct thread *t, const struct sys_args *a)
{
    uint64_t at = a->arg[0], len = a->arg[1];
    uint8_t prot;
    if (!decode_prot(a->arg[2], &prot) || (at & PAGE_MASK) != 0)
        return ERR_INVAL;
    if (len == 0)
        return 0;
    if (!range_is_good(at, len))
        return ERR_NOMEM;
    return mm_protect(t->mm, at, at + align_up(len, PAGE_SIZE), prot);
}

sysret_t sys_brk(struct thread *t, const struct sys_args *a)
{
    return (sysret_t)mm_brk(t->mm, a->arg[0]);
}

// Advice about reading ahead is taken by doing as always: there is nothing to read from.
sysret_t sys_madvise(struct thread *t, const struct sys_args *a)
{
    uint64_t at = a->arg[0], len = a->arg[1];
    if (!range_is_good(at, len))
        return ERR_INVAL;
    switch (a->arg[2]) {
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
        return mm_covers(t->mm, at, at + align_up(len, PAGE_SIZE)) ? ERR_OK : ERR_NOMEM;
    case MADV_DONTNEED:
        return len == 0 ? ERR_OK : mm_discard(t->mm, at, at + align_up(len, PAGE_SIZE));
    }
    return ERR_INVAL;
}
