// SPDX-License-Identifier: Apache-2.0
// Pipes and FIFOs (pipe(7), fifo(7)). Task context; all may sleep.
#pragma once
#include "kernel/linux/file/file.h"

C_BEGIN

// How much fits into one (F_GETPIPE_SZ), and how much is written without anybody else's bytes
// between (PIPE_BUF).
constexpr uint64_t PIPE_SIZE = 64 * KIB, PIPE_WHOLE = 4096;

// Makes one: an open file for reading, one for writing. ERR_NOMEM.
enum err pipe_make(uint32_t flags, uint32_t uid, uint32_t gid, struct file **reader,
                   struct file **writer);

// Opens a FIFO: waits for the other side, as fifo(7) has it. ERR_NXIO, ERR_INTR, ERR_NOMEM.
enum err pipe_open_fifo(struct inode *i, uint32_t flags, bool (*cancelled)(void),
                        const struct file_ops **ops);

// Bytes that wait to be read.
uint64_t pipe_bytes(struct inode *i);

C_END
