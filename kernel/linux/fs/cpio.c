// SPDX-License-Identifier: Apache-2.0
#include "kernel/linux/fs/cpio.h"

constexpr size_t MAGIC_SIZE = 6, FIELD_SIZE = 8, FIELDS = 13;
constexpr size_t HEADER_SIZE = MAGIC_SIZE + FIELD_SIZE * FIELDS;

// Where the fields are, in their order.
enum field : size_t {
    INO,
    MODE,
    UID,
    GID,
    LINKS,
    MTIME,
    SIZE,
    DEV_MAJOR,
    DEV_MINOR,
    RDEV_MAJOR,
    RDEV_MINOR,
    NAME_SIZE,
};

bool cpio_begins(struct cspan archive)
{
    // With a checksum or without: it is of no use here.
    return cspan_starts_with(archive, SPAN_TEXT("070701")) ||
           cspan_starts_with(archive, SPAN_TEXT("070702"));
}

static bool take_digit(uint8_t c, uint32_t *value)
{
    uint32_t digit = c >= '0' && c <= '9'   ? c - (uint32_t)'0'
                     : c >= 'a' && c <= 'f' ? c - (uint32_t)'a' + 10
                     : c >= 'A' && c <= 'F' ? c - (uint32_t)'A' + 10
                                            : 16;
    *value = *value << 4 | (digit & 15);
    return digit < 16;
}

static bool take_field(struct cspan header, enum field f, uint32_t *value)
{
    *value = 0;
    for (size_t i = 0; i < FIELD_SIZE; i++) {
        if (!take_digit(cspan_u8(header, MAGIC_SIZE + f * FIELD_SIZE + i), value))
            return false;
    }
    return true;
}

// Between members there may be zeroes.
static size_t skip_zeroes(struct cspan archive, size_t at)
{
    while (at < cspan_len(archive) && cspan_u8(archive, at) == 0)
        at++;
    return at;
}

static bool take_fields(struct cspan header, struct cpio_member *m, uint32_t *size,
                        uint32_t *name_size)
{
    return take_field(header, INO, &m->ino) && take_field(header, MODE, &m->mode) &&
           take_field(header, UID, &m->uid) && take_field(header, GID, &m->gid) &&
           take_field(header, LINKS, &m->links) && take_field(header, MTIME, &m->mtime) &&
           take_field(header, SIZE, size) && take_field(header, DEV_MAJOR, &m->dev_major) &&
           take_field(header, DEV_MINOR, &m->dev_minor) &&
           take_field(header, RDEV_MAJOR, &m->rdev_major) &&
           take_field(header, RDEV_MINOR, &m->rdev_minor) &&
           take_field(header, NAME_SIZE, name_size);
}

static enum err take_member(struct cspan archive, size_t *at, struct cpio_member *m)
{
    uint32_t size, name_size;
    size_t left = cspan_len(archive) - *at;
    struct cspan rest = cspan_sub(archive, *at, left);
    if (left < HEADER_SIZE || !cpio_begins(rest) || !take_fields(rest, m, &size, &name_size))
        return ERR_INVAL;
    if (name_size < 2 || name_size > left - HEADER_SIZE)
        return ERR_INVAL;
    m->name = cspan_sub(rest, HEADER_SIZE, name_size - 1);
    if (cspan_u8(rest, HEADER_SIZE + name_size - 1) != 0 ||
        cspan_find(m->name, 0) != cspan_len(m->name))
        return ERR_INVAL;
    // What follows is aligned to four bytes, counted from the archive's start.
    size_t data_at = align_up(*at + HEADER_SIZE + name_size, 4);
    if (data_at > cspan_len(archive) || size > cspan_len(archive) - data_at)
        return ERR_INVAL;
    m->data = cspan_sub(archive, data_at, size);
    *at = min_u64(align_up(data_at + size, 4), cspan_len(archive));
    return ERR_OK;
}

enum err cpio_next(struct cspan archive, size_t *at, struct cpio_member *out)
{
    for (;;) {
        *at = skip_zeroes(archive, *at);
        if (*at == cspan_len(archive))
            return ERR_NOENT;
        enum err err = take_member(archive, at, out);
        if (err != ERR_OK || !cspan_equal(out->name, SPAN_TEXT("TRAILER!!!")))
            return err;
    }
}
