// SPDX-License-Identifier: Apache-2.0
// A process's address space: what is mapped where, and the pages that are there so far. Semantics
// are mmap(2)'s, brk(2)'s and fork(2)'s; flags are the callers' to decode.
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
// written to, all of it.
struct mm_limits {
    uint64_t stack, data, space;
};
void mm_set_limits(struct mm *mm, const struct mm_limits *limits);

// What to map.
struct mm_request {
    uint64_t at, size; // page-aligned; the size is not 0
    enum mm_place : int {
        MM_ANYWHERE, // `at` is a wish
        MM_FREE,     // there, if nothing is
        MM_REPLACE,  // there, and whatever was there goes
    } place;
    struct area_kind kind; // its object's reference stays the caller's
};

// Maps it and says where. ERR_NOMEM: no room, no memory, or more than the limits allow. ERR_EXIST:
// MM_FREE, and something is.
enum err mm_map(struct mm *mm, const struct mm_request *r, uint64_t *at);

// Unmaps what is mapped in [start, end), page-aligned. ERR_NOMEM: no memory for a border.
enum err mm_unmap(struct mm *mm, uint64_t start, uint64_t end);

// Sets permissions in [start, end), page-aligned. ERR_NOMEM: not all of it is mapped. ERR_ACCES:
// some of it can never have them. What comes before is done.
enum err mm_protect(struct mm *mm, uint64_t start, uint64_t end, uint8_t prot);

// Drops the pages of [start, end), so that they begin anew: zero, or the object's. ERR_NOMEM: not
// all of it is mapped; what is has been dropped.
enum err mm_discard(struct mm *mm, uint64_t start, uint64_t end);

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

// Pages that areas cover.
uint64_t mm_mapped_pages(struct mm *mm);

C_END
