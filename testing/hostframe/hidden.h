// SPDX-License-Identifier: Apache-2.0
// What hostframe does behind the sanitizers' back. TSan takes every lock for an ordering of what
// services do before and after it: a lock that all allocations take would hide their races. And
// user memory may be raced on: that is its programs' business.
#pragma once
#include "kernel/frame/base/cdefs.h"
#include <stddef.h>
#include <stdint.h>

C_BEGIN

// In front of everything that a machine allocates, aligned to 64 bytes.
struct live {
    struct live *next, *prev;
    const void *type; // of a heap object
    uint64_t size;    // in bytes, as it counts
    uint32_t kind;    // enum live_kind
};

enum live_kind : uint32_t {
    LIVE_OBJECT = 0x0b1ec7, // of a heap type
    LIVE_ARRAY,
    LIVE_PAGES,
    LIVE_TABLE,
    LIVE_SPACE,
    LIVE_TASK,
};

// The list of what is alive, one for the process.
void live_add(struct live *l);
void live_remove(struct live *l);
struct live *live_first(void);

// Reads that ASan must not see, of a header that is poisoned.
const void *live_type(const struct live *l);
uint64_t live_size(const struct live *l);
uint32_t live_kind(const struct live *l);
size_t live_count(uint32_t kind);

// memcpy and memset.
void hidden_copy(void *to, const void *from, size_t n);
void hidden_fill(void *to, uint8_t byte, size_t n);

C_END
