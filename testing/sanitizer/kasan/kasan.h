// SPDX-License-Identifier: Apache-2.0
// Inside KASAN's run time (docs/sanitizers.md). Eight bytes of memory have a shadow byte: 0 if all
// of them may be accessed, 1 to 7 if only so many of the first may, else why none may.
#pragma once
#include "kernel/frame/arch/x86_64/layout.h"
#include "kernel/frame/base/types.h"
#include "testing/sanitizer/report.h"

// As given to the compiler (toolchain/cc/flags.bzl). The shadow of the kernel's half of the
// address space is from ffffec0000000000 to fffffbffffffffff, which nothing else uses.
constexpr uint64_t SHADOW_OFFSET = 0xdffffc0000000000;
constexpr uint64_t KERNEL_HALF = 0xffff'8000'0000'0000;

// The compiler's values, and ours for heap, pages and stacks.
enum shadow : uint8_t {
    SHADOW_STACK_LEFT = 0xf1,
    SHADOW_STACK_MIDDLE = 0xf2,
    SHADOW_STACK_RIGHT = 0xf3,
    SHADOW_STACK_RETURNED = 0xf5,
    SHADOW_STACK_SCOPE = 0xf8,
    SHADOW_GLOBAL = 0xf9,
    SHADOW_REDZONE = 0xfa,
    SHADOW_FREED = 0xfb,
    SHADOW_OLD_STACK = 0xfe,
    SHADOW_FREE_PAGE = 0xff,
};

struct heap_type;

static inline uint8_t *shadow_of(uint64_t at) { return (uint8_t *)((at >> 3) + SHADOW_OFFSET); }

// Reads shadow; what has none reads as 0, and faults by itself when it is accessed.
#define SHADOW_READ(instruction, value, shadow)                                                    \
    __asm__ volatile("1: " instruction " (%1), %0\n2:\n"                                           \
                     ".pushsection .ex_table, \"a\"\n"                                             \
                     ".balign 4\n"                                                                 \
                     ".long 1b - ., 2b - .\n"                                                      \
                     ".popsection"                                                                 \
                     : "+r"(value)                                                                 \
                     : "r"(shadow))

static inline int8_t shadow_at(uint64_t at)
{
    int32_t value = 0;
    SHADOW_READ("movsbl", value, shadow_of(at));
    return (int8_t)value;
}

// Eight of them, of an address that is a multiple of 64.
static inline uint64_t shadow_word_at(uint64_t at)
{
    uint64_t value = 0;
    SHADOW_READ("movq", value, shadow_of(at));
    return value;
}

// From here on kernel virtual areas are not checked.
extern uint64_t kva_covered_end;

// The mem.c that checks nothing.
void *keel_memcpy(void *to, const void *from, size_t n);
void *keel_memmove(void *to, const void *from, size_t n);
void *keel_memset(void *at, int byte, size_t n);
int keel_memcmp(const void *a, const void *b, size_t n);

// Marks [at, at + size) as not to be accessed, because of `why`; or as accessible. `at` is a
// multiple of 8, and poison's `size` too. Does nothing where there is no shadow to write.
void shadow_poison(uint64_t at, uint64_t size, enum shadow why);
void shadow_unpoison(uint64_t at, uint64_t size);

// Writes shadow bytes themselves.
void shadow_write(uint64_t shadow, size_t count, uint8_t value);

// The first byte of [at, at + size) that may not be accessed; 0 if all may.
uint64_t shadow_first_bad(uint64_t at, uint64_t size);

// Who allocated and freed an object; at the end of the redzone behind it.
struct object_trace {
    struct trace allocated, freed;
};

// Who freed a page, if that was not long ago; null if not known.
const struct trace *page_freed_by(uint64_t at);

// Reports and panics.
[[noreturn]] void report_access(uint64_t at, size_t size, bool write, uint64_t pc);
[[noreturn]] void report_double_free(const struct heap_type *type, const void *object);

// What the compiler says of a global variable.
struct global {
    uint64_t start, size, size_with_redzone;
    const char *name, *file;
    uint64_t dynamic_init;
    const void *location;
    uint64_t odr_indicator;
};

// The one that `at` is in or behind; null if none.
const struct global *global_at(uint64_t at);
