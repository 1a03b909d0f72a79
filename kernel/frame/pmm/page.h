// SPDX-License-Identifier: Apache-2.0
// Physical pages: reference-counted handles. A service never sees a page's address; it reads
// and writes contents through the copying calls here.
//
// Not from interrupt handlers; none of these sleeps.
#pragma once
#include "kernel/frame/base/err.h"
#include "kernel/frame/base/span.h"

C_BEGIN

// One page of memory. Freed when its last reference is put; a mapping holds a reference.
struct page;

// How page contents begin.
enum page_fill : int {
    PAGE_ZERO,   // all zero
    PAGE_UNINIT, // whatever was there, secrets included: for pages overwritten at once
};

// A new page with one reference, the caller's. ERR_NOMEM.
enum err page_alloc(enum page_fill fill, struct page **out);

// Takes and drops a reference. Dropping the last frees the page.
void page_get(struct page *page);
void page_put(struct page *page);

// References held now; for tests and statistics.
uint32_t page_refs(const struct page *page);

// Physically contiguous pages. The run holds one reference to each.
struct FRAME_PINNED page_run {
    struct page *first FRAME_PRIVATE;
    size_t count FRAME_PRIVATE;
};

// The most pages a run can have.
constexpr size_t PAGE_RUN_MAX = 1024;

// Allocates `count` contiguous pages. ERR_INVAL: count is 0 or above PAGE_RUN_MAX. ERR_NOMEM.
enum err page_run_alloc(size_t count, enum page_fill fill, struct page_run *run);

// Drops the run's references and empties it.
void page_run_put(struct page_run *run);

// Page `i`, with a new reference that is the caller's. Beyond the end panics.
struct page *page_run_get(const struct page_run *run, size_t i);

// Copies between a buffer and the run's bytes from `offset` on; all of the buffer or, with
// ERR_INVAL if it reaches beyond the run, nothing. A user program that has a page mapped may
// change it meanwhile.
enum err page_run_write(const struct page_run *run, size_t offset, struct cspan from);
enum err page_run_read(const struct page_run *run, size_t offset, struct span to);

// The same for a single page: `offset` and length lie within it, or it panics.
void page_write(struct page *page, size_t offset, struct cspan from);
void page_read(const struct page *page, size_t offset, struct span to);
void page_fill_zero(struct page *page, size_t offset, size_t len);

// Makes a page's contents another's.
void page_copy(struct page *to, const struct page *from);

// Memory as it stands, in pages.
struct pmm_stats {
    uint64_t total; // given to the allocator
    uint64_t free;
};
struct pmm_stats pmm_stats(void);

C_END
