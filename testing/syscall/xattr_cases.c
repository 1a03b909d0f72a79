// SPDX-License-Identifier: Apache-2.0
// Extended attributes, as a file system has them that has none; one of the host's may have some.
#include "testing/syscall/files.h"

static char value[8];

static bool none(long result) { return result == -EOPNOTSUPP || result == -ENODATA; }
static bool refused_or_set(long result) { return result == -EOPNOTSUPP || result == 0; }

CASE(getxattr, "there is none")
{
    CHECK(none(call(SYS_getxattr, make_file("g", ""), "user.none", value, 8)));
    CHECK_EQ(call(SYS_getxattr, in_dir("missing"), "user.none", value, 8), -ENOENT);
}

CASE(lgetxattr, "nor has a link one")
{
    CHECK_EQ(call(SYS_symlink, "missing", in_dir("l")), 0);
    CHECK(none(call(SYS_lgetxattr, in_dir("l"), "trusted.none", value, 8)));
    CHECK_EQ(call(SYS_getxattr, in_dir("l"), "user.none", value, 8), -ENOENT);
}

CASE(fgetxattr, "nor what is open")
{
    long fd = call(SYS_open, make_file("fg", ""), O_RDONLY);
    CHECK(none(call(SYS_fgetxattr, fd, "user.none", value, 8)));
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_fgetxattr, fd, "user.none", value, 8), -EBADF);
}

CASE(setxattr, "it is set, or refused")
{
    CHECK(refused_or_set(call(SYS_setxattr, make_file("s", ""), "user.a", "b", 1, 0)));
    CHECK_EQ(call(SYS_setxattr, in_dir("missing"), "user.a", "b", 1, 0), -ENOENT);
}

CASE(lsetxattr, "errors")
{
    CHECK_EQ(call(SYS_lsetxattr, in_dir("missing"), "user.a", "b", 1, 0), -ENOENT);
}

CASE(fsetxattr, "it is set, or refused")
{
    long fd = call(SYS_open, make_file("fs", ""), O_RDWR);
    CHECK(refused_or_set(call(SYS_fsetxattr, fd, "user.a", "b", 1, 0)));
    CHECK_EQ(call(SYS_close, fd), 0);
    CHECK_EQ(call(SYS_fsetxattr, fd, "user.a", "b", 1, 0), -EBADF);
}

CASE(listxattr, "a list, which may be empty")
{
    CHECK(call(SYS_listxattr, make_file("li", ""), nullptr, 0) >= 0);
    CHECK_EQ(call(SYS_listxattr, in_dir("missing"), nullptr, 0), -ENOENT);
}

CASE(llistxattr, "of a link itself")
{
    CHECK_EQ(call(SYS_symlink, "missing", in_dir("ll")), 0);
    CHECK(call(SYS_llistxattr, in_dir("ll"), nullptr, 0) >= 0);
    CHECK_EQ(call(SYS_listxattr, in_dir("ll"), nullptr, 0), -ENOENT);
}

CASE(flistxattr, "of what is open")
{
    CHECK(call(SYS_flistxattr, 0, nullptr, 0) >= 0);
    CHECK_EQ(call(SYS_flistxattr, 99, nullptr, 0), -EBADF);
}

CASE(removexattr, "errors")
{
    CHECK(none(call(SYS_removexattr, make_file("r", ""), "user.none")));
    CHECK_EQ(call(SYS_removexattr, in_dir("missing"), "user.none"), -ENOENT);
}

CASE(lremovexattr, "errors")
{
    CHECK_EQ(call(SYS_lremovexattr, in_dir("missing"), "user.none"), -ENOENT);
}

CASE(fremovexattr, "errors") { CHECK_EQ(call(SYS_fremovexattr, 99, "user.none"), -EBADF); }
