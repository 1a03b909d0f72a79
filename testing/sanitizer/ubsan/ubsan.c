// SPDX-License-Identifier: Apache-2.0
// What clang calls where C leaves the behaviour undefined: says what and where, and panics.
// The structures are those of the compiler's own run time (LLVM's "compiler-rt", ubsan_handlers.h).
#include "kernel/frame/base/assert.h"
#include "kernel/frame/base/types.h"
#include "kernel/frame/console/console.h"
#include "testing/sanitizer/report.h"

struct location {
    const char *file;
    uint32_t line, column;
};

struct type {
    uint16_t kind; // 0: integer
    uint16_t info; // of an integer: bit 0 signed, above it the binary logarithm of the bits
    char name[];
};

struct overflow {
    struct location at;
    const struct type *type;
};

struct two_types {
    struct location at;
    const struct type *left, *right;
};

struct mismatch {
    struct location at;
    const struct type *type;
    uint8_t log_alignment;
    uint8_t kind; // of access
};

struct value {
    bool negative;
    uint64_t amount;
};

// Values of up to 64 bits are passed as they are, larger ones by address; of those the low half
// has to do.
static struct value value_of(const struct type *t, uint64_t raw)
{
    unsigned bits = t->kind == 0 ? 1u << (t->info >> 1) : 64;
    if (bits > 64)
        raw = *(const uint64_t *)raw;
    unsigned unused = bits < 64 ? 64 - bits : 0;
    bool is_signed = t->kind == 0 && (t->info & 1) != 0;
    int64_t extended = (int64_t)(raw << unused) >> unused;
    if (is_signed && extended < 0)
        return (struct value){true, 0 - (uint64_t)extended};
    return (struct value){false, raw << unused >> unused};
}

static const char *sign(struct value v) { return v.negative ? "-" : ""; }

#define STOP(loc, format, ...)                                                                     \
    panic("ubsan: " format " (%s:%u:%u)" __VA_OPT__(, ) __VA_ARGS__, (loc)->file, (loc)->line,     \
          (loc)->column)

#define HANDLER(name, ...)                                                                         \
    [[noreturn]] void __ubsan_handle_##name(__VA_ARGS__);                                          \
    void __ubsan_handle_##name(__VA_ARGS__)

[[noreturn]] static void arithmetic(const struct overflow *d, const char *op, uint64_t a,
                                    uint64_t b)
{
    report_begin();
    struct value x = value_of(d->type, a), y = value_of(d->type, b);
    STOP(&d->at, "signed integer overflow: %s%lu %s %s%lu does not fit %s", sign(x), x.amount, op,
         sign(y), y.amount, d->type->name);
}

HANDLER(add_overflow_abort, const struct overflow *d, uint64_t a, uint64_t b)
{
    arithmetic(d, "+", a, b);
}

HANDLER(sub_overflow_abort, const struct overflow *d, uint64_t a, uint64_t b)
{
    arithmetic(d, "-", a, b);
}

HANDLER(mul_overflow_abort, const struct overflow *d, uint64_t a, uint64_t b)
{
    arithmetic(d, "*", a, b);
}

HANDLER(negate_overflow_abort, const struct overflow *d, uint64_t a)
{
    report_begin();
    struct value x = value_of(d->type, a);
    STOP(&d->at, "signed integer overflow: -(%s%lu) does not fit %s", sign(x), x.amount,
         d->type->name);
}

HANDLER(divrem_overflow_abort, const struct overflow *d, uint64_t a, uint64_t b)
{
    report_begin();
    struct value x = value_of(d->type, a), y = value_of(d->type, b);
    if (y.amount == 0)
        STOP(&d->at, "division of %s%lu by zero", sign(x), x.amount);
    STOP(&d->at, "signed integer overflow: %s%lu / %s%lu does not fit %s", sign(x), x.amount,
         sign(y), y.amount, d->type->name);
}

HANDLER(shift_out_of_bounds_abort, const struct two_types *d, uint64_t a, uint64_t b)
{
    report_begin();
    struct value x = value_of(d->left, a), y = value_of(d->right, b);
    STOP(&d->at, "bad shift: %s%lu, of type %s, by %s%lu", sign(x), x.amount, d->left->name,
         sign(y), y.amount);
}

HANDLER(out_of_bounds_abort, const struct two_types *d, uint64_t index)
{
    report_begin();
    struct value i = value_of(d->right, index);
    STOP(&d->at, "index out of bounds: %s%lu in %s", sign(i), i.amount, d->left->name);
}

HANDLER(type_mismatch_v1_abort, const struct mismatch *d, uint64_t at)
{
    static const char *const kinds[] = {
        "reading", "writing", "a reference to", "a member of", "a call on",
    };
    const char *kind = d->kind < sizeof(kinds) / sizeof(kinds[0]) ? kinds[d->kind] : "use of";
    report_begin();
    if (at == 0)
        STOP(&d->at, "null pointer: %s %s", kind, d->type->name);
    if ((at & ((1ull << d->log_alignment) - 1)) != 0)
        STOP(&d->at, "misaligned: %s %s at %016lx", kind, d->type->name, at);
    STOP(&d->at, "object too small: %s %s at %016lx", kind, d->type->name, at);
}

HANDLER(pointer_overflow_abort, const struct location *at, uint64_t base, uint64_t result)
{
    report_begin();
    STOP(at, "pointer overflow: %016lx becomes %016lx", base, result);
}

HANDLER(load_invalid_value_abort, const struct overflow *d, uint64_t value)
{
    report_begin();
    STOP(&d->at, "invalid value: %lu for %s", value, d->type->name);
}

HANDLER(invalid_builtin_abort, const struct location *at)
{
    report_begin();
    STOP(at, "zero given to a bit-counting builtin");
}

HANDLER(vla_bound_not_positive_abort, const struct overflow *d, uint64_t bound)
{
    report_begin();
    STOP(&d->at, "array of variable length %lu", bound);
}

HANDLER(nonnull_arg_abort, const struct location *at)
{
    report_begin();
    STOP(at, "null given as an argument that must not be null");
}

HANDLER(nonnull_return_v1_abort, const void *, const struct location *at)
{
    report_begin();
    STOP(at, "null returned by a function that must not");
}

HANDLER(alignment_assumption_abort, const struct location *at, uint64_t pointer)
{
    report_begin();
    STOP(at, "%016lx is not aligned as was promised", pointer);
}

HANDLER(builtin_unreachable, const struct location *at)
{
    report_begin();
    STOP(at, "what cannot be reached was reached");
}

HANDLER(missing_return, const struct location *at)
{
    report_begin();
    STOP(at, "a function ends without a value");
}
