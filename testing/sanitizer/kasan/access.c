// SPDX-License-Identifier: Apache-2.0
// What the compiler calls before every access, around stack frames, and for global variables.
#include "kernel/frame/base/mem.h"
#include "testing/sanitizer/kasan/kasan.h"

#define CALLER ((uint64_t)__builtin_return_address(0))

static uint64_t granule_bad(uint64_t at, uint64_t size)
{
    int8_t shadow = shadow_at(at);
    if (shadow == 0 || (int8_t)((at & 7) + size - 1) < shadow)
        return 0;
    return max_u64(at, (at & ~7ull) + (shadow > 0 ? (uint64_t)shadow : 0));
}

uint64_t shadow_first_bad(uint64_t at, uint64_t size)
{
    while (size > 0) {
        if ((at & 63) == 0 && size >= 64 && shadow_word_at(at) == 0) {
            at += 64;
            size -= 64;
            continue;
        }
        uint64_t here = min_u64(size, 8 - (at & 7));
        uint64_t bad = granule_bad(at, here);
        if (bad != 0)
            return bad;
        at += here;
        size -= here;
    }
    return 0;
}

// Addresses that the kernel does not have fault by themselves. So does the shadow's absence, but
// where stacks may be that is too late: the handler of the fault uses the stack.
static inline bool is_checked(uint64_t at)
{
    return sanitizer_running && at >= KERNEL_HALF && (at < kva_covered_end || at >= KVA_END);
}

static void check_range(uint64_t at, size_t size, bool write, uint64_t pc)
{
    if (!is_checked(at))
        return;
    // One that wraps around is wrong from its end on, wherever that is.
    if (at + size < at || shadow_first_bad(at, size) != 0)
        report_access(at, size, write, pc);
}

static inline void check(uint64_t at, size_t size, bool write, uint64_t pc)
{
    if (!is_checked(at))
        return;
    if ((at & 7) + size <= 8) {
        int8_t shadow = shadow_at(at);
        if (likely(shadow == 0) || (int8_t)((at & 7) + size - 1) < shadow)
            return;
    } else if (shadow_first_bad(at, size) == 0) {
        return;
    }
    report_access(at, size, write, pc);
}

#define ACCESS(size)                                                                               \
    void __asan_load##size(uint64_t at);                                                           \
    void __asan_load##size(uint64_t at) { check(at, size, false, CALLER); }                        \
    void __asan_store##size(uint64_t at);                                                          \
    void __asan_store##size(uint64_t at) { check(at, size, true, CALLER); }
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

void __asan_loadN(uint64_t at, size_t size);
void __asan_loadN(uint64_t at, size_t size) { check_range(at, size, false, CALLER); }

void __asan_storeN(uint64_t at, size_t size);
void __asan_storeN(uint64_t at, size_t size) { check_range(at, size, true, CALLER); }

// ---- memory functions ------------------------------------------------------------------------

void *memcpy(void *to, const void *from, size_t n)
{
    check_range((uint64_t)from, n, false, CALLER);
    check_range((uint64_t)to, n, true, CALLER);
    return keel_memcpy(to, from, n);
}

void *memmove(void *to, const void *from, size_t n)
{
    check_range((uint64_t)from, n, false, CALLER);
    check_range((uint64_t)to, n, true, CALLER);
    return keel_memmove(to, from, n);
}

void *memset(void *at, int byte, size_t n)
{
    check_range((uint64_t)at, n, true, CALLER);
    return keel_memset(at, byte, n);
}

int memcmp(const void *a, const void *b, size_t n)
{
    check_range((uint64_t)a, n, false, CALLER);
    check_range((uint64_t)b, n, false, CALLER);
    return keel_memcmp(a, b, n);
}

// ---- stack frames ----------------------------------------------------------------------------

#define SET_SHADOW(hex)                                                                            \
    void __asan_set_shadow_##hex(uint64_t shadow, size_t count);                                   \
    void __asan_set_shadow_##hex(uint64_t shadow, size_t count)                                    \
    {                                                                                              \
        shadow_write(shadow, count, 0x##hex);                                                      \
    }
SET_SHADOW(00)
SET_SHADOW(01)
SET_SHADOW(02)
SET_SHADOW(03)
SET_SHADOW(04)
SET_SHADOW(05)
SET_SHADOW(06)
SET_SHADOW(07)
SET_SHADOW(f1)
SET_SHADOW(f2)
SET_SHADOW(f3)
SET_SHADOW(f5)
SET_SHADOW(f8)

// A call that does not come back leaves its frames poisoned. A stack is wiped when it is next used.
void __asan_handle_no_return(void);
void __asan_handle_no_return(void) {}

// ---- global variables ------------------------------------------------------------------------

// One array for each file.
static struct {
    const struct global *globals;
    size_t count;
} files[256];
static size_t file_count;

void __asan_register_globals(const struct global *globals, size_t count);
void __asan_register_globals(const struct global *globals, size_t count)
{
    if (file_count < sizeof(files) / sizeof(files[0])) {
        files[file_count].globals = globals;
        files[file_count++].count = count;
    }
    for (size_t i = 0; i < count; i++) {
        const struct global *g = &globals[i];
        uint64_t end = align_up(g->start + g->size, 8);
        shadow_poison(end, g->start + g->size_with_redzone - end, SHADOW_GLOBAL);
        if (g->size % 8 != 0)
            shadow_write((uint64_t)shadow_of(g->start + g->size), 1, g->size % 8);
    }
}

void __asan_unregister_globals(const struct global *globals, size_t count);
void __asan_unregister_globals(const struct global *, size_t) {}

const struct global *global_at(uint64_t at)
{
    for (size_t f = 0; f < file_count; f++) {
        for (size_t i = 0; i < files[f].count; i++) {
            const struct global *g = &files[f].globals[i];
            if (at >= g->start && at < g->start + g->size_with_redzone)
                return g;
        }
    }
    return nullptr;
}
