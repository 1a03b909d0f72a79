// SPDX-License-Identifier: Apache-2.0
// Pages that several mappings may share: a file's contents, or a shared anonymous mapping's. A page
// is made when it is first asked for; where none has been, there are zeroes.
#pragma once
#include "kernel/frame/frame.h"

C_BEGIN

struct vm_object; // reference-counted

// Of so many bytes, zero at first. ERR_NOMEM.
enum err vm_object_create(uint64_t size, struct vm_object **out);

// The same, but it begins with these bytes, which live as long as the kernel.
enum err vm_object_create_over(struct cspan bytes, struct vm_object **out);

void vm_object_get(struct vm_object *o);
void vm_object_put(struct vm_object *o);

// These take lc_vm_object.

uint64_t vm_object_size(struct vm_object *o);

// Makes it so many bytes. What is beyond is gone, and zero when it grows again; mappings keep the
// pages that they have.
void vm_object_resize(struct vm_object *o, uint64_t size);

// The page at an index, with a reference that is the caller's. ERR_IO: beyond the end. ERR_NOMEM.
enum err vm_object_page(struct vm_object *o, uint64_t index, struct page **out);

// The same, if it has been made or has bytes; else ERR_NOENT: it is zero.
enum err vm_object_peek(struct vm_object *o, uint64_t index, struct page **out);

// Pages that it has made.
uint64_t vm_object_pages(struct vm_object *o);

// Whether the page at an index has been made, or has bytes.
bool vm_object_has(struct vm_object *o, uint64_t index);

// Makes the pages from an index on zero, for all who have them mapped. ERR_NOMEM: not all of them.
enum err vm_object_clear(struct vm_object *o, uint64_t index, uint64_t pages);

C_END
