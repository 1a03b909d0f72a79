// SPDX-License-Identifier: Apache-2.0
#include "testing/sanitizer/kcov/kcov.h"
#include "kernel/frame/base/assert.h"
#include "kernel/frame/base/cmdline.h"
#include "kernel/frame/base/sanitizer.h"
#include "kernel/frame/boot/boot.h"
#include "kernel/frame/console/console.h"

// Made by the compiler and put in line by boot/kernel.ld: a byte for each point, and its address.
struct point {
    uint64_t address;
    uint64_t flags; // 1: where a function begins
};
extern bool __start___sancov_bools[], __stop___sancov_bools[];
extern const struct point __start___sancov_pcs[], __stop___sancov_pcs[];

// Every file's constructor calls these, and nobody calls the constructors.
void __sanitizer_cov_bool_flag_init(bool *start, bool *end);
void __sanitizer_cov_bool_flag_init(bool *, bool *) {}
void __sanitizer_cov_pcs_init(const uint64_t *start, const uint64_t *end);
void __sanitizer_cov_pcs_init(const uint64_t *, const uint64_t *) {}

size_t kcov_points(void) { return (size_t)(__stop___sancov_pcs - __start___sancov_pcs); }

uint64_t kcov_address(size_t point)
{
    ASSERT(point < kcov_points());
    return __start___sancov_pcs[point].address;
}

bool kcov_reached(size_t point)
{
    ASSERT(point < kcov_points());
    return __start___sancov_bools[point];
}

void kcov_clear(void)
{
    for (bool *b = __start___sancov_bools; b < __stop___sancov_bools; b++)
        *b = false;
}

// With kcov=NAME on the command line: a line for each point, with NAME, its address, and 1 if it
// was reached.
void kcov_end(void)
{
    struct cspan name;
    if (!cmdline_find(boot_cmdline(), SPAN_TEXT("kcov"), &name))
        return;
    for (size_t i = 0; i < kcov_points(); i++)
        kprintf("kcov %016lx %u\n", kcov_address(i), kcov_reached(i));
}
