// SPDX-License-Identifier: Apache-2.0
// Pages that several mappings may share: a program file's, or those of a shared anonymous mapping.
// A page is made when it is first asked for.
#pragma once
#include "kernel/frame/frame.h"

C_BEGIN

struct vm_object; // reference-counted

// Over `pages` pages, zero at first. ERR_NOMEM.
enum err vm_object_create(size_t pages, struct vm_object **out);

// Over a file's bytes, which live as long as the kernel; the rest of the last page is zero.
enum err vm_object_create_over(struct cspan bytes, struct vm_object **out);

void vm_object_get(struct vm_object *o);
void vm_object_put(struct vm_object *o);

// The page at an index, with a reference that is the caller's. ERR_IO: beyond the end. ERR_NOMEM.
// Takes lc_vm_object.
enum err vm_object_page(struct vm_object *o, uint64_t index, struct page **out);

// Whether the page at an index has been made, or is a file's. Takes lc_vm_object.
bool vm_object_has(struct vm_object *o, uint64_t index);

// Makes the pages from an index on zero, for all who have them mapped. Not of a file's object.
// Takes lc_vm_object.
void vm_object_clear(struct vm_object *o, uint64_t index, uint64_t pages);

C_END
