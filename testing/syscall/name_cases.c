// SPDX-License-Identifier: Apache-2.0
// Names of files: directories, links, rename(2); the working directory.
#include "testing/syscall/files.h"
#include <dirent.h>
#include <linux/fs.h>
#include <sys/sysmacros.h>

static struct stat st;

static bool is_there(const char *path) { return call(SYS_lstat, path, &st) == 0; }

CASE(mkdir, "and rmdir")
{
    CHECK_EQ(call(SYS_mkdir, in_dir("d"), 0750), 0);
    CHECK_EQ(call(SYS_stat, in_dir("d"), &st), 0);
    CHECK(S_ISDIR(st.st_mode) && (st.st_mode & 07777) == 0750);
    CHECK_EQ(call(SYS_mkdir, in_dir("d"), 0750), -EEXIST);
    CHECK_EQ(call(SYS_mkdir, in_dir("no/d"), 0750), -ENOENT);
    CHECK_EQ(call(SYS_mkdir, in_dir("slash/"), 0750), 0);
    CHECK_EQ(call(SYS_rmdir, in_dir("slash/")), 0);
    CHECK_EQ(call(SYS_mkdir, "/", 0750), -EEXIST);
    make_file("d/f", "x");
    CHECK_EQ(call(SYS_rmdir, in_dir("d")), -ENOTEMPTY);
    CHECK_EQ(call(SYS_unlink, in_dir("d/f")), 0);
    CHECK_EQ(call(SYS_rmdir, in_dir("d")), 0);
    CHECK(!is_there(in_dir("d")));
}

CASE(rmdir, "errors")
{
    make_file("plain", "x");
    CHECK_EQ(call(SYS_rmdir, in_dir("plain")), -ENOTDIR);
    CHECK_EQ(call(SYS_rmdir, in_dir("missing")), -ENOENT);
    CHECK_EQ(call(SYS_rmdir, in_dir(".")), -EINVAL);
    CHECK_EQ(call(SYS_rmdir, in_dir("..")), -ENOTEMPTY);
    CHECK_EQ(call(SYS_rmdir, "/"), -EBUSY);
}

CASE(mkdirat, "at a directory")
{
    long dir = call(SYS_open, own_dir(), O_RDONLY);
    CHECK_EQ(call(SYS_mkdirat, dir, "below", 0700), 0);
    CHECK(is_there(in_dir("below")));
    CHECK_EQ(call(SYS_unlinkat, dir, "below", 0), -EISDIR);
    CHECK_EQ(call(SYS_unlinkat, dir, "below", AT_REMOVEDIR), 0);
    CHECK_EQ(call(SYS_mkdirat, 99, "below", 0700), -EBADF);
    CHECK_EQ(call(SYS_close, dir), 0);
}

CASE(unlink, "the file stays for who has it open")
{
    char byte;
    long fd = call(SYS_open, make_file("gone", "x"), O_RDONLY);
    CHECK_EQ(call(SYS_unlink, in_dir("gone")), 0);
    CHECK(!is_there(in_dir("gone")));
    CHECK_EQ(call(SYS_fstat, fd, &st), 0);
    CHECK_EQ(st.st_nlink, 0);
    CHECK_EQ(call(SYS_read, fd, &byte, 1), 1);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(unlink, "errors")
{
    CHECK_EQ(call(SYS_unlink, in_dir("missing")), -ENOENT);
    CHECK_EQ(call(SYS_unlink, own_dir()), -EISDIR);
    CHECK_EQ(call(SYS_unlink, make_file("f", "x")), 0);
    make_file("f", "x");
    CHECK_EQ(call(SYS_unlink, in_dir("f/")), -ENOTDIR);
    CHECK_EQ(call(SYS_unlink, nowhere), -EFAULT);
}

CASE(unlinkat, "errors")
{
    CHECK_EQ(call(SYS_unlinkat, AT_FDCWD, in_dir("missing"), 0), -ENOENT);
    CHECK_EQ(call(SYS_unlinkat, AT_FDCWD, in_dir("missing"), 1), -EINVAL);
}

CASE(link, "two names of one file")
{
    make_file("one", "x");
    CHECK_EQ(call(SYS_link, in_dir("one"), in_dir("two")), 0);
    CHECK_EQ(call(SYS_stat, in_dir("one"), &st), 0);
    unsigned long nr = st.st_ino;
    CHECK_EQ(st.st_nlink, 2);
    CHECK_EQ(call(SYS_stat, in_dir("two"), &st), 0);
    CHECK_EQ(st.st_ino, nr);
    CHECK_EQ(call(SYS_link, in_dir("one"), in_dir("two")), -EEXIST);
    CHECK_EQ(call(SYS_link, own_dir(), in_dir("dir")), -EPERM);
    CHECK_EQ(call(SYS_link, in_dir("missing"), in_dir("x")), -ENOENT);
    CHECK_EQ(call(SYS_unlink, in_dir("one")), 0);
    CHECK_EQ(size_of(in_dir("two")), 1);
}

CASE(linkat, "follows only if it is to")
{
    make_file("real", "x");
    CHECK_EQ(call(SYS_symlink, "real", in_dir("sym")), 0);
    CHECK_EQ(call(SYS_linkat, AT_FDCWD, in_dir("sym"), AT_FDCWD, in_dir("hard"), 0), 0);
    CHECK_EQ(call(SYS_lstat, in_dir("hard"), &st), 0);
    CHECK(S_ISLNK(st.st_mode));
    CHECK_EQ(
        call(SYS_linkat, AT_FDCWD, in_dir("sym"), AT_FDCWD, in_dir("hard2"), AT_SYMLINK_FOLLOW), 0);
    CHECK_EQ(call(SYS_lstat, in_dir("hard2"), &st), 0);
    CHECK(S_ISREG(st.st_mode));
    CHECK_EQ(call(SYS_linkat, AT_FDCWD, in_dir("sym"), AT_FDCWD, in_dir("h3"), 1), -EINVAL);
}

CASE(symlink, "holds any text")
{
    char text[64] = {};
    CHECK_EQ(call(SYS_symlink, "../any where", in_dir("s")), 0);
    CHECK_EQ(call(SYS_readlink, in_dir("s"), text, sizeof(text)), 12);
    CHECK(strcmp(text, "../any where") == 0);
    CHECK_EQ(size_of(in_dir("s")), -1);
    CHECK_EQ(call(SYS_lstat, in_dir("s"), &st), 0);
    CHECK_EQ(st.st_size, 12);
    CHECK_EQ(call(SYS_symlink, "x", in_dir("s")), -EEXIST);
    CHECK_EQ(call(SYS_symlink, "", in_dir("s2")), -ENOENT);
    static char longer[400];
    memset(longer, 'b', sizeof(longer) - 1);
    CHECK_EQ(call(SYS_symlink, longer, in_dir("long")), 0);
    char back[512];
    CHECK_EQ(call(SYS_readlink, in_dir("long"), back, sizeof(back)), 399);
    CHECK(memcmp(longer, back, 399) == 0);
}

CASE(symlinkat, "at a directory")
{
    long dir = call(SYS_open, own_dir(), O_RDONLY);
    char text[8];
    CHECK_EQ(call(SYS_symlinkat, "t", dir, "sat"), 0);
    CHECK_EQ(call(SYS_readlinkat, dir, "sat", text, sizeof(text)), 1);
    CHECK_EQ(call(SYS_symlinkat, "t", 99, "sat"), -EBADF);
    CHECK_EQ(call(SYS_close, dir), 0);
}

CASE(readlink, "errors")
{
    char text[8];
    CHECK_EQ(call(SYS_readlink, own_dir(), text, 8), -EINVAL);
    CHECK_EQ(call(SYS_readlink, in_dir("missing"), text, 8), -ENOENT);
    CHECK_EQ(call(SYS_symlink, "abcdef", in_dir("cut")), 0);
    CHECK_EQ(call(SYS_readlink, in_dir("cut"), text, 3), 3);
    CHECK_EQ(call(SYS_readlink, in_dir("cut"), text, 0), -EINVAL);
    CHECK_EQ(call(SYS_readlink, in_dir("cut"), nowhere, 3), -EFAULT);
}

CASE(readlinkat, "errors") { CHECK_EQ(call(SYS_readlinkat, 99, "x", nowhere, 3), -EBADF); }

CASE(rename, "to a new name, and over an old one")
{
    make_file("from", "new");
    CHECK_EQ(call(SYS_rename, in_dir("from"), in_dir("to")), 0);
    CHECK(!is_there(in_dir("from")));
    make_file("older", "o");
    CHECK_EQ(call(SYS_rename, in_dir("to"), in_dir("older")), 0);
    CHECK_EQ(size_of(in_dir("older")), 3);
    CHECK_EQ(call(SYS_rename, in_dir("older"), in_dir("older")), 0);
}

CASE(rename, "directories go only where directories can")
{
    CHECK_EQ(call(SYS_mkdir, in_dir("a"), 0700), 0);
    CHECK_EQ(call(SYS_mkdir, in_dir("a/b"), 0700), 0);
    make_file("file", "x");
    CHECK_EQ(call(SYS_rename, in_dir("a"), in_dir("a/b/c")), -EINVAL);
    CHECK_EQ(call(SYS_rename, in_dir("a/b"), in_dir("a")), -ENOTEMPTY);
    CHECK_EQ(call(SYS_rename, in_dir("a"), in_dir("file")), -ENOTDIR);
    CHECK_EQ(call(SYS_rename, in_dir("file"), in_dir("a/b")), -EISDIR);
    CHECK_EQ(call(SYS_mkdir, in_dir("empty"), 0700), 0);
    CHECK_EQ(call(SYS_rename, in_dir("a"), in_dir("empty")), 0);
    CHECK(is_there(in_dir("empty/b")));
    CHECK_EQ(call(SYS_stat, in_dir("empty"), &st), 0);
    CHECK_EQ(call(SYS_rename, in_dir("missing"), in_dir("x")), -ENOENT);
}

CASE(renameat, "at directories")
{
    long dir = call(SYS_open, own_dir(), O_RDONLY);
    make_file("ra", "x");
    CHECK_EQ(call(SYS_renameat, dir, "ra", dir, "rb"), 0);
    CHECK(is_there(in_dir("rb")));
    CHECK_EQ(call(SYS_renameat, 99, "rb", dir, "rc"), -EBADF);
    CHECK_EQ(call(SYS_close, dir), 0);
}

static long rename2(const char *from, const char *to, unsigned flags)
{
    return call(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

CASE(renameat2, "RENAME_NOREPLACE and RENAME_EXCHANGE")
{
    make_file("x1", "1");
    make_file("x2", "22");
    CHECK_EQ(rename2(in_dir("x1"), in_dir("x2"), RENAME_NOREPLACE), -EEXIST);
    CHECK_EQ(rename2(in_dir("x1"), in_dir("x2"), RENAME_EXCHANGE), 0);
    CHECK_EQ(size_of(in_dir("x1")), 2);
    CHECK_EQ(size_of(in_dir("x2")), 1);
    CHECK_EQ(rename2(in_dir("x1"), in_dir("x3"), RENAME_EXCHANGE), -ENOENT);
    CHECK_EQ(rename2(in_dir("x1"), in_dir("x3"), RENAME_NOREPLACE), 0);
    CHECK_EQ(rename2(in_dir("x3"), in_dir("x1"), RENAME_NOREPLACE | RENAME_EXCHANGE), -EINVAL);
    CHECK_EQ(rename2(in_dir("x3"), in_dir("x1"), 64), -EINVAL);
}

CASE(mknod, "regular files and FIFOs")
{
    CHECK_EQ(call(SYS_mknod, in_dir("fifo"), S_IFIFO | 0600, 0), 0);
    CHECK_EQ(call(SYS_lstat, in_dir("fifo"), &st), 0);
    CHECK(S_ISFIFO(st.st_mode));
    CHECK_EQ(call(SYS_mknod, in_dir("reg"), 0600, 0), 0);
    CHECK_EQ(size_of(in_dir("reg")), 0);
    CHECK_EQ(call(SYS_mknod, in_dir("reg"), 0600, 0), -EEXIST);
    CHECK_EQ(call(SYS_mknod, in_dir("dir"), S_IFDIR | 0700, 0), -EPERM);
    CHECK_EQ(call(SYS_mknod, in_dir("odd"), 0170000, 0), -EINVAL);
}

CASE(mknodat, "at a directory")
{
    long dir = call(SYS_open, own_dir(), O_RDONLY);
    CHECK_EQ(call(SYS_mknodat, dir, "node", S_IFREG | 0600, 0), 0);
    CHECK(is_there(in_dir("node")));
    CHECK_EQ(call(SYS_mknodat, 99, "node", S_IFREG | 0600, 0), -EBADF);
    CHECK_EQ(call(SYS_close, dir), 0);
}

// ---- directories -------------------------------------------------------------------------------

struct record {
    unsigned long nr, place;
    unsigned short len;
    unsigned char type;
    char name[];
};

// The names of a directory, and what is in each's place, checked as they come.
static unsigned list(const char *path, unsigned room, unsigned *dots)
{
    static char bytes[4096];
    long fd = call(SYS_open, path, O_RDONLY | O_DIRECTORY), len;
    unsigned count = 0;
    *dots = 0;
    while ((len = call(SYS_getdents64, fd, bytes, room)) > 0) {
        for (long at = 0; at < len;) {
            const struct record *d = (const struct record *)(bytes + at);
            CHECK(d->len >= 24 && d->len % 8 == 0 && d->nr != 0);
            if (strcmp(d->name, ".") == 0 || strcmp(d->name, "..") == 0)
                ++*dots;
            count++;
            at += d->len;
        }
    }
    CHECK_EQ(len, 0);
    CHECK_EQ(call(SYS_close, fd), 0);
    return count;
}

CASE(getdents64, "every name once, however small the room")
{
    unsigned dots;
    CHECK_EQ(call(SYS_mkdir, in_dir("many"), 0700), 0);
    for (int i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof(name), "many/%d", i);
        make_file(name, "");
    }
    CHECK_EQ(list(in_dir("many"), 4096, &dots), 102);
    CHECK_EQ(dots, 2);
    CHECK_EQ(list(in_dir("many"), 40, &dots), 102);
    CHECK_EQ(dots, 2);
}

CASE(getdents64, "errors")
{
    char bytes[64];
    long fd = call(SYS_open, own_dir(), O_RDONLY);
    CHECK_EQ(call(SYS_getdents64, fd, bytes, 1), -EINVAL);
    CHECK_EQ(call(SYS_getdents64, fd, nowhere, 64), -EFAULT);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_getdents64, fd, bytes, 64), -EBADF);
    fd = call(SYS_open, make_file("nodir", ""), O_RDONLY);
    CHECK_EQ(call(SYS_getdents64, fd, bytes, 64), -ENOTDIR);
    CHECK_EQ(call(SYS_close, fd), 0);
}

CASE(getdents, "has the type in its last byte")
{
    static char bytes[4096];
    bool found = false;
    make_file("typed", "");
    long fd = call(SYS_open, own_dir(), O_RDONLY), len = call(SYS_getdents, fd, bytes, 4096);
    CHECK(len > 0);
    for (long at = 0; at < len;) {
        unsigned short size;
        memcpy(&size, bytes + at + 16, 2);
        if (strcmp(bytes + at + 18, "typed") == 0)
            found = bytes[at + size - 1] == DT_REG;
        at += size;
    }
    // It may be further on.
    CHECK(found || len > 3800);
    CHECK_EQ(call(SYS_close, fd), 0);
}

// ---- the working directory ---------------------------------------------------------------------

static void walk_about(void)
{
    char path[512];
    CHECK_EQ(call(SYS_mkdir, in_dir("w"), 0700), 0);
    CHECK_EQ(call(SYS_chdir, in_dir("w")), 0);
    CHECK(call(SYS_getcwd, path, sizeof(path)) > 0);
    CHECK(strcmp(path, in_dir("w")) == 0);
    long fd = call(SYS_open, "..", O_RDONLY);
    CHECK_EQ(call(SYS_fchdir, fd), 0);
    CHECK(call(SYS_getcwd, path, sizeof(path)) > 0);
    CHECK(strcmp(path, own_dir()) == 0);
    CHECK_EQ(call(SYS_chdir, "w"), 0);
    CHECK_EQ(call(SYS_rmdir, in_dir("w")), 0);
    CHECK_EQ(call(SYS_getcwd, path, sizeof(path)), -ENOENT);
    CHECK_EQ(call(SYS_open, "x", O_CREAT | O_RDWR, 0600), -ENOENT);
    CHECK_EQ(call(SYS_chdir, ".."), 0);
    CHECK(call(SYS_getcwd, path, sizeof(path)) > 0);
    CHECK(strcmp(path, own_dir()) == 0);
}

CASE(chdir, "where paths begin") { CHECK_EQ(in_child(walk_about), 0); }

CASE(chdir, "errors")
{
    CHECK_EQ(call(SYS_chdir, in_dir("missing")), -ENOENT);
    CHECK_EQ(call(SYS_chdir, make_file("nodir", "")), -ENOTDIR);
}

CASE(fchdir, "errors")
{
    long fd = call(SYS_open, make_file("nodir", ""), O_RDONLY);
    CHECK_EQ(call(SYS_fchdir, fd), -ENOTDIR);
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_fchdir, fd), -EBADF);
}

static void change_root(void)
{
    make_file("inside", "x");
    const char *path = in_dir("inside");
    if (call(SYS_chroot, own_dir()) == -EPERM)
        return; // not root
    CHECK_EQ(size_of("/inside"), 1);
    CHECK_EQ(size_of("/../../inside"), 1);
    CHECK_EQ(size_of(path), -1);
}

CASE(chroot, "nothing above can be named")
{
    CHECK_EQ(in_child(change_root), 0);
    long missing = call(SYS_chroot, in_dir("missing"));
    CHECK(missing == -ENOENT || missing == -EPERM);
}
