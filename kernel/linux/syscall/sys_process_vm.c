// SPDX-License-Identifier: Apache-2.0
// process_vm_readv(2), process_vm_writev(2). Everybody may, since everybody is root.
#include "kernel/linux/process/process.h"
#include "kernel/linux/syscall/range.h"
#include "kernel/linux/syscall/sys.h"
#include <linux/uio.h>

// struct iovec as a program has it.
struct vm_part {
    uint64_t base, len;
};
static_assert(sizeof(struct vm_part) == sizeof(struct iovec));

// An array of them in the caller's memory, and what is left of the one before `next`.
struct vm_parts {
    uint64_t at, count, next;
    struct vm_part now;
};

static enum err read_part(struct thread *t, const struct vm_parts *p, uint64_t i,
                          struct vm_part *out)
{
    return mm_read(t->mm, (uaddr_t){p->at + i * sizeof(*out)}, SPAN_OF(*out));
}

// Their length in all. `own`: they are to be where a program may have memory.
static enum err check_parts(struct thread *t, const struct vm_parts *p, bool own, uint64_t *total)
{
    *total = 0;
    if (p->count > UIO_MAXIOV)
        return ERR_INVAL;
    for (uint64_t i = 0; i < p->count; i++) {
        struct vm_part part;
        enum err err = read_part(t, p, i, &part);
        if (err != ERR_OK)
            return err;
        if ((int64_t)part.len < 0)
            return ERR_INVAL;
        if (own && !range_is_user(part.base, part.len))
            return ERR_FAULT;
        *total = min_u64(*total + part.len, TRANSFER_MAX);
    }
    return ERR_OK;
}

// Goes on to a part of which something is left. False: there is none, or an error.
static bool go_on(struct thread *t, struct vm_parts *p, enum err *err)
{
    while (*err == ERR_OK && p->now.len == 0 && p->next < p->count)
        *err = read_part(t, p, p->next++, &p->now);
    return *err == ERR_OK && p->now.len > 0;
}

static void advance(struct vm_part *p, uint64_t bytes)
{
    p->base += bytes;
    p->len -= bytes;
}

static uint64_t left_in_page(uint64_t at) { return PAGE_SIZE - (at & PAGE_MASK); }

// A piece, which no page's border crosses, so that all before an error is transferred.
static enum err move_piece(struct thread *t, struct mm *other, const struct vm_part *own,
                           const struct vm_part *remote, bool write, uint64_t *done)
{
    uint8_t buffer[1024];
    uint64_t most = min_u64(min_u64(own->len, remote->len), sizeof(buffer));
    *done = min_u64(most, min_u64(left_in_page(own->base), left_in_page(remote->base)));
    struct span piece = span_sub(SPAN_OF(buffer), 0, *done);
    uaddr_t here = {own->base}, there = {remote->base};
    enum err err = write ? mm_read(t->mm, here, piece) : mm_read_other(other, there, piece);
    if (err != ERR_OK)
        return err;
    return write ? mm_write_other(other, there, span_const(piece))
                 : mm_write(t->mm, here, span_const(piece));
}

static sysret_t move(struct thread *t, struct mm *other, struct vm_parts *own,
                     struct vm_parts *remote, bool write)
{
    enum err err = ERR_OK;
    uint64_t done = 0, piece;
    while (done < TRANSFER_MAX && go_on(t, own, &err) && go_on(t, remote, &err)) {
        err = move_piece(t, other, &own->now, &remote->now, write, &piece);
        if (err != ERR_OK)
            break;
        advance(&own->now, piece);
        advance(&remote->now, piece);
        done += piece;
    }
    return done > 0 || err == ERR_OK ? (sysret_t)done : err;
}

static struct mm *memory_of(uint64_t pid)
{
    struct thread *t = thread_find(pid);
    if (t == nullptr)
        return nullptr;
    struct mm *mm = thread_mm(t);
    thread_put(t);
    return mm;
}

static sysret_t process_vm(struct thread *t, const struct sys_args *a, bool write)
{
    struct vm_parts own = {.at = a->arg[1], .count = a->arg[2]};
    struct vm_parts remote = {.at = a->arg[3], .count = a->arg[4]};
    uint64_t total;
    if (a->arg[5] != 0)
        return ERR_INVAL;
    enum err err = check_parts(t, &own, true, &total);
    if (err != ERR_OK || total == 0)
        return err;
    err = check_parts(t, &remote, false, &total);
    if (err != ERR_OK || total == 0)
        return err;
    struct mm *other = memory_of((uint64_t)(int32_t)a->arg[0]);
    if (other == nullptr)
        return ERR_SRCH;
    sysret_t done = move(t, other, &own, &remote, write);
    mm_put(other);
    return done;
}

sysret_t sys_process_vm_readv(struct thread *t, const struct sys_args *a)
{
    return process_vm(t, a, false);
}

sysret_t sys_process_vm_writev(struct thread *t, const struct sys_args *a)
{
    return process_vm(t, a, true);
}
