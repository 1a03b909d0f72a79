// SPDX-License-Identifier: Apache-2.0
// User address spaces and the cursor that changes them.
//
// A space's user half begins empty; its kernel half is the kernel's. Only pages from
// page_alloc and page_run_alloc can be mapped, so kernel memory never is.
#pragma once
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/base/err.h"
#include "kernel/frame/pmm/page.h"

C_BEGIN

struct vm_space; // reference-counted

// A new, empty space with one reference, the caller's. ERR_NOMEM.
enum err vm_space_create(struct vm_space **out);

// Takes and drops a reference. Dropping the last unmaps everything and frees the space.
void vm_space_get(struct vm_space *space);
void vm_space_put(struct vm_space *space);

// Makes this CPU translate user addresses by `space`, whatever task runs, until another is
// activated. The CPU holds a reference meanwhile. Null goes back to the kernel's own tables,
// which have no user half.
void vm_space_activate(struct vm_space *space);

// What user mode may do with a page. The CPU cannot forbid reading what may be written or
// executed.
enum vm_perm : uint8_t {
    VM_NONE = 0,
    VM_READ = 1,
    VM_WRITE = 2,
    VM_EXEC = 4,
};

struct page_prop {
    uint8_t perm; // of enum vm_perm
    // By the CPU: read or written since the mapping was made.
    bool accessed, dirty;
};

// A position in a range of a space. Between open and close the range is this cursor's alone.
struct vm_cursor {
    struct vm_space *space FRAME_PRIVATE;
    uint64_t start FRAME_PRIVATE;
    uint64_t end FRAME_PRIVATE;
    uint64_t at FRAME_PRIVATE;
};

// Opens [start, end), positioned at its start. ERR_INVAL: not page-aligned, empty, or not
// within [USER_START, USER_END).
enum err vm_cursor_open(struct vm_space *space, uaddr_t start, uaddr_t end, struct vm_cursor *c);
void vm_cursor_close(struct vm_cursor *c);

// The address of the position; equal to the range's end when there is nothing left.
uaddr_t vm_cursor_address(const struct vm_cursor *c);

// Moves to `to`, page-aligned and in the range or its end; else ERR_INVAL.
enum err vm_cursor_jump(struct vm_cursor *c, uaddr_t to);

// The page at the position and what may be done with it; null and nothing if none is mapped, or
// at the range's end. The page's reference stays the mapping's.
struct page *vm_cursor_query(const struct vm_cursor *c, struct page_prop *prop);

// Maps a page at the position and moves on by one. Takes over the caller's reference, on
// success only. ERR_NOMEM: no page for a table. A page mapped there already, or a position at
// the end, is a bug: panics.
enum err vm_cursor_map(struct vm_cursor *c, struct page *page, struct page_prop prop);

// Unmaps what is mapped in the next `pages` pages and moves behind them; returns how many
// were. Their references are dropped once no CPU can reach them. Panics beyond the range.
size_t vm_cursor_unmap(struct vm_cursor *c, size_t pages);

// Sets the permissions of what is mapped in the next `pages` pages and moves behind them;
// returns how many were. Panics beyond the range.
size_t vm_cursor_protect(struct vm_cursor *c, size_t pages, uint8_t perm);

C_END
