// SPDX-License-Identifier: Apache-2.0
// Open files (open(2)'s "open file descriptions"): what descriptors refer to. Task context; all may
// sleep.
#pragma once
#include "kernel/linux/fs/entry.h"
#include "kernel/linux/fs/walk.h"

C_BEGIN

struct file;

// What a kind of file does. Reading and writing begin at `*at`, or have no place where files do not
// seek; they take as much as there is, sleep if there is nothing (unless O_NONBLOCK: ERR_AGAIN),
// and return ERR_INTR if `cancelled` (null: never) becomes true.
struct file_ops {
    enum err (*read)(struct file *f, uint64_t at, struct transfer *to, bool (*cancelled)(void));
    enum err (*write)(struct file *f, uint64_t *at, struct transfer *from, bool (*cancelled)(void));
    void (*close)(struct file *f); // null: there is nothing to do
    bool seeks;
};

struct file {
    struct refcount refs;
    const struct file_ops *ops; // constant
    struct inode *inode;        // constant, with a reference
    struct entry *entry;        // by which it was opened, with a reference; null: it has no name
    uint32_t flags;             // atomic: of open(2), those that last
    struct mutex lock;
    uint64_t at GUARDED_BY(lc_file); // where the next read or write begins
};
MUTEX_OPS(file, struct file, lock, lc_file)

// An open file, with one reference. Takes over those to the inode and the entry (null: none), on
// success only. ERR_NOMEM.
enum err file_make(const struct file_ops *ops, struct inode *i, struct entry *e, uint32_t flags,
                   struct file **out);

void file_get(struct file *f);
void file_put(struct file *f);

bool file_may_read(const struct file *f);
bool file_may_write(const struct file *f);

// As read(2), pread(2), write(2) and pwrite(2) do: at its own position, or at `at`. ERR_BADF: it is
// not open for that. ERR_INVAL: it cannot be done. ERR_ISDIR. ERR_SPIPE: it has no places.
enum err file_read(struct file *f, struct transfer *to, bool (*cancelled)(void));
enum err file_read_at(struct file *f, uint64_t at, struct transfer *to);
enum err file_write(struct file *f, struct transfer *from, bool (*cancelled)(void));
enum err file_write_at(struct file *f, uint64_t at, struct transfer *from);

// lseek(2). ERR_SPIPE, ERR_INVAL, ERR_NXIO, ERR_OVERFLOW.
enum err file_seek(struct file *f, int64_t by, uint32_t whence, uint64_t *at);

// ---- opening -----------------------------------------------------------------------------------

struct open_request {
    struct walk walk;          // follow: as the flags say
    uint32_t flags;            // of open(2)
    struct inode_request make; // what O_CREAT makes
    bool (*cancelled)(void);
};

// open(2)'s errors.
enum err file_open(const struct open_request *r, struct file **out);

// What a device's number opens; null: there is no such device.
const struct file_ops *device_ops(uint32_t rdev);

// ---- directories -------------------------------------------------------------------------------

// Writes what a directory has from its position on as struct linux_dirent64 (getdents(2)) or, if
// `old`, struct linux_dirent. ERR_NOTDIR. ERR_INVAL: there is not even room for one. ERR_NOENT: the
// directory has been removed.
enum err directory_read(struct file *f, bool old, struct transfer *to);

C_END
