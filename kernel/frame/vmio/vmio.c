// SPDX-License-Identifier: Apache-2.0
#include "kernel/frame/vmio/vmio.h"
#include "kernel/frame/cpu/cpu.h"

struct vm_reader vm_reader_from(struct cspan from)
{
    return (struct vm_reader){.at = from.bytes, .left = from.len};
}

struct vm_writer vm_writer_to(struct span to)
{
    return (struct vm_writer){.at = to.bytes, .left = to.len};
}

// Neither addition nor comparison may wrap: `len` is a user program's.
static bool in_user_space(uaddr_t at, size_t len)
{
    return at.raw <= USER_END && len <= USER_END - at.raw;
}

enum err vm_space_reader(struct vm_space *space, uaddr_t at, size_t len, struct vm_reader *r)
{
    ASSERT(cpu_read(active) == space);
    *r = (struct vm_reader){};
    if (!in_user_space(at, len))
        return ERR_FAULT;
    *r = (struct vm_reader){.at = (const uint8_t *)at.raw, .left = len, .user = true};
    return ERR_OK;
}

enum err vm_space_writer(struct vm_space *space, uaddr_t at, size_t len, struct vm_writer *w)
{
    ASSERT(cpu_read(active) == space);
    *w = (struct vm_writer){};
    if (!in_user_space(at, len))
        return ERR_FAULT;
    *w = (struct vm_writer){.at = (uint8_t *)at.raw, .left = len, .user = true};
    return ERR_OK;
}

enum err vm_copy(struct vm_writer *to, struct vm_reader *from, size_t *done)
{
    size_t want = to->left < from->left ? to->left : from->left;
    bool user = to->user || from->user;
    if (user)
        user_access_begin();
    *done = want - copy_fallible(to->at, from->at, want);
    if (user)
        user_access_end();
    else
        ASSERT(*done == want);
    to->at += *done;
    to->left -= *done;
    from->at += *done;
    from->left -= *done;
    return *done == want ? ERR_OK : ERR_FAULT;
}

static enum err word_at(struct vm_space *space, uaddr_t at)
{
    ASSERT(cpu_read(active) == space && at.raw % sizeof(uint32_t) == 0);
    return in_user_space(at, sizeof(uint32_t)) ? ERR_OK : ERR_FAULT;
}

enum err vm_user_load_u32(struct vm_space *space, uaddr_t at, uint32_t *value)
{
    enum err err = word_at(space, at);
    if (err != ERR_OK)
        return err;
    user_access_begin();
    bool done = load_u32_fallible((const uint32_t *)at.raw, value);
    user_access_end();
    return done ? ERR_OK : ERR_FAULT;
}

enum err vm_user_compare_swap_u32(struct vm_space *space, uaddr_t at, uint32_t *expected,
                                  uint32_t value)
{
    enum err err = word_at(space, at);
    if (err != ERR_OK)
        return err;
    user_access_begin();
    bool done = compare_swap_u32_fallible((uint32_t *)at.raw, expected, value);
    user_access_end();
    return done ? ERR_OK : ERR_FAULT;
}
