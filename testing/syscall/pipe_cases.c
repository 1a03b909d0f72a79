// SPDX-License-Identifier: Apache-2.0
// Pipes and FIFOs: pipe(7), fifo(7); devices that are none.
#include "testing/syscall/files.h"
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

static int ends[2];
static char block[4096];

static void open_pipe(void) { CHECK_EQ(call(SYS_pipe, ends), 0); }

static void close_pipe(void)
{
    CHECK_EQ(call(SYS_close, ends[0]), 0);
    CHECK_EQ(call(SYS_close, ends[1]), 0);
}

CASE(pipe, "what is written is read, in order, and then the end")
{
    char text[8] = {};
    int count;
    open_pipe();
    CHECK_EQ(call(SYS_write, ends[1], "abc", 3), 3);
    CHECK_EQ(call(SYS_write, ends[1], "de", 2), 2);
    CHECK_EQ(call(SYS_ioctl, ends[0], FIONREAD, &count), 0);
    CHECK_EQ(count, 5);
    CHECK_EQ(call(SYS_read, ends[0], text, 2), 2);
    CHECK_EQ(call(SYS_read, ends[0], text + 2, 6), 3);
    CHECK(strcmp(text, "abcde") == 0);
    CHECK_EQ(call(SYS_write, ends[0], "x", 1), -EBADF);
    CHECK_EQ(call(SYS_read, ends[1], text, 1), -EBADF);
    CHECK_EQ(call(SYS_close, ends[1]), 0);
    CHECK_EQ(call(SYS_read, ends[0], text, 1), 0);
    CHECK_EQ(call(SYS_close, ends[0]), 0);
    CHECK_EQ(call(SYS_pipe, nowhere), -EFAULT);
}

static void write_much(void)
{
    CHECK_EQ(call(SYS_close, ends[0]), 0);
    for (int i = 0; i < 64; i++) {
        memset(block, 'a' + i % 26, sizeof(block));
        CHECK_EQ(call(SYS_write, ends[1], block, sizeof(block)), sizeof(block));
    }
}

CASE(pipe, "a writer waits for room, a reader for bytes")
{
    open_pipe();
    long child = call(SYS_fork), len, total = 0;
    if (child == 0) {
        write_much();
        syscall(SYS_exit_group, 0);
    }
    CHECK_EQ(call(SYS_close, ends[1]), 0);
    while ((len = call(SYS_read, ends[0], block, 1000)) > 0) {
        for (long i = 0; i < len; i += 99)
            CHECK_EQ(block[i], 'a' + (total + i) / 4096 % 26);
        total += len;
    }
    CHECK_EQ(total, 64 * 4096);
    CHECK_EQ(call(SYS_wait4, child, nullptr, 0, nullptr), child);
    CHECK_EQ(call(SYS_close, ends[0]), 0);
}

static void break_pipe(void)
{
    open_pipe();
    CHECK_EQ(call(SYS_close, ends[0]), 0);
    signal(SIGPIPE, SIG_IGN);
    CHECK_EQ(call(SYS_write, ends[1], "x", 1), -EPIPE);
    signal(SIGPIPE, SIG_DFL);
    call(SYS_write, ends[1], "x", 1);
    CHECK(false);
}

CASE(pipe, "without a reader: EPIPE, and SIGPIPE")
{
    CHECK_EQ(in_child(break_pipe) & 0x7f, SIGPIPE);
}

CASE(pipe2, "O_NONBLOCK and O_CLOEXEC")
{
    long total = 0, len;
    CHECK_EQ(call(SYS_pipe2, ends, O_NONBLOCK | O_CLOEXEC), 0);
    CHECK_EQ(call(SYS_fcntl, ends[0], F_GETFD), FD_CLOEXEC);
    CHECK_EQ(call(SYS_read, ends[0], block, 1), -EAGAIN);
    while ((len = call(SYS_write, ends[1], block, sizeof(block))) > 0)
        total += len;
    CHECK_EQ(len, -EAGAIN);
    CHECK_EQ(total, call(SYS_fcntl, ends[1], F_GETPIPE_SZ));
    // What is to stay together does not come in part.
    CHECK_EQ(call(SYS_read, ends[0], block, 100), 100);
    CHECK_EQ(call(SYS_write, ends[1], block, 4096), -EAGAIN);
    close_pipe();
    CHECK_EQ(call(SYS_pipe2, ends, O_APPEND), -EINVAL);
}

static void interrupt(int) {}

CASE(read, "a signal ends the wait")
{
    struct sigaction a = {.sa_handler = interrupt};
    CHECK_EQ(sigaction(SIGALRM, &a, nullptr), 0);
    open_pipe();
    alarm(1);
    CHECK_EQ(call(SYS_read, ends[0], block, 1), -EINTR);
    close_pipe();
}

static void write_to_fifo(void)
{
    long fd = call(SYS_open, in_dir("fifo"), O_WRONLY);
    CHECK_EQ(call(SYS_write, fd, "through", 7), 7);
}

CASE(open, "a FIFO waits for the other side")
{
    char text[16];
    CHECK_EQ(call(SYS_mknod, in_dir("fifo"), S_IFIFO | 0600, 0), 0);
    CHECK_EQ(call(SYS_open, in_dir("fifo"), O_WRONLY | O_NONBLOCK), -ENXIO);
    long child = call(SYS_fork);
    if (child == 0) {
        write_to_fifo();
        syscall(SYS_exit_group, 0);
    }
    long fd = call(SYS_open, in_dir("fifo"), O_RDONLY);
    CHECK_EQ(call(SYS_read, fd, text, sizeof(text)), 7);
    CHECK_EQ(call(SYS_read, fd, text, sizeof(text)), 0);
    CHECK_EQ(call(SYS_wait4, child, nullptr, 0, nullptr), child);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(read, "null, zero, full and random")
{
    long fd = call(SYS_open, "/dev/null", O_RDWR);
    CHECK_EQ(call(SYS_read, fd, block, 10), 0);
    CHECK_EQ(call(SYS_write, fd, block, 10), 10);
    CHECK_EQ(call(SYS_close, fd), 0);
    memset(block, 1, sizeof(block));
    fd = call(SYS_open, "/dev/zero", O_RDONLY);
    CHECK_EQ(call(SYS_read, fd, block, 4096), 4096);
    CHECK(block[0] == 0 && block[4095] == 0);
    CHECK_EQ(call(SYS_close, fd), 0);
    fd = call(SYS_open, "/dev/full", O_RDWR);
    if (fd >= 0) {
        CHECK_EQ(call(SYS_write, fd, block, 1), -ENOSPC);
        CHECK_EQ(call(SYS_close, fd), 0);
    }
    fd = call(SYS_open, "/dev/urandom", O_RDONLY);
    unsigned long a = 0, b = 0;
    CHECK_EQ(call(SYS_read, fd, &a, 8), 8);
    CHECK_EQ(call(SYS_read, fd, &b, 8), 8);
    CHECK(a != b);
    CHECK_EQ(call(SYS_close, fd), 0);
}
