// SPDX-License-Identifier: Apache-2.0
// For cases about files: a directory of the program's own, which is empty at first.
#pragma once
#include "testing/syscall/check.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// Its path, and a path in it: both stay until the next call.
static inline const char *own_dir(void)
{
    static char dir[] = "/tmp/keel-XXXXXX";
    if (dir[sizeof(dir) - 2] == 'X')
        CHECK(mkdtemp(dir) != nullptr);
    return dir;
}

static inline const char *in_dir(const char *name)
{
    static char paths[16][512];
    static unsigned next;
    char *path = paths[next++ % 16];
    snprintf(path, sizeof(paths[0]), "%s/%s", own_dir(), name);
    return path;
}

// A file of these bytes; returns its path.
static inline const char *make_file(const char *name, const char *text)
{
    const char *path = in_dir(name);
    long fd = call(SYS_open, path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    CHECK(fd >= 0);
    CHECK_EQ(call(SYS_write, fd, text, strlen(text)), strlen(text));
    CHECK_EQ(call(SYS_close, fd), 0);
    return path;
}

static inline long size_of(const char *path)
{
    struct stat s;
    return call(SYS_stat, path, &s) == 0 ? s.st_size : -1;
}
