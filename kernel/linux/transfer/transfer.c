// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/transfer/transfer.h"
#include <linux/uio.h>

// struct iovec as a program has it: addresses of its own.
struct user_part {
    uint64_t base, len;
};
static_assert(sizeof(struct user_part) == sizeof(struct iovec));

struct transfer transfer_to(struct span to)
{
    return (struct transfer){.to = to, .left = span_len(to)};
}

struct transfer transfer_from(struct cspan from)
{
    return (struct transfer){.from = from, .left = cspan_len(from)};
}

static bool is_user_range(uint64_t at, uint64_t len)
{
    return at <= USER_END && len <= USER_END - at;
}

enum err transfer_over(struct mm *mm, uint64_t at, uint64_t len, struct transfer *out)
{
    if (!is_user_range(at, len))
        return ERR_FAULT;
    len = min_u64(len, TRANSFER_MAX);
    *out = (struct transfer){.mm = mm, .at = at, .part = len, .left = len};
    return ERR_OK;
}

enum err transfer_over_parts(struct mm *mm, uint64_t parts, uint64_t count, struct transfer *out)
{
    uint64_t total = 0;
    if (count > UIO_MAXIOV)
        return ERR_INVAL;
    for (uint64_t i = 0; i < count; i++) {
        struct user_part p;
        enum err err = mm_read(mm, (uaddr_t){parts + i * sizeof(p)}, SPAN_OF(p));
        if (err != ERR_OK)
            return err;
        if ((int64_t)p.len < 0)
            return ERR_INVAL;
        if (!is_user_range(p.base, p.len))
            return ERR_FAULT;
        total += min_u64(p.len, TRANSFER_MAX - total);
    }
    *out = (struct transfer){.mm = mm, .next_part = parts, .parts = count, .left = total};
    return ERR_OK;
}

// Goes to the next part that has something. The program may have changed it since it was checked:
// it is checked again by whatever is done to it.
static enum err find_part(struct transfer *t)
{
    while (t->part == 0) {
        struct user_part p;
        if (t->parts == 0)
            return ERR_FAULT;
        enum err err = mm_read(t->mm, (uaddr_t){t->next_part}, SPAN_OF(p));
        if (err != ERR_OK)
            return err;
        t->next_part += sizeof(p);
        t->parts--;
        t->at = p.base;
        t->part = min_u64(p.len, t->left);
    }
    return ERR_OK;
}

static void advance(struct transfer *t, uint64_t len)
{
    t->at += len;
    t->part -= len;
    t->left -= len;
    t->done += len;
}

// How much goes at once: within a part, and within a page, so that what can be reached is moved
// before what cannot.
static uint64_t piece_of(const struct transfer *t, uint64_t len)
{
    uint64_t in_page = PAGE_SIZE - (t->at & PAGE_MASK);
    return min_u64(min_u64(t->part, in_page), len);
}

enum err transfer_put(struct transfer *t, struct cspan bytes)
{
    size_t len = cspan_len(bytes);
    ASSERT(len <= t->left);
    if (t->mm == nullptr) {
        span_copy(span_sub(t->to, t->done, len), bytes);
        t->left -= len;
        t->done += len;
        return ERR_OK;
    }
    for (size_t at = 0; at < len;) {
        enum err err = find_part(t);
        if (err != ERR_OK)
            return err;
        uint64_t piece = piece_of(t, len - at);
        err = mm_write(t->mm, (uaddr_t){t->at}, cspan_sub(bytes, at, piece));
        if (err != ERR_OK)
            return err;
        advance(t, piece);
        at += piece;
    }
    return ERR_OK;
}

enum err transfer_put_zeroes(struct transfer *t, uint64_t count)
{
    static const uint8_t zeroes[PAGE_SIZE];
    enum err err = ERR_OK;
    while (err == ERR_OK && count > 0) {
        uint64_t piece = min_u64(count, sizeof(zeroes));
        err = transfer_put(t, cspan_sub(CSPAN_OF(zeroes), 0, piece));
        count -= piece;
    }
    return err;
}

static enum err take_piece(struct transfer *t, struct span bytes, size_t *len)
{
    enum err err = find_part(t);
    if (err != ERR_OK)
        return err;
    *len = piece_of(t, span_len(bytes));
    err = mm_read(t->mm, (uaddr_t){t->at}, span_sub(bytes, 0, *len));
    if (err == ERR_OK)
        advance(t, *len);
    return err;
}

enum err transfer_take(struct transfer *t, struct span bytes, size_t *len)
{
    size_t want = span_len(bytes), piece;
    ASSERT(want <= t->left);
    if (t->mm == nullptr) {
        *len = span_copy(bytes, cspan_sub(t->from, t->done, want));
        t->left -= want;
        t->done += want;
        return ERR_OK;
    }
    for (*len = 0; *len < want; *len += piece) {
        enum err err = take_piece(t, span_sub(bytes, *len, want - *len), &piece);
        if (err != ERR_OK)
            return *len > 0 ? ERR_OK : err;
    }
    return ERR_OK;
}
