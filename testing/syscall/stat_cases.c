// SPDX-License-Identifier: Apache-2.0
// What files are, and how that is changed: stat(2), chmod(2), chown(2), utimensat(2), access(2).
#include "testing/syscall/files.h"
#include <linux/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <time.h>

static struct stat st;

CASE(stat, "size, kind and links")
{
    CHECK_EQ(call(SYS_stat, make_file("s", "12345"), &st), 0);
    CHECK(S_ISREG(st.st_mode) && st.st_size == 5 && st.st_nlink == 1 && st.st_blksize > 0);
    CHECK_EQ(st.st_uid, call(SYS_geteuid));
    CHECK_EQ(call(SYS_stat, own_dir(), &st), 0);
    CHECK(S_ISDIR(st.st_mode) && st.st_nlink >= 1);
    CHECK_EQ(call(SYS_stat, "/dev/null", &st), 0);
    CHECK(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
    CHECK_EQ(call(SYS_stat, in_dir("missing"), &st), -ENOENT);
    CHECK_EQ(call(SYS_stat, in_dir("s"), nowhere), -EFAULT);
}

CASE(lstat, "of the link itself")
{
    CHECK_EQ(call(SYS_symlink, "s", in_dir("l")), 0);
    CHECK_EQ(call(SYS_lstat, in_dir("l"), &st), 0);
    CHECK(S_ISLNK(st.st_mode));
    CHECK_EQ(call(SYS_lstat, in_dir("missing"), &st), -ENOENT);
}

CASE(fstat, "of what is open")
{
    long fd = call(SYS_open, make_file("f", "123"), O_RDONLY);
    CHECK_EQ(call(SYS_fstat, fd, &st), 0);
    CHECK_EQ(st.st_size, 3);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_fstat, fd, &st), -EBADF);
    CHECK_EQ(call(SYS_fstat, 1, &st), 0);
}

CASE(newfstatat, "with an empty path, and without following")
{
    long fd = call(SYS_open, make_file("e", "1234"), O_RDONLY);
    CHECK_EQ(call(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH), 0);
    CHECK_EQ(st.st_size, 4);
    CHECK_EQ(call(SYS_newfstatat, fd, "", &st, 0), -ENOENT);
    CHECK_EQ(call(SYS_symlink, "e", in_dir("el")), 0);
    CHECK_EQ(call(SYS_newfstatat, AT_FDCWD, in_dir("el"), &st, AT_SYMLINK_NOFOLLOW), 0);
    CHECK(S_ISLNK(st.st_mode));
    CHECK_EQ(call(SYS_newfstatat, AT_FDCWD, in_dir("e"), &st, 1), -EINVAL);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(statx, "the same in other words")
{
    struct statx x = {};
    CHECK_EQ(call(SYS_stat, make_file("x", "123456"), &st), 0);
    CHECK_EQ(call(SYS_statx, AT_FDCWD, in_dir("x"), 0, STATX_BASIC_STATS, &x), 0);
    CHECK((x.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
    CHECK(x.stx_size == 6 && x.stx_mode == st.st_mode && x.stx_ino == st.st_ino);
    CHECK_EQ(x.stx_mtime.tv_sec, st.st_mtim.tv_sec);
    CHECK_EQ(makedev(x.stx_dev_major, x.stx_dev_minor), st.st_dev);
    CHECK_EQ(call(SYS_statx, AT_FDCWD, in_dir("x"), 1, STATX_BASIC_STATS, &x), -EINVAL);
    CHECK_EQ(call(SYS_statx, AT_FDCWD, in_dir("x"), 0, 1u << 31, &x), -EINVAL);
    CHECK_EQ(call(SYS_statx, AT_FDCWD, in_dir("missing"), 0, STATX_BASIC_STATS, &x), -ENOENT);
}

CASE(chmod, "all twelve bits")
{
    make_file("m", "x");
    CHECK_EQ(call(SYS_chmod, in_dir("m"), 0751), 0);
    CHECK_EQ(call(SYS_stat, in_dir("m"), &st), 0);
    CHECK_EQ(st.st_mode & 07777, 0751);
    CHECK_EQ(call(SYS_chmod, in_dir("missing"), 0600), -ENOENT);
}

CASE(fchmod, "of what is open")
{
    long fd = call(SYS_open, make_file("fm", "x"), O_RDONLY);
    CHECK_EQ(call(SYS_fchmod, fd, 0604), 0);
    CHECK_EQ(call(SYS_fstat, fd, &st), 0);
    CHECK_EQ(st.st_mode & 07777, 0604);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_fchmod, fd, 0604), -EBADF);
}

CASE(fchmodat, "at a directory")
{
    make_file("atm", "x");
    CHECK_EQ(call(SYS_fchmodat, AT_FDCWD, in_dir("atm"), 0611), 0);
    CHECK_EQ(call(SYS_stat, in_dir("atm"), &st), 0);
    CHECK_EQ(st.st_mode & 07777, 0611);
    CHECK_EQ(call(SYS_fchmodat, 99, "x", 0600), -EBADF);
}

// To whom it is already: others may not be allowed.
CASE(chown, "to oneself")
{
    CHECK_EQ(call(SYS_chown, make_file("o", "x"), call(SYS_geteuid), -1), 0);
    CHECK_EQ(call(SYS_stat, in_dir("o"), &st), 0);
    CHECK_EQ(st.st_uid, call(SYS_geteuid));
    CHECK_EQ(call(SYS_chown, in_dir("missing"), -1, -1), -ENOENT);
}

CASE(lchown, "of the link itself")
{
    CHECK_EQ(call(SYS_symlink, "missing", in_dir("ol")), 0);
    CHECK_EQ(call(SYS_lchown, in_dir("ol"), call(SYS_geteuid), -1), 0);
    CHECK_EQ(call(SYS_chown, in_dir("ol"), -1, -1), -ENOENT);
}

CASE(fchown, "of what is open")
{
    long fd = call(SYS_open, make_file("fo", "x"), O_RDONLY);
    CHECK_EQ(call(SYS_fchown, fd, call(SYS_geteuid), -1), 0);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_fchown, fd, -1, -1), -EBADF);
}

CASE(fchownat, "by descriptor or name")
{
    long fd = call(SYS_open, make_file("ao", "x"), O_RDONLY);
    CHECK_EQ(call(SYS_fchownat, fd, "", -1, -1, AT_EMPTY_PATH), 0);
    CHECK_EQ(call(SYS_fchownat, AT_FDCWD, in_dir("ao"), -1, -1, 1), -EINVAL);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(utimensat, "given times, now, and as they were")
{
    struct timespec two[] = {{1000, 5}, {2000, 7}};
    make_file("t", "x");
    CHECK_EQ(call(SYS_utimensat, AT_FDCWD, in_dir("t"), two, 0), 0);
    CHECK_EQ(call(SYS_stat, in_dir("t"), &st), 0);
    CHECK(st.st_atim.tv_sec == 1000 && st.st_atim.tv_nsec == 5);
    CHECK(st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 7);
    two[0].tv_nsec = UTIME_OMIT;
    two[1].tv_nsec = UTIME_NOW;
    CHECK_EQ(call(SYS_utimensat, AT_FDCWD, in_dir("t"), two, 0), 0);
    CHECK_EQ(call(SYS_stat, in_dir("t"), &st), 0);
    CHECK(st.st_atim.tv_sec == 1000 && st.st_mtim.tv_sec > 1'500'000'000);
    two[0].tv_nsec = 1'000'000'000;
    CHECK_EQ(call(SYS_utimensat, AT_FDCWD, in_dir("t"), two, 0), -EINVAL);
    CHECK_EQ(call(SYS_utimensat, AT_FDCWD, in_dir("missing"), nullptr, 0), -ENOENT);
    long fd = call(SYS_open, in_dir("t"), O_RDONLY);
    CHECK_EQ(call(SYS_utimensat, fd, nullptr, nullptr, 0), 0);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(stat, "writing changes the time of modification")
{
    struct timespec two[] = {{1000, 0}, {1000, 0}};
    make_file("w", "x");
    CHECK_EQ(call(SYS_utimensat, AT_FDCWD, in_dir("w"), two, 0), 0);
    long fd = call(SYS_open, in_dir("w"), O_WRONLY);
    CHECK_EQ(call(SYS_write, fd, "y", 1), 1);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_stat, in_dir("w"), &st), 0);
    CHECK(st.st_mtim.tv_sec > 1000 && st.st_ctim.tv_sec > 1000);
}

CASE(access, "what may be done")
{
    make_file("a", "x");
    CHECK_EQ(call(SYS_chmod, in_dir("a"), 0644), 0);
    CHECK_EQ(call(SYS_access, in_dir("a"), R_OK | W_OK), 0);
    CHECK_EQ(call(SYS_access, in_dir("a"), X_OK), -EACCES);
    CHECK_EQ(call(SYS_chmod, in_dir("a"), 0744), 0);
    CHECK_EQ(call(SYS_access, in_dir("a"), X_OK), 0);
    CHECK_EQ(call(SYS_access, in_dir("missing"), F_OK), -ENOENT);
    CHECK_EQ(call(SYS_access, in_dir("a"), 8), -EINVAL);
}

CASE(faccessat, "at a directory")
{
    make_file("fa", "x");
    CHECK_EQ(call(SYS_faccessat, AT_FDCWD, in_dir("fa"), R_OK), 0);
    CHECK_EQ(call(SYS_faccessat, 99, "fa", R_OK), -EBADF);
}

CASE(faccessat2, "with flags")
{
    CHECK_EQ(call(SYS_symlink, "missing", in_dir("dead")), 0);
    CHECK_EQ(call(SYS_faccessat2, AT_FDCWD, in_dir("dead"), F_OK, AT_SYMLINK_NOFOLLOW), 0);
    CHECK_EQ(call(SYS_faccessat2, AT_FDCWD, in_dir("dead"), F_OK, AT_EACCESS), -ENOENT);
    CHECK_EQ(call(SYS_faccessat2, AT_FDCWD, in_dir("dead"), F_OK, 1), -EINVAL);
}

CASE(umask, "new files do not get these")
{
    long before = call(SYS_umask, 027);
    long fd = call(SYS_open, in_dir("masked"), O_CREAT | O_RDWR, 0666);
    CHECK_EQ(call(SYS_fstat, fd, &st), 0);
    CHECK_EQ(st.st_mode & 07777, 0640);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_umask, before), 027);
}

CASE(statfs, "of a path")
{
    struct statfs f;
    CHECK_EQ(call(SYS_statfs, own_dir(), &f), 0);
    CHECK(f.f_bsize > 0 && f.f_namelen >= 255 && f.f_blocks >= f.f_bfree);
    CHECK_EQ(call(SYS_statfs, in_dir("missing"), &f), -ENOENT);
}

CASE(fstatfs, "of what is open")
{
    struct statfs f;
    long fd = call(SYS_open, own_dir(), O_RDONLY);
    CHECK_EQ(call(SYS_fstatfs, fd, &f), 0);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_fstatfs, fd, &f), -EBADF);
}
