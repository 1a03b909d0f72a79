// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "toolchain/qemu/stdio.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

enum stdio_part stdio_decode(struct stdio_decoder *d, unsigned char byte)
{
    bool escaped = d->escaped;
    d->escaped = !escaped && byte == STDIO_DLE;
    if (!escaped)
        return d->escaped ? STDIO_NOTHING : STDIO_BYTE;
    switch (byte) {
    case STDIO_DLE:
        return STDIO_BYTE;
    case '1':
    case '2':
        d->error = byte == '2';
        return STDIO_NOTHING;
    case 'r':
        return STDIO_ASKS;
    }
    return STDIO_DLE_BYTE;
}

size_t stdio_encode(const unsigned char *from, size_t len, unsigned char *to)
{
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        if (from[i] == STDIO_DLE)
            to[out++] = STDIO_DLE;
        to[out++] = from[i];
    }
    return out;
}

// ---- carrying ----------------------------------------------------------------------------

static int to_guest, from_guest;
static pthread_t output;

static ssize_t read_some(int fd, unsigned char *bytes, size_t size)
{
    ssize_t len;
    do {
        len = read(fd, bytes, size);
    } while (len < 0 && errno == EINTR);
    return len;
}

static bool write_all(int fd, const unsigned char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, bytes, len);
        if (done < 0 && errno != EINTR)
            return false;
        if (done > 0) {
            bytes += done;
            len -= (size_t)done;
        }
    }
    return true;
}

static void end_input(void)
{
    static const unsigned char end[] = {STDIO_DLE, STDIO_END};
    write_all(to_guest, end, sizeof(end));
}

static void *carry_input(void *)
{
    unsigned char bytes[4096], encoded[2 * sizeof(bytes)];
    ssize_t len;
    while ((len = read_some(STDIN_FILENO, bytes, sizeof(bytes))) > 0) {
        if (!write_all(to_guest, encoded, stdio_encode(bytes, (size_t)len, encoded)))
            return nullptr;
    }
    end_input();
    return nullptr;
}

// Bytes that go to one stream together.
struct run {
    unsigned char bytes[8192];
    size_t len;
    int fd;
};

static void flush_run(struct run *r)
{
    // Where nobody reads any more the rest is lost, as on a pipe.
    write_all(r->fd, r->bytes, r->len);
    r->len = 0;
}

static void add(struct run *r, const struct stdio_decoder *d, unsigned char byte)
{
    int fd = d->error ? STDERR_FILENO : STDOUT_FILENO;
    if (fd != r->fd || r->len == sizeof(r->bytes))
        flush_run(r);
    r->fd = fd;
    r->bytes[r->len++] = byte;
}

static bool start_thread(pthread_t *thread, void *(*body)(void *))
{
    errno = pthread_create(thread, nullptr, body, nullptr);
    return errno == 0;
}

// Without a thread there is no input: its end is all that the program can be told.
static void start_input(void)
{
    static bool started;
    pthread_t input;
    if (started)
        return;
    started = true;
    if (start_thread(&input, carry_input))
        pthread_detach(input);
    else
        end_input();
}

static void take(struct run *run, struct stdio_decoder *d, unsigned char byte)
{
    switch (stdio_decode(d, byte)) {
    case STDIO_NOTHING:
        break;
    case STDIO_ASKS:
        start_input();
        break;
    case STDIO_DLE_BYTE:
        add(run, d, STDIO_DLE);
        add(run, d, byte);
        break;
    case STDIO_BYTE:
        add(run, d, byte);
    }
}

static void *carry_output(void *)
{
    struct stdio_decoder decoder = {};
    struct run run = {.fd = STDOUT_FILENO};
    unsigned char bytes[4096];
    ssize_t len;
    while ((len = read_some(from_guest, bytes, sizeof(bytes))) > 0) {
        for (ssize_t i = 0; i < len; i++)
            take(&run, &decoder, bytes[i]);
        flush_run(&run);
    }
    return nullptr;
}

bool stdio_start(struct stdio_pipes *pipes)
{
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
        return false;
    *pipes = (struct stdio_pipes){.guest_in = in[0], .guest_out = out[1]};
    to_guest = in[1];
    from_guest = out[0];
    return start_thread(&output, carry_output);
}

void stdio_finish(void) { pthread_join(output, nullptr); }
