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

// For task/, which does so when it switches tasks: makes this CPU translate user addresses by
// `space` until another is activated. The CPU holds a reference meanwhile. Null goes back to the
// kernel's own tables, which have no user half.
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
    // By the CPU: read or written since the mapping was made or the bit was cleared.
    bool accessed, dirty;
    // For the service: the frame keeps it and gives it no meaning. (Copy on write, for one.)
    bool soft;
};

// A position in a range of a space. Between open and close the range is this cursor's alone:
// opening an overlapping one waits, others of the same space go on at the same time. Preemption is
// off meanwhile. A CPU may have VM_CURSORS_MAX open at once, in ranges that do not overlap.
constexpr size_t VM_CURSORS_MAX = 2;

struct FRAME_PINNED vm_cursor {
    struct vm_space *space FRAME_PRIVATE;
    uint64_t start FRAME_PRIVATE;
    uint64_t end FRAME_PRIVATE;
    uint64_t at FRAME_PRIVATE;
};

// Opens [start, end), positioned at its start. ERR_INVAL: not page-aligned, empty, or not
// within [USER_START, USER_END). One too many, or one that overlaps another of this CPU's, panics.
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

// Pages in a large mapping.
constexpr size_t VM_LARGE_PAGES = 512;

// Maps a run of VM_LARGE_PAGES pages at once, as one large page if the hardware's rules allow:
// the position and the run are aligned to their size. Takes over the run's references, on success
// only, and empties it. What is done to a part of it later splits it. ERR_INVAL: another size, or
// not aligned. ERR_BUSY: small pages are or were mapped there. ERR_NOMEM.
enum err vm_cursor_map_large(struct vm_cursor *c, struct page_run *run, struct page_prop prop);

// Sets what may be done with the page at the position, and the bits, and moves on by one. When it
// returns no CPU goes by the old ones. ERR_NOENT: nothing is mapped there.
enum err vm_cursor_set(struct vm_cursor *c, struct page_prop prop);

// Unmaps what is mapped in the next `pages` pages and moves behind them; returns how many
// were. Their references are dropped once no CPU can reach them. Panics beyond the range.
size_t vm_cursor_unmap(struct vm_cursor *c, size_t pages);

// Sets the permissions of what is mapped in the next `pages` pages and moves behind them;
// returns how many were. The bits stay. Panics beyond the range.
size_t vm_cursor_protect(struct vm_cursor *c, size_t pages, uint8_t perm);

// For fork(2). Maps what is mapped in the next `pages` pages of `from` at the same distance from
// `to`'s position too, and moves both behind them. With `drop_write` neither side may write to any
// of it afterwards, and both have `soft` set where writing was allowed. ERR_NOMEM: both stand where
// it ended. A page mapped there in `to` already panics, and so does a range's end.
enum err vm_cursor_share(struct vm_cursor *from, struct vm_cursor *to, size_t pages,
                         bool drop_write);

// Moves to the next mapped page, at or behind the position; false, and to the end, if there is
// none.
bool vm_cursor_find_next(struct vm_cursor *c);

C_END
