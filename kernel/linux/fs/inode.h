// SPDX-License-Identifier: Apache-2.0
// Files, whatever their names: contents and attributes (inode(7)). All of them are in memory.
//
// lc_inode (a sleeping lock for readers and writers) guards what can change. Task context; all may
// sleep.
#pragma once
#include "kernel/linux/lock_classes.h"
#include "kernel/linux/mm/vm_object.h"
#include "kernel/linux/transfer/transfer.h"

C_BEGIN

// st_mode (inode(7)): its type, the bits, and all of them.
constexpr uint32_t MODE_TYPE = 0170000, MODE_FIFO = 0010000, MODE_CHAR = 0020000,
                   MODE_DIR = 0040000, MODE_BLOCK = 0060000, MODE_FILE = 0100000,
                   MODE_LINK = 0120000, MODE_SOCKET = 0140000;
constexpr uint32_t MODE_SETUID = 04000, MODE_SETGID = 02000, MODE_STICKY = 01000,
                   MODE_GROUP_EXEC = 010, MODE_BITS = 07777;

// In nanoseconds since 1970 (clock_real_ns).
struct inode_times {
    int64_t accessed, modified, changed;
};

// A symbolic link's target, where it is short.
struct short_target {
    uint8_t bytes[64];
};

struct inode {
    struct refcount refs;
    uint64_t nr;   // constant
    uint32_t type; // MODE_TYPE's part of the mode; constant
    uint32_t rdev; // of a device: its number, as st_rdev has it; constant
    int64_t born;  // constant

    struct rwmutex lock;
    uint32_t mode GUARDED_BY(lc_inode); // permissions, without the type
    uint32_t uid GUARDED_BY(lc_inode), gid GUARDED_BY(lc_inode);
    uint32_t links GUARDED_BY(lc_inode);
    struct inode_times times GUARDED_BY(lc_inode);

    // A regular file's contents. Their pages have a lock of their own; lc_inode is for what is to
    // happen at once.
    struct vm_object *data; // constant, with a reference; null: another type
    uint32_t writers;       // atomic: open for writing; DENY_WRITE and more: being executed

    // A symbolic link's target. Constant.
    struct short_target target;
    struct byte_array long_target;
    size_t target_len;

    struct pipe *pipe; // of a FIFO or a pipe: the room above's
};
RWMUTEX_OPS(inode, struct inode, lock, lc_inode)

// Whose it is, and what it is to be.
struct inode_request {
    uint32_t mode; // with the type
    uint32_t uid, gid;
    uint32_t rdev;
};

// A file without a name and without links, with one reference. ERR_NOMEM.
enum err inode_create(const struct inode_request *r, struct inode **out);

// A regular one with these bytes, which live as long as the kernel; and a symbolic link. ERR_NOMEM.
enum err inode_create_over(const struct inode_request *r, struct cspan bytes, struct inode **out);
enum err inode_create_link(const struct inode_request *r, struct cspan target, struct inode **out);

void inode_get(struct inode *i);
void inode_put(struct inode *i);

struct cspan inode_target(const struct inode *i);

// What stat(2) tells of it.
struct inode_facts {
    uint64_t nr, size, pages;
    uint32_t mode, uid, gid, links, rdev;
    struct inode_times times;
    int64_t born;
};
struct inode_facts inode_facts(struct inode *i);

// Reads a regular file's bytes from `at` on, up to its end. ERR_FAULT, ERR_NOMEM.
enum err inode_read(struct inode *i, uint64_t at, struct transfer *to);

// Writes them; it grows. With `append` at its end, which `*at` then is. ERR_FBIG: beyond what a
// file can have. ERR_NOMEM, ERR_FAULT.
enum err inode_write(struct inode *i, bool append, uint64_t *at, struct transfer *from);

// Makes it so many bytes. ERR_FBIG.
enum err inode_truncate(struct inode *i, uint64_t size);

// Notes that it has been read, or changed otherwise than in its contents; or its contents.
void inode_touch_accessed(struct inode *i);
void inode_touch_changed(struct inode *i) REQUIRES(lc_inode);
void inode_touch_modified(struct inode *i) REQUIRES(lc_inode);

// Somebody writes to it, or executes it, from now on: not both (ERR_TXTBSY). And no more.
enum err inode_open_writing(struct inode *i);
void inode_close_writing(struct inode *i);
enum err inode_open_executing(struct inode *i);
void inode_close_executing(struct inode *i);

C_END
