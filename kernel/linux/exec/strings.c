// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/exec/strings.h"

void exec_strings_free(struct exec_strings *s) { byte_array_free(&s->bytes); }

struct cspan exec_strings_all(const struct exec_strings *s)
{
    return cspan_sub(span_const(byte_array_span(&s->bytes)), 0, s->len);
}

enum err exec_strings_room(struct exec_strings *s, size_t size, struct span *room)
{
    size_t now = byte_array_count(&s->bytes);
    if (s->len >= EXEC_STRINGS_MAX)
        return ERR_2BIG;
    size = min_u64(size, EXEC_STRINGS_MAX - s->len);
    if (s->len + size > now) {
        size_t grown = max_u64(2 * now, align_up(s->len + size, PAGE_SIZE));
        enum err err = byte_array_resize(&s->bytes, min_u64(grown, EXEC_STRINGS_MAX));
        if (err != ERR_OK)
            return err;
    }
    *room = span_sub(byte_array_span(&s->bytes), s->len, size);
    return ERR_OK;
}

void exec_strings_take(struct exec_strings *s, size_t len) { s->len += len; }

enum err exec_strings_add(struct exec_strings *s, struct cspan text)
{
    struct span room;
    size_t len = cspan_len(text);
    enum err err = exec_strings_room(s, len + 1, &room);
    if (err != ERR_OK)
        return err;
    if (span_len(room) < len + 1)
        return ERR_2BIG;
    span_copy(span_sub(room, 0, len), text);
    span_put_u8(room, len, 0);
    s->len += len + 1;
    return ERR_OK;
}

// Behind the first `count` strings.
static size_t end_of(struct cspan all, uint32_t count)
{
    size_t at = 0;
    for (uint32_t i = 0; i < count && at < cspan_len(all); i++)
        at += cspan_find(cspan_sub(all, at, cspan_len(all) - at), 0) + 1;
    return at;
}

enum err exec_strings_replace(struct exec_strings *s, uint32_t count, const struct exec_strings *by)
{
    struct exec_strings new = {};
    struct cspan old = exec_strings_all(s), first = exec_strings_all(by);
    size_t skip = end_of(old, count), rest = cspan_len(old) - skip;
    if (cspan_len(first) + rest > EXEC_STRINGS_MAX)
        return ERR_2BIG;
    enum err err = byte_array_resize(&new.bytes, max_u64(cspan_len(first) + rest, 1));
    if (err != ERR_OK)
        return err;
    struct span to = byte_array_span(&new.bytes);
    span_copy(to, first);
    span_copy(span_sub(to, cspan_len(first), rest), cspan_sub(old, skip, rest));
    err = byte_array_resize(&s->bytes, byte_array_count(&new.bytes));
    if (err == ERR_OK) {
        span_copy(byte_array_span(&s->bytes), span_const(to));
        s->len = cspan_len(first) + rest;
        s->argc = s->argc - count + by->argc;
    }
    byte_array_free(&new.bytes);
    return err;
}
