// SPDX-License-Identifier: Apache-2.0
// write(2) and writev(2); who a process is.
#include "testing/syscall/check.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>

CASE(write, "says how much was written")
{
    CHECK_EQ(call(SYS_write, 1, "written\n", 8), 8);
    CHECK_EQ(call(SYS_write, 1, "", 0), 0);
}

CASE(write, "errors")
{
    CHECK_EQ(call(SYS_write, 99, "x", 1), -EBADF);
    CHECK_EQ(call(SYS_write, -1, "x", 1), -EBADF);
    CHECK_EQ(call(SYS_write, 1, nowhere, 1), -EFAULT);
    // Not one byte of what is readable, though there is some.
    CHECK_EQ(call(SYS_write, 1, "leaked", -1l), -EFAULT);
}

CASE(writev, "writes the parts in order")
{
    char first[] = "par", second[] = "ts\n";
    struct iovec parts[] = {{first, 3}, {nullptr, 0}, {second, 3}};
    CHECK_EQ(call(SYS_writev, 1, parts, 3), 6);
    CHECK_EQ(call(SYS_writev, 1, parts, 0), 0);
}

CASE(writev, "errors")
{
    struct iovec part = {nowhere, 1};
    CHECK_EQ(call(SYS_writev, 99, &part, 1), -EBADF);
    CHECK_EQ(call(SYS_writev, 1, &part, 1), -EFAULT);
    CHECK_EQ(call(SYS_writev, 1, nowhere, 1), -EFAULT);
    CHECK_EQ(call(SYS_writev, 1, &part, 1025), -EINVAL);
    char leaked[] = "leaked";
    struct iovec parts[] = {{leaked, 6}, {leaked, (size_t)-1}};
    CHECK_EQ(call(SYS_writev, 1, parts, 2), -EINVAL);
    parts[1].iov_len = 1ul << 62;
    CHECK_EQ(call(SYS_writev, 1, parts, 2), -EFAULT);
}

// Whoever runs the tests on the host may be anybody; on Keel it is root.
CASE(getuid, "agrees with geteuid") { CHECK_EQ(call(SYS_getuid), call(SYS_geteuid)); }
CASE(geteuid, "is a number") { CHECK(call(SYS_geteuid) >= 0); }
CASE(getgid, "agrees with getegid") { CHECK_EQ(call(SYS_getgid), call(SYS_getegid)); }
CASE(getegid, "is a number") { CHECK(call(SYS_getegid) >= 0); }

CASE(fcntl, "standard output may be written to")
{
    long flags = call(SYS_fcntl, 1, F_GETFL);
    CHECK(flags >= 0 && (flags & O_ACCMODE) != O_RDONLY);
    CHECK_EQ(call(SYS_fcntl, 1, F_GETFD), 0);
    CHECK_EQ(call(SYS_fcntl, 99, F_GETFL), -EBADF);
    CHECK_EQ(call(SYS_fcntl, 1, 9999), -EINVAL);
}
