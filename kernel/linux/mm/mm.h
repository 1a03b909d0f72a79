// SPDX-License-Identifier: Apache-2.0
// A process's address space: what is mapped where, and the pages that are there so far. Semantics
// are mmap(2)'s, brk(2)'s and fork(2)'s; flags are the callers' to decode.
//
// Memory is not promised before it is touched, as on a Linux with vm.overcommit_memory=1: mapping
// fails by limits and by lack of addresses only. When there is none left the fault fails, and with
// it the process that has touched the page.
//
// lc_mm (a sleeping lock for readers and writers) guards the areas: faults read, whatever changes
// the map writes. Task context throughout; all may sleep.
#pragma once
#include "kernel/frame/frame.h"
#include "kernel/linux/mm/area.h"

C_BEGIN

struct mm; // reference-counted

// An empty address space, with one reference. ERR_NOMEM.
enum err mm_create(struct mm **out);

// A copy: private pages are shared until one side writes. ERR_NOMEM.
enum err mm_clone(struct mm *from, struct mm **out);

void mm_get(struct mm *mm);
void mm_put(struct mm *mm);

// Whether others than the caller have it. They may let go at any time.
bool mm_is_shared(const struct mm *mm);

// The frame's part, for task_set_space. It lives as long as `mm`.
struct vm_space *mm_space(const struct mm *mm);

// How much a program may have, in bytes (getrlimit(2)): the stack, private memory that may be
// written to, all of it, and what may be locked.
struct mm_limits {
    uint64_t stack, data, space, locked;
};
void mm_set_limits(struct mm *mm, const struct mm_limits *limits);

// What a space is marked with (prctl(2)): PR_SET_DUMPABLE, as every one is at first, and
// PR_SET_THP_DISABLE. A copy has the same.
constexpr uint32_t MM_DUMPABLE = 1, MM_NO_LARGE_PAGES = 2;
bool mm_is_marked(const struct mm *mm, uint32_t mark);
void mm_mark(struct mm *mm, uint32_t mark, bool on);

// Its own number, which no other space ever has.
uint64_t mm_serial(const struct mm *mm);

// What to map.
struct mm_request {
    uint64_t at, size; // page-aligned; the size is not 0
    enum mm_place : int {
        MM_ANYWHERE, // `at` is a wish
        MM_LOW,      // so that 31 bits can name it all; `at` is a wish
        MM_FREE,     // there, if nothing is
        MM_REPLACE,  // there, and whatever was there goes
    } place;
    bool populate;         // its pages come at once, as far as there is memory
    struct area_kind kind; // its object's reference stays the caller's
};

// Maps it and says where. ERR_NOMEM: no room, no memory, or more than the limits allow. ERR_EXIST:
// MM_FREE, and something is. ERR_AGAIN: it would be locked, and that is more than may be. ERR_PERM:
// it is to be, and nothing may be.
enum err mm_map(struct mm *mm, const struct mm_request *r, uint64_t *at);

// Unmaps what is mapped in [start, end), page-aligned. ERR_NOMEM: no memory for a border.
enum err mm_unmap(struct mm *mm, uint64_t start, uint64_t end);

// Moves a mapping, or changes its size: mremap(2). Addresses and sizes are page-aligned, and the
// new size is not 0.
struct mm_remap {
    uint64_t at, old_size, new_size;
    uint64_t to;   // with `fixed`, where it goes; with `keep`, a wish
    bool may_move; // MREMAP_MAYMOVE
    bool fixed;    // MREMAP_FIXED: what is there goes
    bool keep;     // MREMAP_DONTUNMAP: the old range stays mapped, without its pages
};

// Says where it is then. With an old size of 0 a shared mapping is mapped once more. ERR_FAULT: the
// old range is not of one mapping. ERR_INVAL: the ranges overlap or are where nothing can be; the
// old size is 0, and the mapping is private. ERR_NOMEM: no room, no memory, more than the limits
// allow. ERR_AGAIN: more locked memory than may be.
enum err mm_remap(struct mm *mm, const struct mm_remap *r, uint64_t *at);

// Sets permissions in [start, end), page-aligned. ERR_NOMEM: not all of it is mapped, or it would
// be more data than the limits allow. ERR_ACCES: some of it can never have them. What comes before
// is done.
enum err mm_protect(struct mm *mm, uint64_t start, uint64_t end, uint8_t prot);

// The same from the start of the area on, which is one that grows down; else ERR_INVAL.
enum err mm_protect_stack(struct mm *mm, uint64_t start, uint64_t end, uint8_t prot);

// What madvise(2) does to memory.
enum mm_advice : int {
    MM_DROP,        // its pages begin anew when they are touched: zero, or the object's
    MM_DROP_LOCKED, // those of locked areas too
    MM_LET_GO,      // its contents may go
    MM_COLD,        // it is not needed soon
    MM_PUNCH,       // the object's pages are zero, for all who have it
    MM_NO_FORK,
    MM_FORK,
    MM_WIPE_ON_FORK,
    MM_KEEP_ON_FORK,
    MM_NO_DUMP,
    MM_DUMP,
    MM_SMALL_PAGES,
    MM_LARGE_PAGES, // where there is room for them
};

// Does so in [start, end), page-aligned. ERR_NOMEM: not all of it is mapped; what is has been done.
// Else what comes before is done: ERR_INVAL: not for such an area. ERR_ACCES: MM_PUNCH, and the
// object is not written to by such a mapping. ERR_AGAIN: no memory for a border.
enum err mm_advise(struct mm *mm, uint64_t start, uint64_t end, enum mm_advice advice);

// Brings the pages of [start, end), page-aligned, by `access`. ERR_NOMEM: not all of it is mapped,
// or no memory. ERR_INVAL: the access is forbidden. ERR_FAULT: the object ends before.
enum err mm_populate(struct mm *mm, uint64_t start, uint64_t end, uint8_t access);

// Locks [start, end), page-aligned: `flags` of AREA_LOCK_FLAGS. ERR_NOMEM: more than may be, not
// all of it is mapped, or it is and may not be touched. ERR_AGAIN: no memory. ERR_PERM: nothing may
// be locked.
enum err mm_lock(struct mm *mm, uint64_t start, uint64_t end, uint8_t flags);

// The opposite. ERR_NOMEM: not all of it is mapped; what comes before the hole is done.
enum err mm_unlock(struct mm *mm, uint64_t start, uint64_t end);

// Locks what is mapped, or what will be, or both. ERR_NOMEM: more than may be. ERR_PERM: nothing
// may be.
enum err mm_lock_all(struct mm *mm, bool now, bool later, uint8_t flags);

// The opposite of both.
void mm_unlock_all(struct mm *mm);

// Which pages are in memory, from `start` on, page-aligned: sets a byte of `present` for each to 1
// or 0, and says for how many, which is less if something is not mapped.
size_t mm_resident(struct mm *mm, uint64_t start, struct span present);

// What msync(2) finds, where nothing is written back. ERR_NOMEM: not all of [start, end) is mapped.
// ERR_BUSY: it is to be invalidated, and is locked.
enum err mm_sync(struct mm *mm, uint64_t start, uint64_t end, bool invalidate);

// Whether all of [start, end) is mapped.
bool mm_covers(struct mm *mm, uint64_t start, uint64_t end);

// Mappings that may go anywhere go below this: what is above is room for the stack. Once, before
// the program starts.
void mm_set_top(struct mm *mm, uint64_t top);

// Where the heap of brk(2) begins. Once, before the program starts.
void mm_set_brk_start(struct mm *mm, uint64_t at);

// Moves the heap's end if that is possible, and says where it is.
uint64_t mm_brk(struct mm *mm, uint64_t at);

// Makes the access possible that has faulted. `access` is one of VM_READ, VM_WRITE and VM_EXEC.
// ERR_FAULT: nothing is mapped there (SEGV_MAPERR). ERR_ACCES: it is forbidden (SEGV_ACCERR).
// ERR_IO: the object ends before (SIGBUS). ERR_NOMEM.
enum err mm_fault(struct mm *mm, uaddr_t at, uint8_t access);

// Where memory is that others may map too: its object, and bytes from that one's start. `*object`
// is null if only this space has it. ERR_FAULT: nothing is mapped there.
enum err mm_shared_at(struct mm *mm, uaddr_t at, const struct vm_object **object, uint64_t *offset);

// Copies between kernel and program. `mm` is the running task's. ERR_FAULT: all of it, or some part
// of it, cannot be reached; what was before that part may have been copied. ERR_NOMEM.
enum err mm_read(struct mm *mm, uaddr_t from, struct span to);
enum err mm_write(struct mm *mm, uaddr_t to, struct cspan from);

// Reads a string up to its zero, which is not counted. ERR_FAULT. ERR_OVERFLOW: no zero within
// `to`.
enum err mm_read_string(struct mm *mm, uaddr_t from, struct span to, size_t *len);

// The same, and `mm` may be any, of a program that runs meanwhile; no more than a page is crossed.
// ERR_FAULT: nothing has been copied.
enum err mm_read_other(struct mm *mm, uaddr_t from, struct span to);
enum err mm_write_other(struct mm *mm, uaddr_t to, struct cspan from);

// Pages that areas cover.
uint64_t mm_mapped_pages(struct mm *mm);

C_END
