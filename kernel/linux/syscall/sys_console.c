// SPDX-License-Identifier: Apache-2.0
// write(2) and writev(2) to the console: there are no files yet.
#include "kernel/linux/syscall/sys.h"
#include <asm/fcntl.h>
#include <linux/uio.h>

static bool is_console(uint64_t fd) { return (uint32_t)fd == 1 || (uint32_t)fd == 2; }

// What a call transfers at most (read(2), "Notes").
constexpr uint64_t TRANSFER_MAX = 0x7ffff000;

// All of a range must be where a program may have memory, or nothing is transferred.
static bool is_user_range(uint64_t at, uint64_t len)
{
    return at <= USER_END && len <= USER_END - at;
}

static sysret_t write_bytes(struct thread *t, uint64_t from, uint64_t len)
{
    uint64_t done = 0;
    if (!is_user_range(from, len))
        return ERR_FAULT;
    len = min_u64(len, TRANSFER_MAX);
    while (done < len) {
        uint8_t buffer[512];
        // A piece ends where a page does, so that what can be read is written before what cannot.
        uint64_t in_page = PAGE_SIZE - ((from + done) & PAGE_MASK);
        uint64_t piece = min_u64(min_u64(sizeof(buffer), in_page), len - done);
        struct span to = span_sub(SPAN_OF(buffer), 0, piece);
        enum err err = mm_read(t->mm, (uaddr_t){from + done}, to);
        if (err != ERR_OK)
            return done > 0 ? (sysret_t)done : err;
        console_write(span_const(to));
        done += piece;
    }
    return (sysret_t)done;
}

sysret_t sys_write(struct thread *t, const struct sys_args *a)
{
    if (!is_console(a->arg[0]))
        return ERR_BADF;
    return write_bytes(t, a->arg[1], a->arg[2]);
}

sysret_t sys_fcntl(struct thread *, const struct sys_args *a)
{
    if (!is_console(a->arg[0]))
        return ERR_BADF;
    switch ((uint32_t)a->arg[1]) {
    case F_GETFD:
        return 0;
    case F_GETFL:
        return O_WRONLY;
    }
    return ERR_INVAL;
}

// struct iovec as a program has it: addresses of its own.
struct user_iovec {
    uint64_t base, len;
};
static_assert(sizeof(struct user_iovec) == sizeof(struct iovec));

// Nothing is written if one of the parts is no range of memory, or has a negative length.
static enum err check_parts(struct thread *t, uint64_t at, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct user_iovec v;
        enum err err = mm_read(t->mm, (uaddr_t){at + i * sizeof(v)}, SPAN_OF(v));
        if (err != ERR_OK)
            return err;
        if ((int64_t)v.len < 0)
            return ERR_INVAL;
        if (!is_user_range(v.base, v.len))
            return ERR_FAULT;
    }
    return ERR_OK;
}

sysret_t sys_writev(struct thread *t, const struct sys_args *a)
{
    uint64_t count = a->arg[2], done = 0;
    if (!is_console(a->arg[0]))
        return ERR_BADF;
    if (count > UIO_MAXIOV)
        return ERR_INVAL;
    enum err err = check_parts(t, a->arg[1], count);
    if (err != ERR_OK)
        return err;
    for (uint64_t i = 0; i < count; i++) {
        struct user_iovec v;
        err = mm_read(t->mm, (uaddr_t){a->arg[1] + i * sizeof(v)}, SPAN_OF(v));
        sysret_t part = err == ERR_OK ? write_bytes(t, v.base, v.len) : err;
        if (part < 0)
            return done > 0 ? (sysret_t)done : part;
        done += (uint64_t)part;
        if ((uint64_t)part < v.len)
            break;
    }
    return (sysret_t)done;
}
