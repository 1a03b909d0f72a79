// SPDX-License-Identifier: Apache-2.0
// Copying between the kernel and user space. User memory is never dereferenced: it is named by
// a reader or writer and moved by vm_copy, where a bad address is an error.
//
// A user program may change its memory at any time. What was read twice may differ.
#pragma once
#include "kernel/frame/base/err.h"
#include "kernel/frame/base/span.h"
#include "kernel/frame/vmm/vm_space.h"

C_BEGIN

// Bytes still to be read from, or written to: kernel memory or the active user space's.
struct vm_reader {
    const uint8_t *at FRAME_PRIVATE;
    size_t left FRAME_PRIVATE;
    bool user FRAME_PRIVATE;
};

struct vm_writer {
    uint8_t *at FRAME_PRIVATE;
    size_t left FRAME_PRIVATE;
    bool user FRAME_PRIVATE;
};

static inline size_t vm_reader_left(const struct vm_reader *r) { return r->left; }
static inline size_t vm_writer_left(const struct vm_writer *w) { return w->left; }

// Over a kernel buffer, which outlives the reader or writer.
struct vm_reader vm_reader_from(struct cspan from);
struct vm_writer vm_writer_to(struct span to);

// Over [at, at + len) of user memory in `space`, which must be the active one and stay so
// while the reader or writer is used. ERR_FAULT: not all in user space, whatever is mapped.
enum err vm_space_reader(struct vm_space *space, uaddr_t at, size_t len, struct vm_reader *r);
enum err vm_space_writer(struct vm_space *space, uaddr_t at, size_t len, struct vm_writer *w);

// Moves bytes until one side has none left, and both sides on by `*done`. ERR_FAULT: a page
// was missing or forbids it; `*done`, always set, is how far it came. Task context.
enum err vm_copy(struct vm_writer *to, struct vm_reader *from, size_t *done);

// A word of user memory, for futex(2): its value; and setting it to `value` if it is `*expected`,
// at once for other CPUs and the program. `*expected` becomes what was there, so that it was set if
// that has not changed. `space` as above; `at` is a multiple of the word's size (panics).
// ERR_FAULT.
enum err vm_user_load_u32(struct vm_space *space, uaddr_t at, uint32_t *value);
enum err vm_user_compare_swap_u32(struct vm_space *space, uaddr_t at, uint32_t *expected,
                                  uint32_t value);

C_END
