// SPDX-License-Identifier: Apache-2.0
// Devices that are no devices: null(4), full(4), random(4), and the console.
#include "kernel/linux/file/console.h"
#include "kernel/linux/file/file.h"
#include <linux/kdev_t.h>

static enum err read_nothing(struct file *, uint64_t, struct transfer *, bool (*)(void))
{
    return ERR_OK;
}

static enum err read_zeroes(struct file *, uint64_t, struct transfer *to, bool (*)(void))
{
    return transfer_put_zeroes(to, to->left);
}

static enum err read_random(struct file *, uint64_t, struct transfer *to, bool (*cancelled)(void))
{
    uint8_t bytes[256];
    enum err err = ERR_OK;
    while (err == ERR_OK && to->left > 0 &&
           (to->done == 0 || cancelled == nullptr || !cancelled())) {
        struct span piece = span_sub(SPAN_OF(bytes), 0, min_u64(sizeof(bytes), to->left));
        entropy_fill(piece);
        err = transfer_put(to, span_const(piece));
    }
    return err;
}

static enum err write_away(struct file *, uint64_t *, struct transfer *from, bool (*)(void))
{
    from->done += from->left;
    from->left = 0;
    return ERR_OK;
}

static enum err write_full(struct file *, uint64_t *, struct transfer *, bool (*)(void))
{
    return ERR_NOSPC;
}

const struct file_ops *device_ops(uint32_t rdev)
{
    static const struct file_ops null = {read_nothing, write_away, nullptr, true},
                                 zero = {read_zeroes, write_away, nullptr, true},
                                 full = {read_zeroes, write_full, nullptr, true},
                                 random = {read_random, write_away, nullptr, true};
    switch (rdev) {
    case MKDEV(1, 3):
        return &null;
    case MKDEV(1, 5):
        return &zero;
    case MKDEV(1, 7):
        return &full;
    case MKDEV(1, 8):
    case MKDEV(1, 9):
        return &random;
    case MKDEV(5, 1):
        return console_ops();
    }
    return nullptr;
}
