// SPDX-License-Identifier: Apache-2.0
// What the compiler calls: before plain and volatile accesses, and in place of atomic ones.
#include "kernel/frame/base/mem.h"
#include "testing/sanitizer/kcsan/kcsan.h"

#define FRAME __builtin_frame_address(0)

void __tsan_init(void);
void __tsan_init(void) {}

// ---- plain and volatile ----------------------------------------------------------------------

#define CALL(name, size, how)                                                                      \
    void __tsan_##name##size(void *at);                                                            \
    void __tsan_##name##size(void *at) { kcsan_check(at, size, how, FRAME); }

#define CALLS(size)                                                                                \
    CALL(read, size, KCSAN_READ)                                                                   \
    CALL(write, size, KCSAN_WRITE)                                                                 \
    CALL(read_write, size, KCSAN_WRITE)                                                            \
    CALL(unaligned_read, size, KCSAN_READ)                                                         \
    CALL(unaligned_write, size, KCSAN_WRITE)                                                       \
    CALL(unaligned_read_write, size, KCSAN_WRITE)                                                  \
    CALL(volatile_read, size, KCSAN_READ | KCSAN_MARKED)                                           \
    CALL(volatile_write, size, KCSAN_WRITE | KCSAN_MARKED)                                         \
    CALL(unaligned_volatile_read, size, KCSAN_READ | KCSAN_MARKED)                                 \
    CALL(unaligned_volatile_write, size, KCSAN_WRITE | KCSAN_MARKED)
CALLS(1)
CALLS(2)
CALLS(4)
CALLS(8)
CALLS(16)

// ---- atomic ----------------------------------------------------------------------------------

// All as strong as there is. That hides no race: what counts is that the access is atomic.
#define CHANGE(bits, name, operation)                                                              \
    uint##bits##_t __tsan_atomic##bits##_##name(uint##bits##_t *at, uint##bits##_t v, int);        \
    uint##bits##_t __tsan_atomic##bits##_##name(uint##bits##_t *at, uint##bits##_t v, int)         \
    {                                                                                              \
        kcsan_check(at, bits / 8, KCSAN_WRITE | KCSAN_MARKED, FRAME);                              \
        return operation(at, v, __ATOMIC_SEQ_CST);                                                 \
    }

#define COMPARE(bits, strength, weak)                                                              \
    int __tsan_atomic##bits##_compare_exchange_##strength(uint##bits##_t *at, uint##bits##_t *old, \
                                                          uint##bits##_t v, int, int);             \
    int __tsan_atomic##bits##_compare_exchange_##strength(uint##bits##_t *at, uint##bits##_t *old, \
                                                          uint##bits##_t v, int, int)              \
    {                                                                                              \
        kcsan_check(at, bits / 8, KCSAN_WRITE | KCSAN_MARKED, FRAME);                              \
        return __atomic_compare_exchange_n(at, old, v, weak, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);  \
    }

#define ATOMICS(bits)                                                                              \
    uint##bits##_t __tsan_atomic##bits##_load(const uint##bits##_t *at, int);                      \
    uint##bits##_t __tsan_atomic##bits##_load(const uint##bits##_t *at, int)                       \
    {                                                                                              \
        kcsan_check(at, bits / 8, KCSAN_READ | KCSAN_MARKED, FRAME);                               \
        return __atomic_load_n(at, __ATOMIC_SEQ_CST);                                              \
    }                                                                                              \
    void __tsan_atomic##bits##_store(uint##bits##_t *at, uint##bits##_t v, int);                   \
    void __tsan_atomic##bits##_store(uint##bits##_t *at, uint##bits##_t v, int)                    \
    {                                                                                              \
        kcsan_check(at, bits / 8, KCSAN_WRITE | KCSAN_MARKED, FRAME);                              \
        __atomic_store_n(at, v, __ATOMIC_SEQ_CST);                                                 \
    }                                                                                              \
    CHANGE(bits, exchange, __atomic_exchange_n)                                                    \
    CHANGE(bits, fetch_add, __atomic_fetch_add)                                                    \
    CHANGE(bits, fetch_sub, __atomic_fetch_sub)                                                    \
    CHANGE(bits, fetch_and, __atomic_fetch_and)                                                    \
    CHANGE(bits, fetch_or, __atomic_fetch_or)                                                      \
    CHANGE(bits, fetch_xor, __atomic_fetch_xor)                                                    \
    CHANGE(bits, fetch_nand, __atomic_fetch_nand)                                                  \
    COMPARE(bits, strong, false)                                                                   \
    COMPARE(bits, weak, true)                                                                      \
    uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(                                     \
        uint##bits##_t *at, uint##bits##_t old, uint##bits##_t v, int, int);                       \
    uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(                                     \
        uint##bits##_t *at, uint##bits##_t old, uint##bits##_t v, int, int)                        \
    {                                                                                              \
        kcsan_check(at, bits / 8, KCSAN_WRITE | KCSAN_MARKED, FRAME);                              \
        __atomic_compare_exchange_n(at, &old, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);       \
        return old;                                                                                \
    }
ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

// ---- memory functions ------------------------------------------------------------------------

// The compiler's own copies and fills, and the source's.
#define MEMORY_FUNCTIONS(prefix)                                                                   \
    void *prefix##memcpy(void *to, const void *from, size_t n);                                    \
    void *prefix##memcpy(void *to, const void *from, size_t n)                                     \
    {                                                                                              \
        kcsan_check_range(from, n, KCSAN_READ, FRAME);                                             \
        kcsan_check_range(to, n, KCSAN_WRITE, FRAME);                                              \
        return keel_memcpy(to, from, n);                                                           \
    }                                                                                              \
    void *prefix##memmove(void *to, const void *from, size_t n);                                   \
    void *prefix##memmove(void *to, const void *from, size_t n)                                    \
    {                                                                                              \
        kcsan_check_range(from, n, KCSAN_READ, FRAME);                                             \
        kcsan_check_range(to, n, KCSAN_WRITE, FRAME);                                              \
        return keel_memmove(to, from, n);                                                          \
    }                                                                                              \
    void *prefix##memset(void *at, int byte, size_t n);                                            \
    void *prefix##memset(void *at, int byte, size_t n)                                             \
    {                                                                                              \
        kcsan_check_range(at, n, KCSAN_WRITE, FRAME);                                              \
        return keel_memset(at, byte, n);                                                           \
    }
MEMORY_FUNCTIONS()
MEMORY_FUNCTIONS(__tsan_)

int memcmp(const void *a, const void *b, size_t n)
{
    kcsan_check_range(a, n, KCSAN_READ, FRAME);
    kcsan_check_range(b, n, KCSAN_READ, FRAME);
    return keel_memcmp(a, b, n);
}
