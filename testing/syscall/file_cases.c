// SPDX-License-Identifier: Apache-2.0
// open(2), read(2), write(2), lseek(2) and their kin; dup(2), fcntl(2), close(2).
#include "testing/syscall/files.h"
#include <linux/close_range.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>

static char buffer[64];

CASE(open, "O_CREAT makes a file, O_EXCL only a new one, O_TRUNC empties it")
{
    const char *path = in_dir("made");
    long fd = call(SYS_open, path, O_CREAT | O_EXCL | O_RDWR, 0640);
    CHECK(fd >= 3);
    CHECK_EQ(call(SYS_write, fd, "hello", 5), 5);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_open, path, O_CREAT | O_EXCL | O_RDWR, 0640), -EEXIST);
    CHECK_EQ(size_of(path), 5);
    fd = call(SYS_open, path, O_TRUNC | O_WRONLY);
    CHECK_EQ(size_of(path), 0);
    CHECK_EQ(call(SYS_read, fd, buffer, 1), -EBADF);
    CHECK_EQ(call(SYS_close, fd), 0);
    fd = call(SYS_open, path, O_RDONLY);
    CHECK_EQ(call(SYS_write, fd, "x", 1), -EBADF);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(open, "errors")
{
    const char *file = make_file("plain", "x");
    CHECK_EQ(call(SYS_open, in_dir("missing"), O_RDONLY), -ENOENT);
    CHECK_EQ(call(SYS_open, "", O_RDONLY), -ENOENT);
    CHECK_EQ(call(SYS_open, in_dir("plain/x"), O_RDONLY), -ENOTDIR);
    CHECK_EQ(call(SYS_open, in_dir("plain/"), O_RDONLY), -ENOTDIR);
    CHECK_EQ(call(SYS_open, in_dir("no/x"), O_CREAT | O_RDWR, 0600), -ENOENT);
    CHECK_EQ(call(SYS_open, own_dir(), O_WRONLY), -EISDIR);
    CHECK_EQ(call(SYS_open, in_dir("new/"), O_CREAT | O_RDWR, 0600), -EISDIR);
    CHECK_EQ(call(SYS_open, file, O_RDONLY | O_DIRECTORY), -ENOTDIR);
    CHECK_EQ(call(SYS_open, nowhere, O_RDONLY), -EFAULT);
    static char longest[5000];
    memset(longest, 'a', sizeof(longest) - 1);
    CHECK_EQ(call(SYS_open, longest, O_RDONLY), -ENAMETOOLONG);
    longest[300] = 0;
    CHECK_EQ(call(SYS_open, longest, O_RDONLY), -ENAMETOOLONG);
}

CASE(open, "symbolic links are followed, but not for ever, and not with O_NOFOLLOW")
{
    make_file("target", "t");
    CHECK_EQ(call(SYS_symlink, "target", in_dir("link")), 0);
    CHECK_EQ(call(SYS_symlink, "loop", in_dir("loop")), 0);
    long fd = call(SYS_open, in_dir("link"), O_RDONLY);
    CHECK_EQ(call(SYS_read, fd, buffer, 8), 1);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_open, in_dir("link"), O_RDONLY | O_NOFOLLOW), -ELOOP);
    CHECK_EQ(call(SYS_open, in_dir("loop"), O_RDONLY), -ELOOP);
    CHECK_EQ(call(SYS_open, in_dir("link"), O_CREAT | O_EXCL | O_RDWR, 0600), -EEXIST);
    // A link that leads to nothing has its target made.
    CHECK_EQ(call(SYS_symlink, "later", in_dir("dangling")), 0);
    fd = call(SYS_open, in_dir("dangling"), O_CREAT | O_RDWR, 0600);
    CHECK(fd >= 0);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(size_of(in_dir("later")), 0);
}

CASE(open, "O_PATH is a name only")
{
    make_file("named", "n");
    long fd = call(SYS_open, in_dir("named"), O_PATH);
    CHECK(fd >= 0);
    CHECK_EQ(call(SYS_read, fd, buffer, 1), -EBADF);
    CHECK_EQ(call(SYS_write, fd, "x", 1), -EBADF);
    CHECK_EQ(call(SYS_lseek, fd, 0, SEEK_SET), -EBADF);
    struct stat s;
    CHECK_EQ(call(SYS_fstat, fd, &s), 0);
    CHECK_EQ(s.st_size, 1);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(openat, "begins at a directory")
{
    make_file("at", "abc");
    long dir = call(SYS_open, own_dir(), O_RDONLY | O_DIRECTORY);
    long fd = call(SYS_openat, dir, "at", O_RDONLY);
    CHECK_EQ(call(SYS_read, fd, buffer, sizeof(buffer)), 3);
    CHECK_EQ(call(SYS_openat, fd, "at", O_RDONLY), -ENOTDIR);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_openat, 99, "at", O_RDONLY), -EBADF);
    fd = call(SYS_openat, 99, in_dir("at"), O_RDONLY);
    CHECK(fd >= 0);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_close, dir), 0);
}

CASE(creat, "is open with O_CREAT, O_TRUNC and O_WRONLY")
{
    long fd = call(SYS_creat, make_file("creat", "old"), 0600);
    CHECK_EQ(size_of(in_dir("creat")), 0);
    CHECK_EQ(call(SYS_read, fd, buffer, 1), -EBADF);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(read, "goes on where it was, up to the end")
{
    long fd = call(SYS_open, make_file("read", "abcdef"), O_RDONLY);
    CHECK_EQ(call(SYS_read, fd, buffer, 4), 4);
    CHECK(memcmp(buffer, "abcd", 4) == 0);
    CHECK_EQ(call(SYS_read, fd, buffer, 4), 2);
    CHECK_EQ(call(SYS_read, fd, buffer, 4), 0);
    CHECK_EQ(call(SYS_read, fd, nowhere, 0), 0);
    CHECK_EQ(call(SYS_lseek, fd, 0, SEEK_SET), 0);
    CHECK_EQ(call(SYS_read, fd, nowhere, 4), -EFAULT);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_read, fd, buffer, 1), -EBADF);
    long dir = call(SYS_open, own_dir(), O_RDONLY);
    CHECK_EQ(call(SYS_read, dir, buffer, 1), -EISDIR);
    CHECK_EQ(call(SYS_close, dir), 0);
}

CASE(read, "what can be reached is read before what cannot")
{
    char *two = mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK_EQ(munmap(two + 4096, 4096), 0);
    long fd = call(SYS_open, make_file("part", "0123456789"), O_RDWR);
    CHECK_EQ(call(SYS_read, fd, two + 4092, 10), 4);
    CHECK(memcmp(two + 4092, "0123", 4) == 0);
    CHECK_EQ(call(SYS_pwrite64, fd, two + 4093, 10, 0), 3);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(munmap(two, 4096), 0);
}

CASE(write, "behind the end there are zeroes; O_APPEND always writes at the end")
{
    const char *path = make_file("write", "ab");
    long fd = call(SYS_open, path, O_RDWR);
    CHECK_EQ(call(SYS_lseek, fd, 5000, SEEK_SET), 5000);
    CHECK_EQ(call(SYS_write, fd, "z", 1), 1);
    CHECK_EQ(size_of(path), 5001);
    CHECK_EQ(call(SYS_pread64, fd, buffer, 4, 1), 4);
    CHECK(memcmp(buffer, "b\0\0\0", 4) == 0);
    long end = call(SYS_open, path, O_WRONLY | O_APPEND);
    CHECK_EQ(call(SYS_write, end, "tail", 4), 4);
    CHECK_EQ(call(SYS_lseek, end, 0, SEEK_CUR), 5005);
    CHECK_EQ(call(SYS_pread64, fd, buffer, 8, 5000), 5);
    CHECK(memcmp(buffer, "ztail", 5) == 0);
    CHECK_EQ(call(SYS_close, end), 0);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(lseek, "from the start, from here, from the end")
{
    long fd = call(SYS_open, make_file("seek", "0123456789"), O_RDONLY);
    CHECK_EQ(call(SYS_lseek, fd, 3, SEEK_SET), 3);
    CHECK_EQ(call(SYS_lseek, fd, 2, SEEK_CUR), 5);
    CHECK_EQ(call(SYS_lseek, fd, -1l, SEEK_END), 9);
    CHECK_EQ(call(SYS_lseek, fd, -20l, SEEK_CUR), -EINVAL);
    CHECK_EQ(call(SYS_lseek, fd, 0, 77), -EINVAL);
    CHECK_EQ(call(SYS_lseek, fd, 4, SEEK_DATA), 4);
    CHECK_EQ(call(SYS_lseek, fd, 4, SEEK_HOLE), 10);
    CHECK_EQ(call(SYS_lseek, fd, 10, SEEK_DATA), -ENXIO);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_lseek, fd, 0, SEEK_SET), -EBADF);
    int ends[2];
    CHECK_EQ(call(SYS_pipe, ends), 0);
    CHECK_EQ(call(SYS_lseek, ends[0], 0, SEEK_CUR), -ESPIPE);
    CHECK_EQ(call(SYS_pread64, ends[0], buffer, 1, 0), -ESPIPE);
    CHECK_EQ(call(SYS_close, ends[0]), 0);
    CHECK_EQ(call(SYS_close, ends[1]), 0);
}

CASE(pread64, "and pwrite64 leave the position as it is")
{
    long fd = call(SYS_open, make_file("at place", "abcdef"), O_RDWR);
    CHECK_EQ(call(SYS_pwrite64, fd, "XY", 2, 2), 2);
    CHECK_EQ(call(SYS_pread64, fd, buffer, 3, 1), 3);
    CHECK(memcmp(buffer, "bXY", 3) == 0);
    CHECK_EQ(call(SYS_lseek, fd, 0, SEEK_CUR), 0);
    CHECK_EQ(call(SYS_pread64, fd, buffer, 3, -1l), -EINVAL);
    CHECK_EQ(call(SYS_pread64, fd, buffer, 3, 100), 0);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(pwrite64, "errors")
{
    long fd = call(SYS_open, make_file("pw", "abc"), O_RDONLY);
    CHECK_EQ(call(SYS_pwrite64, fd, "X", 1, 0), -EBADF);
    CHECK_EQ(call(SYS_pwrite64, fd, "X", 1, -1l), -EINVAL);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(readv, "fills the parts in order")
{
    char a[2], b[8];
    struct iovec parts[] = {{a, 2}, {nullptr, 0}, {b, 8}};
    long fd = call(SYS_open, make_file("v", "abcdef"), O_RDONLY);
    CHECK_EQ(call(SYS_readv, fd, parts, 3), 6);
    CHECK(memcmp(a, "ab", 2) == 0 && memcmp(b, "cdef", 4) == 0);
    CHECK_EQ(call(SYS_readv, fd, parts, 1025), -EINVAL);
    CHECK_EQ(call(SYS_readv, 99, parts, 1), -EBADF);
    CHECK_EQ(call(SYS_readv, fd, nowhere, 1), -EFAULT);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(preadv, "and pwritev do so at a place")
{
    char a[2], b[2];
    struct iovec in[] = {{a, 2}, {b, 2}};
    long fd = call(SYS_open, make_file("pv", "0123456789"), O_RDWR);
    CHECK_EQ(call(SYS_preadv, fd, in, 2, 3, 0), 4);
    CHECK(memcmp(a, "34", 2) == 0 && memcmp(b, "56", 2) == 0);
    CHECK_EQ(call(SYS_preadv, fd, in, 2, -1l, -1l), -EINVAL);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(pwritev, "writes the parts at a place")
{
    struct iovec out[] = {{(char[]){'x', 'y'}, 2}, {(char[]){'z'}, 1}};
    long fd = call(SYS_open, make_file("pwv", "0123456789"), O_RDWR);
    CHECK_EQ(call(SYS_pwritev, fd, out, 2, 4, 0), 3);
    CHECK_EQ(call(SYS_pread64, fd, buffer, 10, 0), 10);
    CHECK(memcmp(buffer, "0123xyz789", 10) == 0);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(ftruncate, "cuts, and adds zeroes")
{
    const char *path = make_file("cut", "abcdef");
    long fd = call(SYS_open, path, O_RDWR);
    CHECK_EQ(call(SYS_ftruncate, fd, 3), 0);
    CHECK_EQ(size_of(path), 3);
    CHECK_EQ(call(SYS_ftruncate, fd, 6), 0);
    CHECK_EQ(call(SYS_pread64, fd, buffer, 10, 0), 6);
    CHECK(memcmp(buffer, "abc\0\0\0", 6) == 0);
    CHECK_EQ(call(SYS_ftruncate, fd, -1l), -EINVAL);
    CHECK_EQ(call(SYS_ftruncate, 99, 0), -EBADF);
    CHECK_EQ(call(SYS_close, fd), 0);
    fd = call(SYS_open, path, O_RDONLY);
    CHECK_EQ(call(SYS_ftruncate, fd, 0), -EINVAL);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(truncate, "by name")
{
    const char *path = make_file("short", "abcdef");
    CHECK_EQ(call(SYS_truncate, path, 2), 0);
    CHECK_EQ(size_of(path), 2);
    CHECK_EQ(call(SYS_truncate, path, -1l), -EINVAL);
    CHECK_EQ(call(SYS_truncate, own_dir(), 0), -EISDIR);
    CHECK_EQ(call(SYS_truncate, in_dir("missing"), 0), -ENOENT);
}

CASE(fsync, "of what is stored, and of nothing else")
{
    int ends[2];
    long fd = call(SYS_open, make_file("sync", "x"), O_RDONLY);
    CHECK_EQ(call(SYS_fsync, fd), 0);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_fsync, fd), -EBADF);
    CHECK_EQ(call(SYS_pipe, ends), 0);
    CHECK_EQ(call(SYS_fsync, ends[0]), -EINVAL);
    CHECK_EQ(call(SYS_close, ends[0]), 0);
    CHECK_EQ(call(SYS_close, ends[1]), 0);
}

CASE(fdatasync, "as fsync")
{
    long fd = call(SYS_open, make_file("sync", "x"), O_RDONLY);
    CHECK_EQ(call(SYS_fdatasync, fd), 0);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_fdatasync, fd), -EBADF);
}

CASE(sync, "always succeeds") { CHECK_EQ(call(SYS_sync), 0); }

CASE(mmap, "a file's pages, private and shared")
{
    long fd = call(SYS_open, make_file("map", "file"), O_RDWR);
    char *shared = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
    char *own = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, (int)fd, 0);
    CHECK(shared != MAP_FAILED && own != MAP_FAILED);
    CHECK(memcmp(shared, "file\0", 5) == 0);
    shared[0] = 'F';
    CHECK_EQ(own[0], 'F');
    own[1] = 'x';
    CHECK_EQ(shared[1], 'i');
    CHECK_EQ(call(SYS_pread64, fd, buffer, 4, 0), 4);
    CHECK(memcmp(buffer, "File", 4) == 0);
    CHECK_EQ(munmap(shared, 4096), 0);
    CHECK_EQ(munmap(own, 4096), 0);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(mmap, "a file's errors")
{
    long fd = call(SYS_open, make_file("ro", "file"), O_RDONLY);
    CHECK_EQ(call(SYS_mmap, 0, 4096, PROT_WRITE, MAP_SHARED, fd, 0), -EACCES);
    long at = call(SYS_mmap, 0, 4096, PROT_READ, MAP_SHARED, fd, 0);
    CHECK(at > 0);
    CHECK_EQ(call(SYS_mprotect, at, 4096, PROT_READ | PROT_WRITE), -EACCES);
    CHECK_EQ(call(SYS_munmap, at, 4096), 0);
    CHECK_EQ(call(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE, fd, 1), -EINVAL);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE, fd, 0), -EBADF);
    fd = call(SYS_open, own_dir(), O_RDONLY);
    CHECK_EQ(call(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE, fd, 0), -ENODEV);
    CHECK_EQ(call(SYS_close, fd), 0);
}

// ---- descriptors -------------------------------------------------------------------------------

CASE(close, "a number is free then")
{
    long fd = call(SYS_open, make_file("c", "x"), O_RDONLY);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_close, fd), -EBADF);
    CHECK_EQ(call(SYS_close, -1), -EBADF);
}

CASE(dup, "both have one position; the lowest number is taken")
{
    long fd = call(SYS_open, make_file("dup", "abcdef"), O_RDONLY), other = call(SYS_dup, fd);
    CHECK_EQ(other, fd + 1);
    CHECK_EQ(call(SYS_read, fd, buffer, 2), 2);
    CHECK_EQ(call(SYS_read, other, buffer, 1), 1);
    CHECK_EQ(buffer[0], 'c');
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_dup, other), fd);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_close, other), 0);
    CHECK_EQ(call(SYS_dup, fd), -EBADF);
}

CASE(dup2, "closes what has the number")
{
    int ends[2];
    CHECK_EQ(call(SYS_pipe, ends), 0);
    long fd = call(SYS_open, make_file("dup2", "x"), O_RDONLY);
    CHECK_EQ(call(SYS_dup2, fd, ends[1]), ends[1]);
    CHECK_EQ(call(SYS_read, ends[0], buffer, 1), 0); // nobody writes any more
    CHECK_EQ(call(SYS_dup2, fd, fd), fd);
    CHECK_EQ(call(SYS_dup2, 99, 98), -EBADF);
    CHECK_EQ(call(SYS_dup2, 99, 99), -EBADF);
    CHECK_EQ(call(SYS_dup2, fd, -1), -EBADF);
    CHECK_EQ(call(SYS_dup2, fd, 1 << 24), -EBADF);
    CHECK_EQ(call(SYS_close, ends[0]), 0);
    CHECK_EQ(call(SYS_close, ends[1]), 0);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(dup3, "with O_CLOEXEC, to another number")
{
    long fd = call(SYS_open, make_file("dup3", "x"), O_RDONLY);
    CHECK_EQ(call(SYS_dup3, fd, 50, O_CLOEXEC), 50);
    CHECK_EQ(call(SYS_fcntl, 50, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(call(SYS_dup3, fd, fd, 0), -EINVAL);
    CHECK_EQ(call(SYS_dup3, fd, 51, O_APPEND), -EINVAL);
    CHECK_EQ(call(SYS_close, 50), 0);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(fcntl, "numbers, and flags of both kinds")
{
    long fd = call(SYS_open, make_file("fcntl", "x"), O_RDWR | O_CLOEXEC);
    CHECK_EQ(call(SYS_fcntl, fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(call(SYS_fcntl, fd, F_SETFD, 0), 0);
    CHECK_EQ(call(SYS_fcntl, fd, F_GETFD), 0);
    CHECK_EQ(call(SYS_fcntl, fd, F_DUPFD, 40), 40);
    CHECK_EQ(call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 40), 41);
    CHECK_EQ(call(SYS_fcntl, 41, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(call(SYS_fcntl, fd, F_DUPFD, 1 << 24), -EINVAL);
    CHECK_EQ(call(SYS_fcntl, fd, F_SETFL, O_APPEND | O_NONBLOCK), 0);
    CHECK_EQ(call(SYS_fcntl, 40, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK),
             O_RDWR | O_APPEND | O_NONBLOCK);
    for (int i = 40; i <= 41; i++)
        CHECK_EQ(call(SYS_close, i), 0);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(close_range, "closes, or marks")
{
    long fd = call(SYS_open, make_file("range", "x"), O_RDONLY);
    for (int to = 60; to < 64; to++)
        CHECK_EQ(call(SYS_dup2, fd, to), to);
    CHECK_EQ(call(SYS_close_range, 62, 63, CLOSE_RANGE_CLOEXEC), 0);
    CHECK_EQ(call(SYS_fcntl, 62, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(call(SYS_close_range, 61, 62, 0), 0);
    CHECK_EQ(call(SYS_fcntl, 60, F_GETFD), 0);
    CHECK_EQ(call(SYS_fcntl, 61, F_GETFD), -EBADF);
    CHECK_EQ(call(SYS_fcntl, 63, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(call(SYS_close_range, 5, 4, 0), -EINVAL);
    CHECK_EQ(call(SYS_close_range, 5, 6, 1), -EINVAL);
    CHECK_EQ(call(SYS_close_range, 60, 63, CLOSE_RANGE_UNSHARE), 0);
    CHECK_EQ(call(SYS_close, fd), 0);
}

static void exhaust_descriptors(void)
{
    struct rlimit few = {.rlim_cur = 10, .rlim_max = 10};
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    long fd;
    while ((fd = call(SYS_dup, 1)) >= 0)
        CHECK(fd < 10);
    CHECK_EQ(fd, -EMFILE);
    CHECK_EQ(call(SYS_dup2, 1, 10), -EBADF);
}

CASE(dup, "RLIMIT_NOFILE") { CHECK_EQ(in_child(exhaust_descriptors), 0); }

CASE(ioctl, "how much there is to read")
{
    int count = -1;
    long fd = call(SYS_open, make_file("ioctl", "abcde"), O_RDONLY);
    CHECK_EQ(call(SYS_read, fd, buffer, 2), 2);
    CHECK_EQ(call(SYS_ioctl, fd, FIONREAD, &count), 0);
    CHECK_EQ(count, 3);
    CHECK_EQ(call(SYS_ioctl, fd, FIOCLEX), 0);
    CHECK_EQ(call(SYS_fcntl, fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(call(SYS_ioctl, fd, TIOCGWINSZ, buffer), -ENOTTY);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_ioctl, fd, FIONREAD, &count), -EBADF);
}
