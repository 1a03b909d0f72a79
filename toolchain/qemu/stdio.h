// SPDX-License-Identifier: Apache-2.0
// Three streams over one console, where standard input is no terminal: see
// kernel/linux/file/console.h. What a kernel that knows nothing of it writes is passed on as it is.
#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// Takes a stream of console bytes apart.
struct stdio_decoder {
    bool escaped; // the last byte was DLE
    bool error;   // what comes is standard error
};

// What the next byte is.
enum stdio_part {
    STDIO_NOTHING,   // a part of a pair
    STDIO_BYTE,      // to be written, to standard error if d->error
    STDIO_DLE_BYTE,  // the same, behind a DLE
    STDIO_ASKS,      // the program reads: standard input is to be carried from now on
};
enum stdio_part stdio_decode(struct stdio_decoder *d, unsigned char byte);

// Puts bytes of standard input into pairs. `to` has room for twice as many; returns how many.
size_t stdio_encode(const unsigned char *from, size_t len, unsigned char *to);

constexpr unsigned char STDIO_DLE = 0x10, STDIO_END = 'e';

// The ends of two pipes that QEMU is to have as its standard input and output.
struct stdio_pipes {
    int guest_in, guest_out;
};

// Starts to carry bytes between them and the launcher's own: input once it is asked for. False: errno
// says why.
bool stdio_start(struct stdio_pipes *pipes);

// Passes on what has been written, when nobody holds the other ends any more.
void stdio_finish(void);

#ifdef __cplusplus
}
#endif
