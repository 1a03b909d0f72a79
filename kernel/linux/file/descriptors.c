// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/file/descriptors.h"

struct descriptor {
    struct file *file; // null: free. A reference
    bool cloexec;
};
ARRAY_DEFINE(slots, struct descriptor);

struct descriptors {
    struct refcount refs;
    struct spinlock lock;
    struct slots slots GUARDED_BY(lc_files);
    uint64_t free_from GUARDED_BY(lc_files); // none below is free
};
HEAP_DEFINE(descriptors, struct descriptors);
SPINLOCK_OPS(files, struct descriptors, lock, lc_files)

enum err descriptors_create(struct descriptors **out)
{
    struct descriptors *d = descriptors_new();
    if (d == nullptr)
        return ERR_NOMEM;
    refcount_init(&d->refs);
    *out = d;
    return ERR_OK;
}

void descriptors_get(struct descriptors *d) { refcount_get(&d->refs); }

bool descriptors_are_shared(const struct descriptors *d) { return refcount_read(&d->refs) > 1; }

// Takes a file out, whose reference the caller has then; null: there was none.
static struct file *take(struct descriptors *d, uint64_t fd) REQUIRES(lc_files)
{
    if (fd >= slots_count(&d->slots))
        return nullptr;
    struct descriptor *s = slots_at(&d->slots, fd);
    struct file *f = s->file;
    s->file = nullptr;
    s->cloexec = false;
    if (f != nullptr)
        d->free_from = min_u64(d->free_from, fd);
    return f;
}

void descriptors_put(struct descriptors *d)
{
    if (!refcount_put(&d->refs))
        return;
    descriptors_close_range(d, 0, UINT32_MAX);
    files_lock(d);
    slots_free(&d->slots);
    files_unlock(d);
    descriptors_delete(d);
}

// The array moves when it grows: it does so in steps.
static enum err grow(struct descriptors *d, uint64_t fd) REQUIRES(lc_files)
{
    uint64_t count = slots_count(&d->slots);
    return fd < count ? ERR_OK : slots_resize(&d->slots, max_u64(fd + 1, 2 * count));
}

// The other one is nobody else's yet. Two tables at once are not locked: what is copied is taken
// down in steps.
enum err descriptors_copy(struct descriptors *from, struct descriptors **out)
{
    struct descriptors *to;
    enum err err = descriptors_create(&to);
    uint64_t count = 0;
    for (uint64_t fd = 0; err == ERR_OK; fd++) {
        struct descriptor s = {};
        files_lock(from);
        count = slots_count(&from->slots);
        if (fd < count)
            s = *slots_at(&from->slots, fd);
        if (s.file != nullptr)
            file_get(s.file);
        files_unlock(from);
        if (fd >= count)
            break;
        if (s.file == nullptr)
            continue;
        err = descriptors_replace(to, s.file, s.cloexec, fd, UINT32_MAX);
        if (err != ERR_OK) {
            file_put(s.file);
            descriptors_put(to);
        }
    }
    if (err == ERR_OK)
        *out = to;
    return err;
}

enum err descriptors_find(struct descriptors *d, uint64_t fd, struct file **out)
{
    files_lock(d);
    *out = fd < slots_count(&d->slots) ? slots_at(&d->slots, fd)->file : nullptr;
    if (*out != nullptr)
        file_get(*out);
    files_unlock(d);
    return *out != nullptr ? ERR_OK : ERR_BADF;
}

// ---- changing ----------------------------------------------------------------------------------

enum err descriptors_add(struct descriptors *d, struct file *f, bool cloexec, uint64_t from,
                         uint64_t limit, uint32_t *fd)
{
    files_lock(d);
    uint64_t at = max_u64(from, d->free_from);
    while (at < slots_count(&d->slots) && slots_at(&d->slots, at)->file != nullptr)
        at++;
    enum err err = at < limit ? grow(d, at) : ERR_MFILE;
    if (err == ERR_OK) {
        *slots_at(&d->slots, at) = (struct descriptor){f, cloexec};
        *fd = (uint32_t)at;
        if (from <= d->free_from)
            d->free_from = at + 1;
    }
    files_unlock(d);
    return err;
}

enum err descriptors_replace(struct descriptors *d, struct file *f, bool cloexec, uint64_t fd,
                             uint64_t limit)
{
    struct file *old = nullptr;
    if (fd >= limit)
        return ERR_BADF;
    files_lock(d);
    enum err err = grow(d, fd);
    if (err == ERR_OK) {
        old = slots_at(&d->slots, fd)->file;
        *slots_at(&d->slots, fd) = (struct descriptor){f, cloexec};
    }
    files_unlock(d);
    if (old != nullptr)
        file_put(old);
    return err;
}

enum err descriptors_close(struct descriptors *d, uint64_t fd)
{
    files_lock(d);
    struct file *f = take(d, fd);
    files_unlock(d);
    if (f == nullptr)
        return ERR_BADF;
    file_put(f);
    return ERR_OK;
}

static struct descriptor *find(struct descriptors *d, uint64_t fd) REQUIRES(lc_files)
{
    struct descriptor *s = fd < slots_count(&d->slots) ? slots_at(&d->slots, fd) : nullptr;
    return s != nullptr && s->file != nullptr ? s : nullptr;
}

enum err descriptors_get_cloexec(struct descriptors *d, uint64_t fd, bool *cloexec)
{
    files_lock(d);
    const struct descriptor *s = find(d, fd);
    if (s != nullptr)
        *cloexec = s->cloexec;
    files_unlock(d);
    return s != nullptr ? ERR_OK : ERR_BADF;
}

enum err descriptors_set_cloexec(struct descriptors *d, uint64_t fd, bool cloexec)
{
    files_lock(d);
    struct descriptor *s = find(d, fd);
    if (s != nullptr)
        s->cloexec = cloexec;
    files_unlock(d);
    return s != nullptr ? ERR_OK : ERR_BADF;
}

// One at a time: closing may sleep. False: there is none any more.
static bool close_next(struct descriptors *d, uint64_t *fd, uint64_t last, bool marked_only)
{
    struct file *f = nullptr;
    files_lock(d);
    uint64_t end = min_u64(slots_count(&d->slots), last + 1);
    for (; *fd < end && f == nullptr; (*fd)++) {
        if (!marked_only || slots_at(&d->slots, *fd)->cloexec)
            f = take(d, *fd);
    }
    files_unlock(d);
    if (f != nullptr)
        file_put(f);
    return f != nullptr;
}

void descriptors_close_range(struct descriptors *d, uint64_t first, uint64_t last)
{
    while (close_next(d, &first, last, false))
        ;
}

void descriptors_close_on_exec(struct descriptors *d)
{
    uint64_t fd = 0;
    while (close_next(d, &fd, UINT32_MAX, true))
        ;
}

void descriptors_mark_range(struct descriptors *d, uint64_t first, uint64_t last)
{
    files_lock(d);
    uint64_t end = min_u64(slots_count(&d->slots), last + 1);
    for (uint64_t fd = first; fd < end; fd++)
        slots_at(&d->slots, fd)->cloexec = slots_at(&d->slots, fd)->file != nullptr;
    files_unlock(d);
}
